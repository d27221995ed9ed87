"""Questions about a stretch of time, and files, of a running gateway."""

import asyncio
import contextlib
import csv
import io
import json
import time

import pytest

from tocsin.gateway.http import responses
from tocsin.gateway.window.search import SLOTS

from support.gateway import Gateway, alert, gateway, publisher
from support.server import NatsServer
from support.waiting import until

SEVERITIES = ("critical", "high", "medium", "low")


async def test_rows_counts_timeline_and_values_agree_under_a_filter(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n, SEVERITIES[n % 4], namespace=f"team,{n % 3}") for n in range(60)))
        await own.rows(60)
        wanted = "namespace=team%5C,1,team%5C,2&severity=-low"
        page = await own.get(f"/api/v1/alerts?{wanted}&limit=7")
        expected = [n for n in reversed(range(60)) if n % 3 and n % 4 != 3]
        found = page["rows"]
        while page["before"]:
            page = await own.get(f"/api/v1/alerts?{wanted}&limit=7&before={page['before']}")
            found += page["rows"]
        assert [int(row["id"], 16) for row in found] == expected
        assert page["counts"] == {"critical": 10, "high": 10, "medium": 10, "low": 0}
        assert page["exact"]
        timeline = await own.get(f"/api/v1/timeline?{wanted}&step=60")
        assert {name: sum(timeline[name]) for name in SEVERITIES} == page["counts"]
        assert sum(map(len, (timeline[name] for name in SEVERITIES))) in (60, 64)
        facets = await own.get(f"/api/v1/facets?{wanted}")
        assert facets["top"]["namespace"] == [
            ["team,0", 15, "critical"],
            ["team,1", 15, "critical"],
            ["team,2", 15, "critical"],
        ]
        assert facets["top"]["process"] == [["/bin/bash", 30, "critical"]]
        assert facets["distinct"]["namespace"] == 3


@pytest.mark.parametrize(
    "path", ["alerts?limt=1", "timeline?step=0", "facets?narrow=x", "export", "alerts?q=%22", "alerts?from=x"]
)
async def test_a_wrong_question_is_refused_in_words(declared: NatsServer, path: str) -> None:
    async with gateway(declared) as own:
        await own.ready()
        assert (await own.get(f"/api/v1/{path}", status=400))["error"]


async def test_a_file_holds_every_row_and_says_its_name(declared: NatsServer) -> None:
    hostile = '=HYPERLINK("http://x","y")\r\n\x1b[2J\x00<img src=x>'
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n, "high", arguments=hostile if n == 7 else f"number {n}") for n in range(2_500)))
        await _held(own, 2_500)
        async with own.http.get(f"{own.url}/api/v1/export?format=csv&severity=high") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/csv")
            assert answer.headers["Content-Disposition"].startswith('attachment; filename="tocsin-20')
            assert (answer.headers["Tocsin-Exact"], answer.headers["X-Content-Type-Options"]) == ("true", "nosniff")
            lines = list(csv.DictReader(io.StringIO((await answer.read()).decode(), newline="")))
        assert [int(line["id"], 16) for line in lines] == list(reversed(range(2_500)))
        assert lines[-8]["arguments"] == '\'=HYPERLINK("http://x","y")\r\n␛[2J␀<img src=x>'
        async with own.http.get(f"{own.url}/api/v1/export?format=ndjson&q=%22number+7%22") as answer:
            rows = [json.loads(line) for line in (await answer.read()).splitlines()]
        assert len(rows) == sum("7" in str(n)[:1] for n in range(2_500) if n != 7)
        async with own.http.head(f"{own.url}/api/v1/export?format=csv") as answer:
            assert (answer.status, await answer.read()) == (200, b"")


async def test_two_files_are_sent_at_a_time_and_a_client_that_takes_nothing_is_dropped(
    declared: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "_SEND_S", 1.0)
    async with publisher(declared) as bus, gateway(declared) as own:
        big = "x" * 256
        await bus.send(*(alert(n, "high", arguments=big, target=big, pod=big, title=big) for n in range(12_000)))
        await _held(own, 12_000)
        port = own.face.port
        slow = [await asyncio.open_connection("127.0.0.1", port, limit=1_024) for _ in range(2)]
        for _, writer in slow:
            writer.write(f"GET /api/v1/export?format=ndjson HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        statuses = set()
        begin = time.monotonic()
        while time.monotonic() - begin < 10.0 and statuses != {503, 200}:
            async with own.http.get(f"{own.url}/api/v1/export?format=ndjson&q=nothing-has-this") as answer:
                if answer.status == 503:
                    assert answer.headers["Retry-After"] == "1"
                statuses.add(answer.status) if answer.status == 503 or 503 in statuses else None
            await asyncio.sleep(0.05)
        assert statuses == {503, 200}
        for _, writer in slow:
            writer.close()


async def test_who_asks_while_too_many_wait_is_told_when_to_ask_again(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(alert(1, "high"))
        await own.rows(1)
        searches = own.face.running().store.search
        with contextlib.ExitStack() as others:
            for _ in range(SLOTS["request"]):
                others.enter_context(searches.slot("request"))
            for path in ("alerts?q=x", "timeline?q=x", "facets?q=x", f"alerts/{1:032x}/ancestry"):
                async with own.http.get(f"{own.url}/api/v1/{path}") as answer:
                    assert (answer.status, answer.headers["Retry-After"]) == (503, "1"), path
            assert (await own.get("/api/v1/timeline"))["exact"]
        assert (await own.get("/api/v1/alerts?q=number"))["counts"]["high"] == 1


async def test_hostile_texts_travel_as_texts(declared: NatsServer) -> None:
    nasty = "</script><img src=x onerror=alert(1)>\x1b[2J\u202e\x00,-=\\"
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(
            alert(1, "high", pod=nasty, process=nasty, namespace=nasty, target=nasty, title=nasty, node=nasty)
        )
        await own.rows(1)
        for path in ("alerts", "facets"):
            async with own.http.get(f"{own.url}/api/v1/{path}") as answer:
                assert answer.headers["Content-Type"].startswith("application/json")
                text = await answer.text()
            assert "\x1b" not in text
            assert nasty in json.dumps(json.loads(text), ensure_ascii=False) or nasty in _strings(json.loads(text))
        found = await own.get("/api/v1/alerts", params={"pod": nasty.replace("\\", "\\\\").replace(",", "\\,")})
        assert found["counts"]["high"] == 1


async def _held(own: Gateway, count: int) -> None:
    """Return once the window holds so many."""

    async def enough() -> bool:
        return sum((await own.get("/api/v1/alerts?limit=1"))["counts"].values()) == count

    await own.ready()
    await until(enough, 20.0, f"{count} alerts")


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for own in value.values() for text in _strings(own)]
    if isinstance(value, list):
        return [text for own in value for text in _strings(own)]
    return [value] if isinstance(value, str) else []


async def test_a_filter_longer_than_a_line_of_http_usually_is_can_be_asked(declared: NatsServer) -> None:
    async with gateway(declared) as own:
        await own.ready()
        many = ",".join(f"{n:0300d}" for n in range(60))
        assert (await own.get(f"/api/v1/alerts?pod={many}"))["rows"] == []

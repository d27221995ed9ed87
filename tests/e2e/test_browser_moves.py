"""A browser whose way to the gateway is cut, led elsewhere, or leads to a stream made anew: what it misses is told."""

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tocsin.bus import open_bus, streams

from support import lines, sets
from support.browser import GATEWAY_GONE, UNANSWERED, Witness, arrived, live, notice, rows, survey
from support.client import Client
from support.gateways import another_gateway, free_port
from support.processes import House
from support.tcp_switch import passage
from support.waiting import until

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

_TOO_MANY = 6_000
"""More than a gateway replays after a break."""
_LATE = 100_000
_BATCH = 10_000


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export file that only the test writes."""
    path = tmp_path / "export" / "tetragon.log"
    lines.append(path, lines.started(0))
    return path


def _port(own: House) -> int:
    return urlsplit(own.page).port or 0


async def _asked(port: int, path: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}{path}") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def _seen(port: int) -> int:
    return sum((await _asked(port, "/api/v1/status"))["kinds_seen"].values())


async def test_what_is_too_much_to_replay_is_told_as_a_gap(
    house: Callable[..., House], page: Page, witness: Witness, export: Path
) -> None:
    witness.allow(*GATEWAY_GONE)
    own = house("--file", str(export))
    own.start()
    async with passage(_port(own)) as way:
        await arrived(page, way.page)
        await live(page)
        way.close()
        await notice(page, "offline")
        await asyncio.to_thread(lines.append, export, *[lines.started(n) for n in range(1, _TOO_MANY)])
        await until(lambda: _reached(own, _TOO_MANY), 60, "all of them")
        way.open()
        await page.get_by_role("button", name="Retry now").click()
        said = await notice(page, "gap")
        await expect(said).to_contain_text(
            re.compile(r"^[\d:]+–[\d:]+ \([56],\d{3} alerts\) could not be replayed\. Counts include them\.")
        )
        await live(page)
        await survey(page, "gap")
        await expect(page.locator(".card.total strong .only-l")).to_have_text(re.compile(r"^6,0\d\d$"))
        await said.get_by_role("button", name="Dismiss").click()
        await expect(said).to_have_count(0)


async def _reached(own: House, wanted: int) -> bool:
    return await _seen(_port(own)) >= wanted


async def test_a_stream_made_anew_is_told_and_no_alert_of_the_old_one_stays(
    house: Callable[..., House], page: Page, witness: Witness, export: Path
) -> None:
    witness.allow(*GATEWAY_GONE, *UNANSWERED)
    own = house("--file", str(export), "--port", str(free_port()))
    own.start()
    await arrived(page, own.page)
    await live(page)
    await asyncio.to_thread(own.stop)
    await notice(page, "offline")
    await asyncio.to_thread(shutil.rmtree, own.state / "jetstream")
    await asyncio.to_thread(export.write_bytes, lines.started(7_000))
    await asyncio.to_thread(own.start)
    said = page.locator("[data-notice=gap]")
    await expect(said).to_contain_text("The alert stream was recreated.")
    await survey(page, "rebuilt")
    await said.get_by_role("button", name="Dismiss").click()
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page).first).to_contain_text("number 7000")


async def test_a_client_goes_from_one_gateway_to_another_without_a_gap(
    house: Callable[..., House], page: Page, witness: Witness
) -> None:
    witness.allow(*GATEWAY_GONE)
    own = house("--simulate", "100", environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "300"})
    own.start()
    async with another_gateway(own) as second, passage(_port(own)) as way:
        client = Client(lambda: way.page)
        running = asyncio.create_task(client.run())
        await arrived(page, way.page)
        await live(page)
        for port in (second, _port(own), second):
            before = client.shown
            await until(lambda before=before: client.shown >= before + 100, 60, "alerts")
            connections = client.connections
            way.turn(port)
            await until(lambda before=connections: client.connections > before, 60, "the client at the other gateway")
            await expect(page.locator("[data-notice=back]")).to_have_text(re.compile(r"^Reconnected after "))
            await live(page)
        await survey(page, "moved")
        assert await page.locator("[data-notice=gap]").count() == 0
        own.hold()
        await asyncio.to_thread(own.kill_child, "simulator")
        async with open_bus(own.nats(), "admin") as bus:
            await until(lambda: _even(bus, _port(own), second), 60, "both gateways to have all")
            stored = await sets.ids(bus, streams.ALERTS)
        await until(lambda: client.shown >= len(stored), 60, "the client to have all")
        running.cancel()
        client.agrees_with(stored)
        await _same(_port(own), second)


async def _even(bus: Any, *ports: int) -> bool:
    last = (await bus.stream(streams.ALERTS)).state.last_seq
    counted = [await _total(port) for port in ports]
    return counted == [last] * len(ports)


async def _total(port: int) -> int:
    answer = await _asked(port, "/api/v1/alerts?limit=1&from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z")
    return sum(answer["counts"].values())


async def _same(one: int, other: int) -> None:
    """Both tell the same of the same minutes."""
    told = await _asked(one, "/api/v1/alerts?limit=1")
    span = f"from={told['from'] // 60_000 * 60_000}&to={told['to'] // 60_000 * 60_000}"
    for path in ("alerts", "facets", "timeline"):
        query = f"/api/v1/{path}?{span}" + ("&step=60" if path == "timeline" else "")
        mine, its = await _asked(one, query), await _asked(other, query)
        for answer in (mine, its):
            answer.pop("before", None)
        assert mine == its, path


async def test_a_hundred_thousand_events_of_an_hours_outage_land_where_they_happened(
    house: Callable[..., House], page: Page, export: Path
) -> None:
    own = house("--file", str(export))
    own.start()
    await page.goto(f"{own.page}runtime?range=3h")
    await expect(rows(page)).to_have_count(1)
    await live(page)
    for begin in range(1, _LATE, _BATCH):
        batch = [lines.started(n, ago_s=3_600 + n / 100) for n in range(begin, begin + _BATCH)]
        await asyncio.to_thread(lines.append, export, *batch)
    await expect(await notice(page, "late")).to_contain_text(re.compile(r"[\d,]+ alerts? arrived up to .+ late"))
    await until(lambda: _reached(own, _LATE), 120, "all of them")
    await survey(page, "caught-up")
    answer = await _asked(_port(own), "/api/v1/timeline?step=60")
    now = sum(sum(answer[severity]) for severity in ("critical", "high", "medium", "low"))
    assert now < 100, "the last minutes show nothing of it"
    rate = await page.locator(".conn .fact").first.inner_text()
    assert int(rate.removesuffix("/s").replace(",", "")) < 1_000, "what came late is no rate of now"

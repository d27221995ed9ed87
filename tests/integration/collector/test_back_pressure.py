"""Where the classifier does not keep up, the export file is the buffer: nothing is evicted unread."""

import asyncio
from pathlib import Path

import msgspec

from tocsin.bus import Bus, Message, streams
from tocsin.model import subjects
from tocsin.runtime import service_report

from support.buses import opened
from support.collector_harness import collecting, counted, event, read_stored, reads
from support.lumberjack import ExportFile
from support.server import NatsServer
from support.waiting import until

_SIZE = 1 << 20
_LINES = 5_000
"""About five times what EVENTS holds."""


async def _declare(bus: Bus) -> None:
    await bus.declare(msgspec.structs.replace(streams.sizes(256 << 20), events=_SIZE))


async def test_reading_stops_before_a_small_stream_is_full_and_goes_on_when_it_is_read(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    export.write(*(event(number, padding=700) for number in range(_LINES)))
    got: list[int] = []
    problems: list[str] = []
    stop = asyncio.Event()

    async with opened(nats_server, "admin") as admin, opened(nats_server, "gateway") as gateway:
        await _declare(admin)
        await gateway.subscribe(
            subjects.ALL_METRICS, lambda _, p: problems.append(service_report.decode(p).problems.get("pressure", ""))
        )
        async with collecting(nats_server, reads(export.path)), opened(nats_server, "classifier") as bus:
            await until(lambda: any("reading is paused" in problem for problem in problems), 20)
            paused_at = (await admin.stream(streams.EVENTS)).state
            assert paused_at.first_seq == 1
            assert _SIZE // 4 < paused_at.bytes < _SIZE

            async def judge(message: Message) -> None:
                got.append(message.seq)
                await message.ack()
                if len(got) >= _LINES:
                    stop.set()

            async with asyncio.timeout(60):
                await bus.consume(streams.EVENTS, streams.CLASSIFIER, judge, stop)
            await counted(nats_server, _LINES)
    assert sorted(set(got)) == list(range(1, _LINES + 1))
    (await read_stored(nats_server)).balances()


async def test_without_an_answer_about_the_classifier_nothing_is_read(nats_server: NatsServer, tmp_path: Path) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    export.write(event(1))
    problems: list[str] = []
    async with opened(nats_server, "admin") as admin, opened(nats_server, "gateway") as gateway:
        await _declare(admin)
        await admin.connection.client.request(f"$JS.API.CONSUMER.DELETE.{streams.EVENTS}.{streams.CLASSIFIER}")
        await gateway.subscribe(
            subjects.ALL_METRICS, lambda _, p: problems.append(service_report.decode(p).problems.get("pressure", ""))
        )
        async with collecting(nats_server, reads(export.path)):
            await until(lambda: any("no answer" in problem for problem in problems), 20)
            assert (await admin.stream(streams.EVENTS)).state.last_seq == 0
            await _declare(admin)
            await counted(nats_server, 1)

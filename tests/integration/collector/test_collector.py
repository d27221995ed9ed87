"""The collector against a real nats-server: what is written is stored once, and counted."""

import asyncio
import os
import random
import re
import time
from pathlib import Path

import pytest

from tocsin.bus import CLUSTER_HEADER, NODE_HEADER, RECEIVED_HEADER, SOURCE_HEADER, open_bus, streams
from tocsin.collector import service
from tocsin.collector.settings import Settings
from tocsin.collector.sources.stdin import StdinSource
from tocsin.model import ids, subjects
from tocsin.model.errors import Fatal
from tocsin.runtime import service_report

from support import corpus
from support.buses import opened
from support.collector_harness import collecting, counted, event, read_stored, reads, stored
from support.lumberjack import ExportFile, compress
from support.server import NatsServer
from support.waiting import until


@pytest.fixture
def export(tmp_path: Path) -> ExportFile:
    return ExportFile(tmp_path / "tetragon.log")


async def test_an_event_is_stored_byte_for_byte_with_its_headers(declared: NatsServer, export: ExportFile) -> None:
    export.write(event(1))
    async with collecting(declared, reads(export.path)):
        await stored(declared, events=1)
    seen = await read_stored(declared)
    (message,) = seen.events
    assert message.payload == event(1)
    assert message.subject == "tetragon.default.n1.exec"
    assert message.id == ids.event_id("default", "n1", event(1))
    assert (message.headers[CLUSTER_HEADER], message.headers[NODE_HEADER]) == ("default", "n1")
    assert message.headers[SOURCE_HEADER] == subjects.checkpoint_key("default", "", f"file {export.path}")
    assert int(message.headers[RECEIVED_HEADER]) > 1_600_000_000 * 10**9
    (source,) = seen.sources
    assert source.source == f"file {export.path}"
    assert source.position.offset == export.path.stat().st_size
    assert source.counts.bytes == export.path.stat().st_size
    seen.balances()


def _without_secret(line: bytes) -> bytes:
    return re.sub(rb" SECRET=\w+ ", b" SECRET=***** ", line)


async def test_the_untrimmed_corpus_gives_1762_events_and_a_second_run_says_all_read_before(
    declared: NatsServer, export: ExportFile
) -> None:
    lines = corpus.full("vm-p4-default")
    export.write(*lines[:1000])
    compress(export.rotate())
    export.write(*lines[1000:])
    async with collecting(declared, reads(export.path)):
        await counted(declared, 1762)
    seen = await read_stored(declared)
    # one of its programs was given a secret, which is not stored
    assert [message.payload for message in seen.events] == [_without_secret(line) for line in lines]
    assert len({message.id for message in seen.events}) == 1762
    assert not seen.dead
    seen.balances()

    states: list[object] = []
    async with opened(declared, "gateway") as bus:
        await bus.subscribe(
            subjects.ALL_METRICS, lambda _, payload: states.append(service_report.decode(payload).facts.get("state"))
        )
        async with collecting(declared, reads(export.path)):
            await until(lambda: "1,762 lines, all read before" in states, 15)
    again = await read_stored(declared)
    assert again.last == seen.last
    assert again.sources[0].counts == seen.sources[0].counts


async def test_every_file_of_the_corpus_is_stored_line_by_line(declared: NatsServer, export: ExportFile) -> None:
    lines = [line for path in corpus.files() for line in path.read_bytes().splitlines()]
    export.write(*lines)
    async with collecting(declared, reads(export.path)):
        await counted(declared, len(lines))
    seen = await read_stored(declared)
    assert len(seen.events) == len(set(lines))
    assert not seen.dead
    seen.balances()


async def test_killed_again_and_again_while_files_rotate_nothing_is_missing_and_nothing_there_twice(
    declared: NatsServer, export: ExportFile
) -> None:
    chance, written = random.Random(7), 0
    for life in range(6):
        async with collecting(declared, reads(export.path)) as own:
            for _ in range(chance.randint(1, 3)):
                more = chance.randint(100, 400)
                export.write(*(event(number) for number in range(written, written + more)))
                written += more
                path = export.rotate()
                if chance.random() < 0.4:
                    compress(path)
            await stored(declared, events=chance.randint(written // 2, written))
            if life < 5:
                await own.kill()
            else:
                await counted(declared, written)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(written))
    assert seen.sources[0].counts.vanished_files == 0
    seen.balances()


async def test_killed_before_the_first_checkpoint_all_is_found_in_the_stream(
    declared: NatsServer, export: ExportFile
) -> None:
    export.write(*(event(number) for number in range(500)))
    slow = Settings(path=str(export.path), checkpoint_interval_s=60)
    async with collecting(declared, slow) as own:
        await stored(declared, events=500)
        await own.kill()
    assert not (await read_stored(declared)).sources
    async with collecting(declared, reads(export.path)):
        await counted(declared, 500)
    seen = await read_stored(declared)
    assert seen.last[streams.EVENTS] == 500
    assert seen.sources[0].counts.stored == 500
    seen.balances()


async def test_an_outage_of_more_than_twice_the_duplicate_window_repeats_nothing(
    nats_server: NatsServer, export: ExportFile
) -> None:
    window_s, written = 1.0, 4_000
    async with opened(nats_server, "admin", duplicate_window_s=window_s) as bus:
        await bus.declare(streams.sizes(256 << 20))
    async with collecting(nats_server, reads(export.path), window_s=window_s):
        for outage in range(2):
            export.write(*(event(number, padding=1_000) for number in range(outage * written, (outage + 1) * written)))
            await stored(nats_server, events=outage * written + 500)
            nats_server.kill()
            export.rotate()
            back_at = time.monotonic() + 2.5 * window_s
            await until(lambda at=back_at: time.monotonic() > at)  # type: ignore[misc]
            nats_server.start()
        await counted(nats_server, 2 * written, timeout_s=40)
    seen = await read_stored(nats_server)
    assert sorted(seen.numbers) == list(range(2 * written))
    seen.balances()


async def test_killed_together_with_the_server_nothing_is_repeated_either(
    nats_server: NatsServer, export: ExportFile
) -> None:
    window_s, written = 1.0, 3_000
    async with opened(nats_server, "admin", duplicate_window_s=window_s) as bus:
        await bus.declare(streams.sizes(256 << 20))
    async with collecting(nats_server, reads(export.path), window_s=window_s) as own:
        export.write(*(event(number, padding=1_000) for number in range(written)))
        await stored(nats_server, events=700)
        await own.kill()  # first, since nats-py leaves a socket open where it is closed while it reconnects
        nats_server.kill()
    back_at = time.monotonic() + 2.5 * window_s
    await until(lambda: time.monotonic() > back_at)
    nats_server.start()
    async with collecting(nats_server, reads(export.path), window_s=window_s):
        await counted(nats_server, written, timeout_s=40)
    seen = await read_stored(nats_server)
    assert sorted(seen.numbers) == list(range(written))
    seen.balances()


async def test_lines_that_were_stored_but_are_gone_from_the_file_are_counted(
    declared: NatsServer, export: ExportFile
) -> None:
    export.write(*(event(number) for number in range(50)))
    settings = Settings(path=str(export.path), checkpoint_interval_s=60)
    async with collecting(declared, settings) as own:
        await stored(declared, events=50)
        await own.kill()
    export.rotate().unlink()
    export.write(event(50))
    async with collecting(declared, reads(export.path)):
        await counted(declared, 51)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(51))
    seen.balances()


async def test_where_the_checkpoints_file_is_gone_nothing_that_is_left_is_stored_twice(
    declared: NatsServer, export: ExportFile
) -> None:
    export.write(*(event(number) for number in range(20)))
    async with collecting(declared, reads(export.path)):
        await counted(declared, 20)
    lines = export.path.read_bytes()
    export.path.unlink()
    export.path.write_bytes(event(99) + b"\n" + lines)
    async with collecting(declared, reads(export.path)):
        await counted(declared, 41)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == [*range(20), 99]
    counts = seen.sources[0].counts
    assert (counts.stored, counts.repeated, counts.vanished_files) == (21, 20, 1)
    seen.balances()


async def test_two_sources_with_the_same_lines_store_each_once(declared: NatsServer, tmp_path: Path) -> None:
    one, two = ExportFile(tmp_path / "one.log"), ExportFile(tmp_path / "two.log")
    for export in (one, two):
        export.write(*(event(number) for number in range(300)))
    async with collecting(declared, reads(one.path)), collecting(declared, reads(two.path)):
        await counted(declared, 600)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(300))
    assert sum(source.counts.repeated for source in seen.sources) == 300
    seen.balances()


async def test_a_repeated_line_is_stored_once(declared: NatsServer, export: ExportFile) -> None:
    export.write(event(1), event(2), event(1), event(1))
    async with collecting(declared, reads(export.path)):
        await counted(declared, 4)
    seen = await read_stored(declared)
    assert seen.numbers == [1, 2]
    assert seen.sources[0].counts.repeated == 2
    seen.balances()


async def test_standard_input_ends_the_collector_once_all_is_stored(declared: NatsServer) -> None:
    for begin in (0, 300):
        read, write = os.pipe()
        source = StdinSource(max_line_bytes=1 << 20, descriptor=read)
        async with collecting(declared, reads(Path("unused")), source=source) as own:
            payload = b"".join(event(number) + b"\n" for number in range(begin, begin + 300))
            os.write(write, payload[:60_000].rstrip(b"\n"))
            os.close(write)
            await own.task
        os.close(read)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(600))
    assert seen.sources[0].source == "stdin"
    seen.balances()


async def test_what_standard_input_had_stored_before_a_kill_is_counted(declared: NatsServer) -> None:
    read, write = os.pipe()
    settings = Settings(checkpoint_interval_s=60)
    async with collecting(declared, settings, source=StdinSource(max_line_bytes=1 << 20, descriptor=read)) as own:
        os.write(write, event(1) + b"\n" + event(2) + b"\n" + b"garbage\n")
        await stored(declared, events=2, dead=1)
        await own.kill()
    os.close(write)
    os.close(read)
    nothing = os.open(os.devnull, os.O_RDONLY)
    source = StdinSource(max_line_bytes=1 << 20, descriptor=nothing)
    async with collecting(declared, settings, source=source) as own:
        await own.task
    os.close(nothing)
    seen = await read_stored(declared)
    assert (seen.sources[0].counts.stored, seen.sources[0].counts.dead) == (2, 1)
    seen.balances()


async def test_an_ordinary_file_as_standard_input_is_read_to_its_end(declared: NatsServer, tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(event(1) + b"\n" + event(2))
    descriptor = os.open(path, os.O_RDONLY)
    source = StdinSource(max_line_bytes=1 << 20, descriptor=descriptor)
    async with collecting(declared, reads(path), source=source) as own:
        await own.task
    os.close(descriptor)
    seen = await read_stored(declared)
    assert seen.numbers == [1, 2]
    seen.balances()


async def test_the_collector_waits_for_the_streams(nats_server: NatsServer, export: ExportFile) -> None:
    export.write(event(1))
    told: list[dict[str, str]] = []
    async with opened(nats_server, "admin") as admin, opened(nats_server, "gateway") as bus:
        await bus.subscribe(
            subjects.ALL_METRICS, lambda _, payload: told.append(service_report.decode(payload).problems)
        )
        async with collecting(nats_server, reads(export.path)) as own:
            await until(lambda: any("EVENTS" in problems.get("streams", "") for problems in told), 15)
            assert not own.task.done()
            await admin.declare(streams.sizes(64 << 20))
            await stored(nats_server, events=1)


async def test_a_file_that_does_not_exist_is_a_problem_that_names_it(declared: NatsServer, export: ExportFile) -> None:
    told: list[dict[str, str]] = []
    async with opened(declared, "gateway") as bus:
        await bus.subscribe(
            subjects.ALL_METRICS, lambda _, payload: told.append(service_report.decode(payload).problems)
        )
        async with collecting(declared, reads(export.path)):
            await until(lambda: any(str(export.path) in problems.get("source", "") for problems in told), 15)
            export.write(event(1))
            await stored(declared, events=1)


async def test_a_second_collector_under_the_same_key_ends_and_says_what_to_set(
    declared: NatsServer, export: ExportFile
) -> None:
    export.write(*(event(number) for number in range(10)))

    async def collect(instance: str, stop: asyncio.Event) -> None:
        async with open_bus(declared.settings("collector"), "collector", instance=instance) as bus:
            await service.run(bus, reads(export.path), stop)

    stop = asyncio.Event()
    collectors = [asyncio.create_task(collect(name, stop)) for name in ("one", "two")]
    written = 10

    async def one_has_ended() -> bool:
        nonlocal written
        export.write(event(written))  # something new to save for both
        written += 1
        return any(task.done() for task in collectors)

    await until(one_has_ended, timeout_s=30)
    stop.set()
    ends = await asyncio.gather(*collectors, return_exceptions=True)
    fatal = next(end for end in ends if isinstance(end, Exception))
    while isinstance(fatal, ExceptionGroup):
        fatal = fatal.exceptions[0]
    assert isinstance(fatal, Fatal)
    assert "TOCSIN_COLLECTOR_NODE" in str(fatal)

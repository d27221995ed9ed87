"""The collector as a process: what it needs, how it ends, and its exit codes."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from tocsin.bus import LENGTH_HEADER, streams
from tocsin.bus.permissions import server_conf

from support.buses import opened
from support.collector_harness import collecting, counted, event, read_stored, reads, stored
from support.lumberjack import ExportFile
from support.server import NatsServer


async def _start(server: NatsServer, **settings: str) -> Process:
    nats = server.settings("collector")
    names = {"NATS_URL": nats.url, "NATS_USER": nats.user, "NATS_PASSWORD": nats.password}
    names |= {f"COLLECTOR_{name.upper()}": value for name, value in settings.items()}
    environ = {**os.environ, **{f"TOCSIN_{name}": value for name, value in names.items()}}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tocsin.collector", stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environ
    )


async def _ended(process: Process) -> tuple[int | None, str]:
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, (out + err).decode()


async def test_the_end_of_standard_input_is_exit_0_once_all_is_saved(declared: NatsServer) -> None:
    process = await _start(declared, source="stdin")
    assert process.stdin is not None
    process.stdin.write(b"".join(event(number) + b"\n" for number in range(500)))
    process.stdin.close()
    code, said = await _ended(process)
    assert code == 0, said
    seen = await read_stored(declared)
    assert seen.numbers == list(range(500))
    seen.balances()


async def test_a_signal_is_exit_0_and_leaves_a_checkpoint_of_all_that_was_stored(
    declared: NatsServer, tmp_path: Path
) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    export.write(*(event(number) for number in range(100)))
    process = await _start(declared, path=str(export.path), checkpoint_interval_s="60")
    await stored(declared, events=100)
    process.send_signal(signal.SIGTERM)
    code, said = await _ended(process)
    assert code == 0, said
    seen = await read_stored(declared)
    assert seen.sources[0].counts.stored == 100
    seen.balances()


async def test_killed_and_started_again_it_repeats_nothing(declared: NatsServer, tmp_path: Path) -> None:
    export, written = ExportFile(tmp_path / "tetragon.log"), 0
    for _ in range(3):
        export.write(*(event(number) for number in range(written, written + 2_000)))
        written += 2_000
        process = await _start(declared, path=str(export.path), checkpoint_interval_s="0.1")
        await stored(declared, events=written - 1_500)
        process.kill()
        await _ended(process)
        export.rotate()
    async with collecting(declared, reads(export.path)):
        await counted(declared, written)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(written))
    seen.balances()


async def test_a_wrong_setting_is_exit_2_and_named(declared: NatsServer) -> None:
    code, said = await _ended(await _start(declared, max_line_bytes="9000000"))
    assert code == 2
    assert "TOCSIN_COLLECTOR_MAX_LINE_BYTES" in said


async def test_a_line_larger_than_this_server_takes_is_a_dead_letter(tmp_path: Path) -> None:
    folder = tmp_path / "nats"
    folder.mkdir()
    passwords = NatsServer(folder).passwords
    conf = server_conf.config(
        host="127.0.0.1", port=-1, store_dir=str(folder / "store"), passwords=passwords, max_payload=1 << 20
    )
    server = NatsServer(folder, conf=conf)
    server.start()
    try:
        await _one_line_too_large(server, ExportFile(tmp_path / "tetragon.log"))
    finally:
        server.stop()


async def _one_line_too_large(server: NatsServer, export: ExportFile) -> None:

    async with opened(server, "admin") as bus:
        await bus.declare(streams.sizes(64 << 20))
    large = event(2, padding=2 << 20)
    export.write(event(1), large, event(3))
    async with collecting(server, reads(export.path)):
        await counted(server, 3)
    seen = await read_stored(server)
    assert seen.numbers == [1, 3]
    (dead,) = seen.dead
    assert dead.payload == large[: len(dead.payload)]
    assert dead.headers[LENGTH_HEADER] == str(len(large))
    seen.balances()

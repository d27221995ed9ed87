"""What is stored holds no secret of the lines that were read, by whatever way they go."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.bus import HASH_HEADER, LENGTH_HEADER, REASON_HEADER
from tocsin.collector.normalize import REDACTED_HEADER
from tocsin.model import ids

from support.collector_harness import collecting, counted, read_stored, reads
from support.lumberjack import ExportFile
from support.server import NatsServer

_SECRET = b"Zq7hunter2"


def _exec(pid: int, arguments: str) -> bytes:
    process = {"exec_id": f"e{pid}", "pid": pid, "binary": "/bin/x", "arguments": arguments}
    return json.dumps({"process_exec": {"process": process}, "node_name": "n1"}).encode()


async def test_events_and_dead_letters_are_stored_without_secrets_and_the_sums_balance(
    declared: NatsServer, tmp_path: Path
) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    event = _exec(1, f'--password={_SECRET.decode()} -H "Authorization: Bearer {_SECRET.decode()}"')
    plain = _exec(2, "--password-file /run/secrets/x")
    text = b"level=error msg=refused password=" + _SECRET
    cut = event[: event.index(_SECRET) + 6]
    packed = b"\x1f\x8b\x08\x00" + _SECRET
    long = _exec(3, "x" * (5 << 20)).replace(b"xxxxxxxxxxxxxxxx", b" --password=" + _SECRET, 1)
    export.write(event, plain, text, cut, packed, long, event)
    async with collecting(declared, reads(export.path)):
        await counted(declared, 7)
    seen = await read_stored(declared)
    seen.balances()
    assert seen.sources[0].counts.repeated == 1
    first, second = seen.events
    assert first.payload == event.replace(_SECRET, b"*****")
    assert first.headers[REDACTED_HEADER] == "2"
    assert first.id == ids.event_id("default", "n1", event)
    assert second.payload == plain
    assert REDACTED_HEADER not in second.headers
    assert len(seen.dead) == 4
    for message in (*seen.events, *seen.dead):
        assert _SECRET[:6] not in message.payload
        assert not any(_SECRET.decode() in value for value in message.headers.values())
    withheld = next(message for message in seen.dead if "withheld" in message.headers[REASON_HEADER])
    assert (withheld.payload, withheld.headers[LENGTH_HEADER]) == (b"", str(len(packed)))
    too_long = next(message for message in seen.dead if "longer than the limit" in message.headers[REASON_HEADER])
    assert too_long.headers[LENGTH_HEADER] == str(len(long) + 1)
    assert len(too_long.headers[HASH_HEADER]) == 32
    assert b"--password=*****" in too_long.payload


async def test_with_other_patterns_the_same_lines_are_the_same_events(declared: NatsServer, tmp_path: Path) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    packed = b"\x1f\x8b\x08\x00 packed"
    export.write(_exec(1, "badge=1234 --password=a"), b"text badge=1234", packed)
    async with collecting(declared, reads(export.path)) as own:
        await counted(declared, 3)
        await own.kill()
    patterns = tmp_path / "own.txt"
    patterns.write_bytes(b"badge=([0-9]+)\n")
    async with collecting(declared, reads(export.path, redact_patterns_file=str(patterns))):
        export.write(_exec(2, "badge=5678"))
        await counted(declared, 4)
    seen = await read_stored(declared)
    seen.balances()
    assert (len(seen.events), len(seen.dead)) == (2, 2)
    assert b"badge=1234 --password=*****" in seen.events[0].payload
    assert b"badge=*****" in seen.events[1].payload


async def test_turned_off_lines_go_out_byte_for_byte(declared: NatsServer, tmp_path: Path) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    lines = [_exec(1, "--password=abc"), b"text password=abc"]
    export.write(*lines)
    async with collecting(declared, reads(export.path, redact="off")):
        await counted(declared, 2)
    seen = await read_stored(declared)
    assert [message.payload for message in (*seen.events, *seen.dead)] == lines


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        (b"# ours\n(a)\nbadge=(\n", "own.txt, line 3: not a valid RE2 expression"),
        (b"badge=\n", "own.txt, line 1: it has no capture group"),
    ],
)
def test_a_wrong_pattern_stops_the_start_and_is_named(tmp_path: Path, patterns: bytes, told: str) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(patterns)
    environ = {**os.environ, "TOCSIN_COLLECTOR_REDACT_PATTERNS_FILE": str(file), "TOCSIN_COLLECTOR_PATH": "/nowhere"}
    command = [sys.executable, "-m", "tocsin.collector"]
    ended = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert told in ended.stderr.decode()

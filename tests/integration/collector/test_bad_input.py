"""Whatever stands in a line, the stream goes on, the bytes are kept with a reason, and the sums balance."""

import gzip
import os
from pathlib import Path

from tocsin.bus import HASH_HEADER, LENGTH_HEADER, REASON_HEADER, SOURCE_HEADER

from support.collector_harness import collecting, counted, event, read_stored, reads
from support.lumberjack import ExportFile
from support.server import NatsServer

_EMPTY = (b"", b"   ", b"\t", b"\r")
_DEAD = (
    b'time="2024-01-01T00:00:00Z" level=info msg="Starting tetragon"',
    b'{"time":"2024-01-01T00:00:00Z","level":"info","msg":"Starting tetragon"}',
    b"failed to create fsnotify watcher: too many open files",
    b"unable to retrieve container logs for containerd://0123",
    b'{"a":1}',
    b"17",
    b'"text"',
    b"null",
    b"[]",
    b"{}",
    b"NaN",
    b'{"process_exec":{"process":{"pid":1',
    b'ess":{"pid":1}},"node_name":"n1"}',
    b'2024-05-01T10:00:00.1Z stdout F {"process_exec":{}}',
    b'2024-05-01T10:00:00.1Z {"process_exec":{}}',
    b'{"process_exec":{}2024-05-01T10:00:00.1Z }',
    b'{"process_exec":{}}{"process_exit":{}}',
    b'{"process_exec":{},"process_exit":{}}',
    b'\xef\xbb\xbf{"process_exec":{}}',
    b'{"process_exec":{"process":{"binary":"\xff\xfe"}}}',
    b"\x00" * 100,
    b'{"process_exec":{"process":{"binary":"\x00"}}}',
    b"[" * 100_000,
)
_EITHER = (
    b'{"process_exec":null}',
    b'{"process_exec":{"process":null,"parent":null},"node_name":null}',
    b'{"process_accept":{"x":1},"node_name":"n1"}',
    b'{"process_kprobe":{"action":77},"node_name":"n1"}',
    b'{"process_exec":{"process":{"pid":123456789012345678901234567890}}}',
    b'{"process_exec":{"process":{"pid":1e400}}}',
    b'{"process_exec":{"process":{"pid":"one"}}}',
    b'{"process_exec":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    b'{"process_exec":{"process":{"binary":"\\ud800"}}}',
    b'{"process_exec":{"process":{"binary":"a\\u0000b"}}}',
    b'{"process_exec":{},"node_name":"\\u0000.>*\\n"}',
    b'{"process_exec":{},"time":"9999-12-31T23:59:59Z"}',
    b'{"process_exec":{},"time":"1969-12-31T23:59:59Z"}',
    b'{"process_exec":{},"time":"never"}',
)


async def test_every_kind_of_bad_line_is_kept_with_a_reason_and_the_stream_goes_on(
    declared: NatsServer, tmp_path: Path
) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    for number, line in enumerate((*_EMPTY, *_DEAD, *_EITHER)):
        export.write(event(number), line)
    large = [event(number, padding=size) for number, size in ((900, 70_000), (901, 1_100_000), (902, 4_000_000))]
    too_long = event(903, padding=4 << 20)
    export.write(*large, too_long, event(904), event(904))
    lines = 2 * (len(_EMPTY) + len(_DEAD) + len(_EITHER)) + 6
    async with collecting(declared, reads(export.path)):
        await counted(declared, lines)
    seen = await read_stored(declared)
    seen.balances()
    (source,) = seen.sources
    counts = source.counts
    assert (counts.lines, counts.skipped, counts.repeated) == (lines, len(_EMPTY), 1)
    assert counts.bytes == export.path.stat().st_size
    events = {message.payload for message in seen.events}
    dead = {message.payload: message for message in seen.dead}
    assert set(_DEAD) <= set(dead)
    for line in _EITHER:
        assert (line in events) != (line in dead)
    assert set(large) <= events
    for message in seen.dead:
        assert message.headers[REASON_HEADER]
        assert message.headers[SOURCE_HEADER].startswith("collector.")
    cut = dead[too_long[: 64 << 10]]
    assert cut.headers[LENGTH_HEADER] == str(len(too_long) + 1)
    assert len(cut.headers[HASH_HEADER]) == 32
    assert event(904) in events


async def test_a_half_written_compressed_file_gives_what_is_readable_and_the_rest_is_counted_as_vanished(
    declared: NatsServer, tmp_path: Path
) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    whole = gzip.compress(b"".join(event(number, padding=n) + b"\n" for number, n in _padded()))
    (tmp_path / "tetragon-2026-01-02T15-04-05.000.log.gz").write_bytes(whole[: len(whole) // 2])
    export.write(event(1_000))
    async with collecting(declared, reads(export.path)):
        await counted(declared, 3)
    seen = await read_stored(declared)
    seen.balances()
    assert 0 < len(seen.events) - 1 < 400
    assert len(seen.dead) <= 1  # the line that was cut
    assert seen.sources[0].counts.vanished_files == 1


def _padded() -> list[tuple[int, int]]:
    return [(number, byte) for number, byte in enumerate(os.urandom(400))]


async def test_a_second_run_over_bad_lines_adds_nothing(declared: NatsServer, tmp_path: Path) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    export.write(b"garbage", b"garbage", event(1), b"")
    async with collecting(declared, reads(export.path)) as own:
        await counted(declared, 4)
        await own.kill()
    async with collecting(declared, reads(export.path)):
        export.write(b"garbage")
        await counted(declared, 5)
    seen = await read_stored(declared)
    assert (len(seen.events), len(seen.dead)) == (1, 3)
    seen.balances()

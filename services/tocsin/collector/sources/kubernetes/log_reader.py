"""Turns the bytes of the connections to one pod's log into lines that were not read before. Pure."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tocsin.collector.sources.export_file.line_splitter import LineSplitter, RawLine
from tocsin.collector.sources.kubernetes.recent_lines import ExpectedRepeats, RecentLines, short_hash
from tocsin.model.timestamps import format_ns, parse_ns

_PART_BYTES = 16 << 10
"""Container runtimes store longer lines in parts of this size."""
_MOST_JOINED_BYTES = 1 << 20
_LAST_NS = 2**63 - 1
"""In the year 2262; later times are set to this one."""


class _Stamp(Struct):
    time: str | None = None


_stamp = msgspec.json.Decoder(_Stamp)
_any = msgspec.json.Decoder()


def time_of(raw: bytes) -> int:
    """The event's time; 0 if there is none, or if it is no valid time."""
    try:
        text = _stamp.decode(raw).time
    except (msgspec.DecodeError, RecursionError):
        return 0
    time_ns = parse_ns(text) if text else None
    return min(time_ns, _LAST_NS) if time_ns is not None and time_ns > 0 else 0


class LogLine(Struct, frozen=True, gc=False):
    """A line that was not read before."""

    raw: bytes
    size: int
    digest: str
    number: int
    """Counted over the whole life of the source."""


class Gap(Struct, frozen=True):
    """Two times between which lines were most likely written that cannot be read."""

    after: str
    before: str


class LogReader:
    """One log across its connections."""

    def __init__(self, recent: RecentLines, limit: int) -> None:
        """*recent* holds the lines read before; a line of more than *limit* bytes is cut."""
        self.recent = recent
        self.doubt_ns: int | None = None
        """Set by `feed` to the time of a line that may have been read before the hashes begin: ask the streams."""
        self.gap: Gap | None = None
        """Set by `feed` if lines are missing."""
        self.received = False
        """Whether this connection brought a line, known or new."""
        self.cut_lines = 0
        """Lines whose beginning is older than the time that was asked for."""
        self._limit = limit
        self._splitter = LineSplitter(limit)
        self._expected: ExpectedRepeats | None = None
        """The known lines that may still come again; ``None`` once the last one has come."""
        self._other_log = False
        self._first = False
        self._part: RawLine | None = None

    @property
    def unfinished_bytes(self) -> int:
        """Bytes of a line that has not ended yet."""
        return self._splitter.unfinished_bytes

    def begin(self, *, since: bool, other_log: bool) -> None:
        """A connection opens: to lines *since* a time or to all of them; *other_log*: to another container's log.

        An unfinished line of the last connection is discarded; it comes again as a whole.
        """
        self._splitter = LineSplitter(self._limit)
        self._part = None
        self._expected = self.recent.expected_repeats() if len(self.recent) else None
        self._other_log = other_log and self._expected is not None
        self._first = since and self._expected is not None
        self.received = False
        self.doubt_ns = self.gap = None

    def feed(self, chunk: bytes) -> list[LogLine]:
        """The lines that end in *chunk* and are new."""
        self.doubt_ns = self.gap = None
        lines = [new for line in self._join(self._splitter.feed(chunk)) if (new := self._take(line)) is not None]
        self.recent.trim()
        return lines

    def finish(self) -> list[LogLine]:
        """The last lines of a log that ended for good; the very last one needs no line end."""
        rest = self._splitter.finish()
        lines = [line for line in (self._part, rest) if line is not None]
        self._part = None
        return [new for line in lines if (new := self._take(line)) is not None]

    def _take(self, line: RawLine) -> LogLine | None:
        """*line* if it is new."""
        first, self._first, self.received = self._first, False, True
        if first and line.raw[:1] != b"{" and line.raw:
            self.cut_lines += 1  # its first part is older than the time that was asked for, so it was read before
            return None
        digest = short_hash(line.raw)
        if self._expected is not None and self._expected.known(digest):
            if self._expected.done:
                self._expected = None
            return None
        time_ns = time_of(line.raw)
        if self._expected is not None:
            self._take_unknown(self._expected, time_ns)
        number = self.recent.add(digest, time_ns)
        return LogLine(line.raw, line.size, line.digest, number)

    def _take_unknown(self, expected: ExpectedRepeats, time_ns: int) -> None:
        """An unknown line comes before the last known one has come again."""
        if not self.doubt_ns:  # the first unknown line with a time says how far back they reach
            self.doubt_ns = time_ns
        lines_missing = self._other_log or (not expected.met and time_ns > expected.reach_ns)
        if lines_missing:
            self.gap = Gap(_text(expected.reach_ns), _text(time_ns))
            self._expected = None

    def _join(self, lines: Sequence[RawLine]) -> list[RawLine]:
        """*lines*, with the parts of a long line joined if they make a whole event."""
        joined: list[RawLine] = []
        for line in lines:
            if self._part is None:
                if _is_part(line):
                    self._part = line
                else:
                    joined.append(line)
                continue
            whole = RawLine(self._part.raw + line.raw, line.end, self._part.size + line.size)
            fits = not line.digest and len(whole.raw) <= min(self._limit, _MOST_JOINED_BYTES)
            if fits and _is_whole(whole.raw):
                joined.append(whole)
                self._part = None
            elif fits and len(line.raw) % _PART_BYTES == 0 and not line.raw.endswith(b"}"):
                self._part = whole
            else:
                joined += [self._part, line]
                self._part = None
        return joined


def _is_part(line: RawLine) -> bool:
    raw = line.raw
    return bool(raw) and len(raw) % _PART_BYTES == 0 and not line.digest and raw[:1] == b"{" and raw[-1:] != b"}"


def _is_whole(raw: bytes) -> bool:
    if raw[-1:] != b"}":
        return False
    try:
        _any.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _text(time_ns: int) -> str:
    return format_ns(time_ns) if time_ns else ""

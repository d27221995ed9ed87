"""What the connections to one pod's log bring, made into lines that were not read before. Pure."""

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
"""In the year 2262; a later time is as good as this."""


class _Stamp(Struct):
    time: str | None = None


_stamp = msgspec.json.Decoder(_Stamp)
_any = msgspec.json.Decoder()


def time_of(raw: bytes) -> int:
    """The event's time; 0 where there is none, or none that can be one."""
    try:
        text = _stamp.decode(raw).time
    except (msgspec.DecodeError, RecursionError):
        return 0
    found = parse_ns(text) if text else None
    return min(found, _LAST_NS) if found is not None and found > 0 else 0


class LogLine(Struct, frozen=True, gc=False):
    """A line that was not read before."""

    raw: bytes
    size: int
    digest: str
    number: int
    """Counted over the whole life of the source."""


class Gap(Struct, frozen=True):
    """Between these two times lines were written, most likely, that cannot be read."""

    after: str
    before: str


class LogReader:
    """One log across its connections."""

    def __init__(self, recent: RecentLines, limit: int) -> None:
        """*recent* is what was read before; a line of more than *limit* bytes is cut."""
        self.recent = recent
        self.doubt_ns: int | None = None
        """Set by `feed` to the time of a line that may have been read before the hashes begin: ask the streams."""
        self.missing: Gap | None = None
        """Set by `feed` where a hole shows."""
        self.again = False
        """Whether known lines are still expected."""
        self.came = False
        """Whether this connection brought a line, known or not."""
        self.cut = 0
        """Lines whose beginning was before the time that was asked for."""
        self._limit = limit
        self._scanner = LineSplitter(limit)
        self._again: ExpectedRepeats | None = None
        self._anew = False
        self._first = False
        self._held: RawLine | None = None

    @property
    def unfinished(self) -> int:
        """Bytes of a line that has not ended yet."""
        return self._scanner.held

    def begin(self, *, since: bool, anew: bool) -> None:
        """A connection opens: to lines *since* a time, or to all; *anew* where the log is another container's.

        What the last one left unfinished is let go: it comes again, whole.
        """
        self._scanner = LineSplitter(self._limit)
        self._held = None
        self._again = self.recent.again() if len(self.recent) else None
        self.again = self._again is not None
        self._anew = anew and self.again
        self._first = since and self.again
        self.came = False
        self.doubt_ns = self.missing = None

    def feed(self, chunk: bytes) -> list[LogLine]:
        """The lines that end in *chunk* and are new."""
        self.doubt_ns = self.missing = None
        found = [fresh for line in self._joined(self._scanner.feed(chunk)) if (fresh := self._taken(line)) is not None]
        self.recent.trim()
        return found

    def finish(self) -> list[LogLine]:
        """The log ends here for good: what has no line end is a line as well."""
        rest = self._scanner.finish()
        lines = [line for line in (self._held, rest) if line is not None]
        self._held = None
        return [fresh for line in lines if (fresh := self._taken(line)) is not None]

    def _taken(self, line: RawLine) -> LogLine | None:
        first, self._first, self.came = self._first, False, True
        if first and line.raw[:1] != b"{" and line.raw:
            self.cut += 1  # its first part is older than the time that was asked for, and so was read
            return None
        digest = short_hash(line.raw)
        if self._again is not None and self._again.known(digest):
            if self._again.done:
                self._again, self.again = None, False
            return None
        time_ns = time_of(line.raw)
        if self._again is not None:
            self._unknown(self._again, time_ns)
        number = self.recent.add(digest, time_ns)
        return LogLine(line.raw, line.size, line.digest, number)

    def _unknown(self, again: ExpectedRepeats, time_ns: int) -> None:
        """A line comes before the last one that was read has come again."""
        if not self.doubt_ns:  # the first that has a time says how far back they reach
            self.doubt_ns = time_ns
        gone = self._anew or (not again.met and time_ns > again.reach_ns)
        if gone:
            self.missing = Gap(_text(again.reach_ns), _text(time_ns))
            self._again, self.again = None, False

    def _joined(self, lines: Sequence[RawLine]) -> list[RawLine]:
        """*lines*, with one whose parts came as lines of their own put together, where that makes it whole."""
        found: list[RawLine] = []
        for line in lines:
            if self._held is None:
                if _is_part(line):
                    self._held = line
                else:
                    found.append(line)
                continue
            whole = RawLine(self._held.raw + line.raw, line.end, self._held.size + line.size)
            fits = not line.digest and len(whole.raw) <= min(self._limit, _MOST_JOINED_BYTES)
            if fits and _whole(whole.raw):
                found.append(whole)
                self._held = None
            elif fits and len(line.raw) % _PART_BYTES == 0 and not line.raw.endswith(b"}"):
                self._held = whole
            else:
                found += [self._held, line]
                self._held = None
        return found


def _is_part(line: RawLine) -> bool:
    raw = line.raw
    return bool(raw) and len(raw) % _PART_BYTES == 0 and not line.digest and raw[:1] == b"{" and raw[-1:] != b"}"


def _whole(raw: bytes) -> bool:
    if raw[-1:] != b"}":
        return False
    try:
        _any.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _text(time_ns: int) -> str:
    return format_ns(time_ns) if time_ns else ""

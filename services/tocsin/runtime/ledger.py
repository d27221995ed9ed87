"""The ledger compares the counts of all stages, which come from durable facts only (architecture, section 5).

At rest each difference is zero. While events run it is between zero and what is in flight; the ledger names any other.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tocsin.bus import Bus, Consumer, streams
from tocsin.model import checkpoint, subjects
from tocsin.model.checkpoint import Checkpoint
from tocsin.model.errors import Gone, TocsinError

_PAUSE_S = 0.5
"""Between the two readings of a ledger: if no count has changed, the pipeline is at rest."""
_UNCOUNTED_S = 3.0
"""An event is stored at most this long before a checkpoint counts it: the checkpoint's interval and a slow save."""
_READING_S = 0.25
"""Reading all numbers takes at most this long."""
_MOST_LINES = 50
"""Sources with a separate line."""
_LISTED_INTERVALS = 5
_WINDOW = 1_000
"""Unacknowledged messages of one publisher."""


class _Position(Struct):
    seq: int = 0


class Line(Struct, frozen=True, kw_only=True):
    """One equation: the number that one stage expects, and the number that is there."""

    hop: str
    """Name of the stage."""
    expected: int
    """What the stages before it say must be there."""
    found: int
    """What is there."""
    waiting: int = 0
    """Of `expected`, the number that is known to be in transit."""
    difference: int
    """Expected minus found minus waiting: above 0 is missing; below 0 is there twice or not counted yet."""
    tolerance: int = 0
    """What may be in transit and not counted while events run; 0 at rest."""
    balanced: bool
    """Whether the difference is within the tolerance."""


class Reader(Struct, frozen=True, kw_only=True):
    """The progress of one durable reader of a stream."""

    stream: str
    """Name of the stream."""
    name: str
    """Name of the reader's durable consumer."""
    waiting: int
    """Messages that are not delivered or not acknowledged yet."""
    evicted_unread: int
    """Messages that the stream removed before this reader acknowledged them."""


class Ledger(Struct, frozen=True, kw_only=True):
    """All equations and readers at one time."""

    balanced: bool
    """Whether all lines balance."""
    at_rest: bool
    """Whether nothing changed between two samples."""
    lines: list[Line]
    """The equations."""
    readers: list[Reader]
    """Durable readers of streams."""
    sources: list[Checkpoint]
    """The checkpoint of each source."""
    problems: list[str]
    """What does not balance, and what was removed unread."""

    @property
    def done(self) -> bool:
        """Whether the pipeline is empty: the counts agree, none changes, and no message waits for a service."""
        return self.balanced and self.at_rest and not any(line.waiting for line in self.lines)


class Facts(Struct, frozen=True, kw_only=True):
    """The numbers in the equations, read at one time."""

    sources: Sequence[Checkpoint]
    last: dict[str, int]
    """Last sequence of each stream; 0 if it is empty."""
    waiting: int
    """Events that the classifier has not answered."""
    position: int = 0
    """The last message of SIGNALS that the correlator has finished."""
    readers: Sequence[Reader] = ()


def balance(facts: Facts, *, rate: float = 0.0, at_rest: bool = True) -> Ledger:
    """Compare the counts; *rate* is the number of events a second while they run."""
    tolerance = 0 if at_rest else int(rate * _UNCOUNTED_S) + _WINDOW * (1 + len(facts.sources))
    # between alert and acknowledgement an event counts on both sides; the numbers are read some milliseconds apart
    judging = 0 if at_rest else int(rate * _READING_S) + _WINDOW
    lines = _equations(facts, tolerance, judging)
    problems = [_problem(line) for line in lines if not line.balanced] + [
        f"{reader.stream}/{reader.name}: {reader.evicted_unread:,} messages were evicted before it read them"
        for reader in facts.readers
        if reader.evicted_unread
    ]
    return Ledger(
        balanced=all(line.balanced for line in lines),
        at_rest=at_rest,
        lines=lines,
        readers=list(facts.readers),
        sources=list(facts.sources),
        problems=problems,
    )


def _equations(facts: Facts, tolerance: int, judging: int) -> list[Line]:
    last = facts.last
    return [
        *_of_sources(facts.sources),
        _line(
            "collector to EVENTS",
            sum(source.counts.stored for source in facts.sources),
            last[streams.EVENTS],
            tolerance=tolerance,
        ),
        _line(
            "collector to its dead letters",
            sum(source.counts.dead for source in facts.sources),
            last[streams.dead("collector")],
            tolerance=tolerance,
        ),
        _line(
            "EVENTS to ALERTS",
            last[streams.EVENTS],
            last[streams.ALERTS] - last[streams.RAISED] + last[streams.dead("classifier")],
            waiting=facts.waiting,
            tolerance=judging,
        ),
        _line(
            "SIGNALS to the correlator",
            last[streams.SIGNALS],
            facts.position,
            waiting=max(0, last[streams.SIGNALS] - facts.position),
        ),
    ]


def _of_sources(sources: Sequence[Checkpoint]) -> list[Line]:
    """One line for each source; if there are many, one line for all that balance."""
    lines = [
        _line(
            f"source: {source.source}",
            source.counts.lines,
            source.counts.stored + source.counts.dead + source.counts.repeated + source.counts.skipped,
        )
        for source in sources
    ]
    if len(lines) <= _MOST_LINES:
        return lines
    fine = [line for line in lines if line.balanced]
    together = _line(f"{len(fine)} sources", sum(x.expected for x in fine), sum(x.found for x in fine))
    return [together, *(line for line in lines if not line.balanced)]


def _line(hop: str, expected: int, found: int, *, waiting: int = 0, tolerance: int = 0) -> Line:
    difference = expected - found - waiting
    return Line(
        hop=hop,
        expected=expected,
        found=found,
        waiting=waiting,
        difference=difference,
        tolerance=tolerance,
        balanced=abs(difference) <= tolerance,
    )


def _problem(line: Line) -> str:
    what = "are missing" if line.difference > 0 else "are stored but not counted, or stored twice"
    return f"{line.hop}: {abs(line.difference):,} {what}"


async def take(bus: Bus, *, pause_s: float = _PAUSE_S) -> Ledger:
    """Read all numbers twice, *pause_s* apart, and balance the second reading; `BusError` if NATS does not answer."""
    before = await _facts(bus)
    await asyncio.sleep(pause_s)
    now = await _facts(bus)
    at_rest = (before.last, before.waiting, before.sources, before.position) == (
        now.last,
        now.waiting,
        now.sources,
        now.position,
    )
    rate = max(now.last[name] - before.last[name] for name in (streams.EVENTS, streams.ALERTS)) / pause_s
    return balance(now, rate=rate, at_rest=at_rest)


async def _facts(bus: Bus) -> Facts:
    position = await _position(bus)  # first: read after its stream it could be beyond the last sequence of that
    names = [
        streams.RAISED, streams.ALERTS, streams.dead("classifier"), streams.SIGNALS, streams.EVENTS,
        streams.dead("collector"),
    ]  # fmt: skip
    states = {name: (await bus.stream(name)).state for name in (*names, streams.ALERTS_KEPT)}
    readers, waiting = [], 0
    for name, config in streams.durables():
        try:
            consumer = await bus.consumer(name, config["name"])
        except Gone:
            continue
        reader = _reader(name, consumer, states[name].first_seq, filtered="filter_subjects" in config)
        readers.append(reader)
        if consumer.name == streams.CLASSIFIER:
            waiting = reader.waiting
    readers.append(
        Reader(
            stream=streams.SIGNALS,
            name="correlator",
            waiting=max(0, states[streams.SIGNALS].last_seq - position),
            evicted_unread=max(0, states[streams.SIGNALS].first_seq - 1 - position),
        )
    )
    last = {name: states[name].last_seq for name in names}
    return Facts(sources=await _sources(bus), last=last, waiting=waiting, position=position, readers=readers)


async def _position(bus: Bus) -> int:
    value = await bus.bucket.load(subjects.CORRELATOR_KEY)
    try:
        return msgspec.json.decode(value, type=_Position).seq if value is not None else 0
    except msgspec.DecodeError as error:
        raise TocsinError(f"checkpoint {subjects.CORRELATOR_KEY} cannot be read: {error}") from error


def _reader(stream: str, consumer: Consumer, first_seq: int, *, filtered: bool) -> Reader:
    unused = consumer.delivered.consumer_seq == 0 and consumer.name != streams.CLASSIFIER
    evicted = 0 if filtered or unused else max(0, first_seq - 1 - consumer.ack_floor.stream_seq)
    return Reader(
        stream=stream,
        name=consumer.name,
        waiting=consumer.num_pending + consumer.num_ack_pending,
        evicted_unread=evicted,
    )


async def _sources(bus: Bus) -> list[Checkpoint]:
    sources = []
    for key in await bus.bucket.keys(subjects.COLLECTOR_KEYS):
        value = await bus.bucket.load(key)
        if value is not None:
            try:
                sources.append(_brief(checkpoint.decode(value)))
            except msgspec.DecodeError as error:
                raise TocsinError(f"checkpoint {key} cannot be read: {error}") from error
    return sources


def _brief(source: Checkpoint) -> Checkpoint:
    """The checkpoint without what only the collector uses."""
    log = source.position.log
    if log is None:
        return source
    position = msgspec.structs.replace(source.position, log=msgspec.structs.replace(log, hashes="", marks=[]))
    return msgspec.structs.replace(source, position=position)


def unread(ledger: Ledger) -> list[str]:
    """Lines that were written to logs and could not be read, in words: no equation knows their number."""
    count = sum(source.counts.unread_intervals for source in ledger.sources)
    if not count:
        return []
    known = sorted((i for source in ledger.sources for i in source.intervals), key=lambda i: i.noticed, reverse=True)
    newest = [
        f"  node {i.node}, pod {i.pod}, after {i.after or 'its start'}: {i.reason}" for i in known[:_LISTED_INTERVALS]
    ]
    return [f"Intervals in which lines could not be read, an unknown number each: {count:,}. The newest:", *newest]


def encode(ledger: Ledger) -> bytes:
    """The ledger as JSON."""
    return msgspec.json.encode(ledger)


def render(ledger: Ledger) -> str:
    """The ledger as a table for a terminal."""
    rows = [("HOP", "EXPECTED", "FOUND", "WAITING", "DIFFERENCE", "")]
    for line in ledger.lines:
        verdict = "ok" if line.balanced else "DOES NOT BALANCE"
        rows.append(
            (line.hop, f"{line.expected:,}", f"{line.found:,}", f"{line.waiting:,}", f"{line.difference:,}", verdict)
        )
    text = _table(rows)
    readers = [("READER", "WAITING", "EVICTED UNREAD")]
    readers += [(f"{r.stream}/{r.name}", f"{r.waiting:,}", f"{r.evicted_unread:,}") for r in ledger.readers]
    state = "at rest" if ledger.at_rest else "while events run"
    verdict = "The ledger balances" if ledger.balanced else "The ledger does not balance"
    ends = [f"{verdict} ({state}).", *ledger.problems, *unread(ledger)]
    return "\n".join([text, "", _table(readers), "", *ends])


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)

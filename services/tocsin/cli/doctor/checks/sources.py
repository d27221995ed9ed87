"""Where collectors stand: when each has saved its place, and what it says it has lost."""

from collections.abc import Iterator, Sequence

from tocsin.cli.doctor.checks import words
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Observed
from tocsin.model.checkpoint import Checkpoint
from tocsin.model.timestamps import NS_PER_S, parse_ns

_OLD_S = 600.0
"""Even a quiet node runs a program every few minutes."""
_GONE_S = 7 * 86_400.0
"""A place that nobody has moved for so long is that of a node that was taken out."""


def check(seen: Observed) -> Iterator[Finding]:
    """All sources, and each of which something is to be said."""
    if isinstance(seen.ledger, Unseen):
        yield unknown("sources", seen.ledger)
        return
    sources = seen.ledger.sources
    if not sources:
        yield warn(
            "sources",
            "no collector has ever saved where it stands",
            "start one: `tocsin collector --path /var/log/tetragon/tetragon.log` on a node, or the chart's",
        )
        return
    ages = [(_age_s(source, seen.now_ns), source) for source in sources]
    moving = [source for age_s, source in ages if age_s < _OLD_S]
    lines = sum(source.counts.lines for source in sources)
    yield ok("sources", f"{len(moving)} of {len(sources)} sources have moved of late; {lines:,} lines in all")
    stopped = [(age_s, source) for age_s, source in ages if _OLD_S <= age_s < _GONE_S]
    if stopped:
        yield warn(
            "sources.stopped",
            f"{len(stopped)} sources have not moved",
            "look whether their collector and their agent run; the page (Pipeline) names nodes that went silent",
            details=[f"{_named(source)}: for {words.span(age_s)}" for age_s, source in stopped],
        )
    yield from _losses(sources)


def _losses(sources: Sequence[Checkpoint]) -> Iterator[Finding]:
    """What was gone before it was read."""
    lost = [source for source in sources if source.counts.vanished_files]
    if lost:
        yield fail(
            "sources.vanished",
            "export files were rotated away before they were read: what they held is lost",
            "give Tetragon's export file more room: tetragon.exportFileMaxSizeMB and exportFileMaxBackups",
            details=[_vanished(source) for source in lost],
        )
    unread = [source for source in sources if source.counts.unread_intervals]
    if unread:
        yield fail(
            "sources.unread",
            "lines of pods' logs were gone before they were read: how many, nobody knows",
            "see what kept the collector then; where it happens again, read the export files with a DaemonSet",
            details=[text for source in unread for text in _intervals(source)],
        )


def _intervals(source: Checkpoint) -> Iterator[str]:
    """The newest of them, each with what is known of its length."""
    for one in reversed(source.intervals):
        yield f"{one.node}, pod {one.pod}, between {one.after or '?'} and {one.before or 'now'}: {one.reason}"
    more = source.counts.unread_intervals - len(source.intervals)
    if more > 0:
        yield f"{_named(source)}: {more:,} older ones"


def _age_s(source: Checkpoint, now_ns: int) -> float:
    saved = parse_ns(source.saved)
    return float("inf") if saved is None else max(0, now_ns - saved) / NS_PER_S


def _named(source: Checkpoint) -> str:
    return f"{source.node or source.cluster or 'any node'} ({source.source}, {source.counts.lines:,} lines)"


def _vanished(source: Checkpoint) -> str:
    counts = source.counts
    known = f", {words.size(counts.vanished_bytes)} known" if counts.vanished_bytes else ""
    return f"{_named(source)}: {counts.vanished_files:,} files{known}"

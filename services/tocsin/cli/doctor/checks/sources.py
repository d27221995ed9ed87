"""Positions of the collectors: when each was saved, and what was lost."""

from collections.abc import Iterator, Sequence

from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Observations
from tocsin.model.checkpoint import Checkpoint
from tocsin.model.timestamps import NS_PER_S, parse_ns

_OLD_S = 600.0
"""Even a quiet node runs a program every few minutes."""
_GONE_S = 7 * 86_400.0
"""A position that did not move for this long belongs to a removed node."""


def check(observations: Observations) -> Iterator[Finding]:
    """All sources together, then those with a problem."""
    if isinstance(observations.ledger, Unknown):
        yield unknown("sources", observations.ledger)
        return
    sources = observations.ledger.sources
    if not sources:
        yield warn(
            "sources",
            "no collector has ever saved a position",
            "start one: `tocsin collector --path /var/log/tetragon/tetragon.log` on a node, or the chart's",
        )
        return
    ages = [(_age_s(source, observations.now_ns), source) for source in sources]
    moving = [source for age_s, source in ages if age_s < _OLD_S]
    lines = sum(source.counts.lines for source in sources)
    yield ok("sources", f"{len(moving)} of {len(sources)} sources are active; {lines:,} lines in total")
    stopped = [(age_s, source) for age_s, source in ages if _OLD_S <= age_s < _GONE_S]
    if stopped:
        yield warn(
            "sources.stopped",
            f"{len(stopped)} sources are not active",
            "check that their collector and agent run; the dashboard (Pipeline) names nodes that are not reporting",
            details=[f"{_named(source)}: for {units.span(age_s)}" for age_s, source in stopped],
        )
    yield from _losses(sources)


def _losses(sources: Sequence[Checkpoint]) -> Iterator[Finding]:
    """Files and lines that were gone before they were read."""
    lost = [source for source in sources if source.counts.vanished_files]
    if lost:
        yield fail(
            "sources.vanished",
            "export files were rotated away before they were read: their events are lost",
            "make Tetragon's export file larger: tetragon.exportFileMaxSizeMB and exportFileMaxBackups",
            details=[_vanished(source) for source in lost],
        )
    unread = [source for source in sources if source.counts.unread_intervals]
    if unread:
        yield fail(
            "sources.unread",
            "lines of pod logs were gone before they were read, an unknown number of them",
            "find out what stopped the collector; if it happens again, read the export files with a DaemonSet",
            details=[text for source in unread for text in _intervals(source)],
        )


def _intervals(source: Checkpoint) -> Iterator[str]:
    """The newest gaps, each with its bounds, as far as they are known."""
    for interval in reversed(source.intervals):
        bounds = f"between {interval.after or '?'} and {interval.before or 'now'}"
        yield f"{interval.node}, pod {interval.pod}, {bounds}: {interval.reason}"
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
    known = f", {units.size(counts.vanished_bytes)} known" if counts.vanished_bytes else ""
    return f"{_named(source)}: {counts.vanished_files:,} files{known}"

"""Correlations and signals made in a line, and what a correlation says by definition, counted from scratch."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.model.signal import Signal
from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.sigma.correlation import CorrelationEngine, Firing
from tocsin.sigma.syntax.documents import Correlation, CorrelationType

BEGIN_NS = 1_790_000_000 * NS_PER_S
Arrival = tuple[float, str, str]
"""Seconds since the beginning, the rule that matched, and the value that is counted."""


def correlation(
    type: CorrelationType = "event_count",
    *rules: str,
    id: str = "own",
    at_least: int = 1,
    within_s: float = 10.0,
    by: Sequence[str] = (),
    field: str = "",
    repeat_s: float | None = None,
    generate: bool = True,
    aliases: Mapping[str, dict[str, str]] | None = None,
    tags: Sequence[str] = (),
    confirms: bool = False,
) -> Correlation:
    """A correlation over *rules* (``r`` where none is given), by the name of its id."""
    return Correlation(
        file="test.yml",
        id=id,
        name=id,
        title=f"Title of {id}",
        level="high",
        type=type,
        rules=rules or ("r",),
        group_by=tuple(by),
        timespan_s=within_s,
        threshold=at_least,
        field=field,
        repeat_s=within_s if repeat_s is None else repeat_s,
        generate=generate,
        aliases=dict(aliases or {}),
        tags=tuple(tags),
        confirms=confirms,
    )


def signal(at_s: float, *rules: str, id: str = "", cluster: str = "k1", node: str = "n1", **values: str) -> Signal:
    """A signal *at_s* seconds after the beginning; its id is made of its time where not given."""
    time_ns = BEGIN_NS + round(at_s * NS_PER_S)
    return Signal(
        id=id or f"at-{at_s:g}",
        time=format_ns(time_ns),
        rules=rules or ("r",),
        values={name.replace("__", "."): value for name, value in values.items()},
        cluster=cluster,
        node=node,
        namespace="shop",
        pod="web-1",
        container="web",
        image="web:1",
        workload="web",
        workload_kind="Deployment",
        process="/bin/sh",
    )


def feed(windows: CorrelationEngine, signals: Iterable[Signal], *, first: int = 1) -> list[Firing]:
    """What fires while *signals* come, one message each."""
    return [firing for seq, each in enumerate(signals, first) for firing in windows.feed(each, seq)]


def ends(firings: Iterable[Firing]) -> list[float]:
    """Seconds since the beginning at which windows ended."""
    return [(firing.to_ns - BEGIN_NS) / NS_PER_S for firing in firings]


def satisfied(correlation: Correlation, arrivals: Iterable[Arrival]) -> set[float]:
    """By definition: the times of matches at which the window that ends there satisfies *correlation*."""
    matches = [each for each in arrivals if each[1] in correlation.rules]
    span = correlation.timespan_s
    found = set()
    for end, _, _ in matches:
        inside = [each for each in matches if end - span <= each[0] <= end]
        if _holds(correlation, inside, end):
            found.add(end)
    return found


def _holds(correlation: Correlation, inside: Sequence[Arrival], end: float) -> bool:
    if correlation.type == "event_count":
        return len(inside) >= correlation.threshold
    if correlation.type == "value_count":
        return len({value for _, _, value in inside}) >= correlation.threshold
    if correlation.type == "temporal":
        return {rule for _, rule, _ in inside} >= set(correlation.rules)
    after = float("-inf")
    for number, rule in enumerate(correlation.rules):
        last = number == len(correlation.rules) - 1
        times = [at for at, own, _ in inside if own == rule and at > after and (at == end or not last)]
        if not times:
            return False
        after = min(times)
    return True

"""Counters, gauges and histograms of one process, and the text format of Prometheus for those of many.

They are plain numbers: an increment costs as much as adding to an integer, and a snapshot goes over the bus as JSON.
"""

import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct


class Sample(Struct, frozen=True):
    """One metric in a report."""

    name: str
    kind: str
    """``counter``, ``gauge`` or ``histogram``."""
    help: str
    value: float = 0.0
    """The sum, for a histogram."""
    labels: dict[str, str] = {}
    buckets: dict[str, int] = {}
    """Histogram: upper bound to the number of observations at or below it, ``+Inf`` included."""


class Counter:
    """A number that only grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, n: int = 1) -> None:
        """Count *n* more."""
        self.value += n


class Gauge:
    """A number that rises and falls."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def set(self, value: float) -> None:
        """Set it to *value*."""
        self.value = value


class Histogram:
    """The distribution of observations over *bounds*."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = sorted(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self.counts[bisect.bisect_left(self.bounds, value)] += 1
        self.sum += value

    def cumulative(self) -> dict[str, int]:
        """Upper bound to the number of observations at or below it."""
        total, buckets = 0, {}
        for bound, count in zip([*self.bounds, None], self.counts, strict=True):
            total += count
            buckets["+Inf" if bound is None else f"{bound:g}"] = total
        return buckets


_Metric = Counter | Gauge | Histogram


class Metrics:
    """All metrics of one process, by name and labels."""

    def __init__(self) -> None:
        self._metrics: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[str, _Metric]] = {}
        self._refreshers: list[Callable[[], None]] = []

    def counter(self, name: str, help: str, /, **labels: str) -> Counter:
        """The counter of this name and these labels, created on its first use; *name* ends in ``_total``."""
        metric = self._metric(name, help, labels, Counter)
        assert isinstance(metric, Counter)
        return metric

    def gauge(self, name: str, help: str, /, **labels: str) -> Gauge:
        """The gauge of this name and these labels, created on its first use."""
        metric = self._metric(name, help, labels, Gauge)
        assert isinstance(metric, Gauge)
        return metric

    def histogram(self, name: str, help: str, buckets: Sequence[float], /, **labels: str) -> Histogram:
        """The histogram of this name and these labels, created on its first use."""
        metric = self._metric(name, help, labels, lambda: Histogram(buckets))
        assert isinstance(metric, Histogram)
        return metric

    def observe(self, refresh: Callable[[], None]) -> None:
        """Call *refresh* before each snapshot; it sets gauges and counters from numbers that are counted elsewhere."""
        self._refreshers.append(refresh)

    def snapshot(self) -> list[Sample]:
        """All metrics with their present values."""
        for refresh in self._refreshers:
            refresh()
        return [
            Sample(name, "histogram", help, metric.sum, dict(labels), metric.cumulative())
            if isinstance(metric, Histogram)
            else Sample(
                name, "counter" if isinstance(metric, Counter) else "gauge", help, float(metric.value), dict(labels)
            )
            for (name, labels), (help, metric) in self._metrics.items()
        ]

    def _metric(self, name: str, help: str, labels: Mapping[str, str], make: Callable[[], _Metric]) -> _Metric:
        key = (name, tuple(sorted(labels.items())))
        if key not in self._metrics:
            self._metrics[key] = (help, make())
        return self._metrics[key][1]


def render(groups: Iterable[tuple[Mapping[str, str], Sequence[Sample]]]) -> str:
    """The text format 0.0.4 of Prometheus; each group's labels (``service``, ``instance``) are added to its samples."""
    families: dict[str, list[str]] = {}
    for group_labels, samples in groups:
        for sample in samples:
            lines = families.setdefault(
                sample.name, [f"# HELP {sample.name} {_help(sample.help)}", f"# TYPE {sample.name} {sample.kind}"]
            )
            lines += _lines(sample, {**sample.labels, **group_labels})
    return "".join(f"{line}\n" for lines in families.values() for line in lines)


def _lines(sample: Sample, labels: Mapping[str, str]) -> list[str]:
    if sample.kind != "histogram":
        return [f"{sample.name}{_labels(labels)} {_number(sample.value)}"]
    lines = [f"{sample.name}_bucket{_labels({**labels, 'le': le})} {count}" for le, count in sample.buckets.items()]
    total = sample.buckets.get("+Inf", 0)
    return [
        *lines,
        f"{sample.name}_sum{_labels(labels)} {_number(sample.value)}",
        f"{sample.name}_count{_labels(labels)} {total}",
    ]


def _number(value: float) -> str:
    return str(int(value)) if value == value and abs(value) < 1e15 and value == int(value) else repr(value)


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")

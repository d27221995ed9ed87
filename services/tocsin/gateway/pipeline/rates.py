"""How fast numbers grow: the counters of services, and the sequences of streams."""

from collections import deque
from collections.abc import Iterable, Mapping

from tocsin.runtime.metrics import Sample

_OVER_S = 5.0
"""A rate covers about this many seconds."""
_MOST_SAMPLES = 2_000
_MOST = 1e15
"""A larger number is not plausible."""


class Rate:
    """The rate of one number that only grows, from readings of it."""

    def __init__(self, over_s: float = _OVER_S) -> None:
        self._over_s = over_s
        self._readings: deque[tuple[float, int]] = deque()
        self.moved_at: float | None = None
        """The time of the reading that first had the current value; ``None`` if the number never grew."""

    def add(self, value: int, now: float) -> None:
        """A new reading. If the number became smaller, it starts again."""
        readings = self._readings
        if readings and value < readings[-1][1]:
            readings.clear()
        if readings and value > readings[-1][1]:
            self.moved_at = now
        readings.append((now, value))
        while len(readings) > 2 and now - readings[1][0] >= self._over_s:
            readings.popleft()

    def rate(self, now: float) -> float | None:
        """The growth a second; ``None`` if there are too few readings, or no recent one."""
        if len(self._readings) < 2 or now - self._readings[-1][0] > 2 * self._over_s:
            return None
        (begin, first), (end, last) = self._readings[0], self._readings[-1]
        return (last - first) / (end - begin) if end > begin else None

    @property
    def known(self) -> bool:
        """Whether there is a reading."""
        return bool(self._readings)

    def idle_s(self, now: float) -> float | None:
        """Seconds since it grew."""
        return None if self.moved_at is None else max(0.0, now - self.moved_at)


def totals(samples: Iterable[Sample]) -> dict[str, float]:
    """The sum of each metric over its labels; of a histogram the sum, and the number of values as ``<name>_count``."""
    sums: dict[str, float] = {}
    for sample, _ in zip(samples, range(_MOST_SAMPLES), strict=False):
        sums[sample.name] = sums.get(sample.name, 0.0) + max(-_MOST, min(sample.value, _MOST))
        if sample.buckets:
            name = f"{sample.name}_count"
            sums[name] = sums.get(name, 0.0) + sample.buckets.get("+Inf", 0)
    return sums


def growth(before: Mapping[str, float], now: Mapping[str, float], seconds: float) -> dict[str, float]:
    """The growth of each number a second; one that became smaller started again at zero."""
    if seconds <= 0:
        return {}
    return {
        name: (value - before[name] if value >= before[name] else value) / seconds
        for name, value in now.items()
        if name in before
    }

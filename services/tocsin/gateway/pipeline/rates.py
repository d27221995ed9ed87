"""How fast a number grows: of counters that services tell, and of the sequences of streams."""

from collections import deque
from collections.abc import Iterable, Mapping

from tocsin.runtime.metrics import Sample

_OVER_S = 5.0
"""A rate is that of about the last so many seconds."""
_MOST_SAMPLES = 2_000
_MOST = 1e15
"""A larger number is nonsense."""


class Rate:
    """One number that only grows, looked at now and then."""

    def __init__(self, over_s: float = _OVER_S) -> None:
        self._over_s = over_s
        self._looks: deque[tuple[float, int]] = deque()
        self.moved_at: float | None = None
        """When it was first seen as it is now; ``None`` before the first look, or where it never moved."""

    def note(self, value: int, now: float) -> None:
        """It is *value*; a number that became smaller begins anew."""
        looks = self._looks
        if looks and value < looks[-1][1]:
            looks.clear()
        if looks and value > looks[-1][1]:
            self.moved_at = now
        looks.append((now, value))
        while len(looks) > 2 and now - looks[1][0] >= self._over_s:
            looks.popleft()

    def rate(self, now: float) -> float | None:
        """A second; ``None`` where it is not known, or not known of late."""
        if len(self._looks) < 2 or now - self._looks[-1][0] > 2 * self._over_s:
            return None
        (begin, first), (end, last) = self._looks[0], self._looks[-1]
        return (last - first) / (end - begin) if end > begin else None

    @property
    def known(self) -> bool:
        """Whether it was looked at."""
        return bool(self._looks)

    def idle_s(self, now: float) -> float | None:
        """Since it moved."""
        return None if self.moved_at is None else max(0.0, now - self.moved_at)


def totals(samples: Iterable[Sample]) -> dict[str, float]:
    """The value of each metric over all its labels; of a histogram the sum, and as ``<name>_count`` how many."""
    found: dict[str, float] = {}
    for sample, _ in zip(samples, range(_MOST_SAMPLES), strict=False):
        found[sample.name] = found.get(sample.name, 0.0) + max(-_MOST, min(sample.value, _MOST))
        if sample.buckets:
            name = f"{sample.name}_count"
            found[name] = found.get(name, 0.0) + sample.buckets.get("+Inf", 0)
    return found


def growth(before: Mapping[str, float], now: Mapping[str, float], seconds: float) -> dict[str, float]:
    """How much each number has grown a second; one that became smaller began at zero."""
    if seconds <= 0:
        return {}
    return {
        name: (value - before[name] if value >= before[name] else value) / seconds
        for name, value in now.items()
        if name in before
    }

"""The kinds of events that came at all, so that a rule whose events never come can be named."""

from collections import Counter

from tocsin.model.event import KINDS
from tocsin.model.hook_names import for_table, normalize

_HOUR_S = 3_600
_MOST = 4_096
"""The most different functions that are kept for one hour: no policy hooks more."""


class ObservedKinds:
    """Kinds and functions of events by hour, and whether their processes ran outside containers."""

    def __init__(self, window_s: int) -> None:
        """Nothing older than *window_s* counts."""
        self._length = window_s // _HOUR_S + 1
        self._hours: dict[int, Counter[tuple[str, str, bool]]] = {}

    def add(self, event: str, function: str, second: int, *, host: bool) -> None:
        """Count one; *event* is Tetragon's key of it, *host* whether its process is in no container."""
        hour = second // _HOUR_S
        counts = self._hours.get(hour)
        if counts is None:
            counts = self._hours[hour] = Counter()
            while len(self._hours) > self._length:
                del self._hours[min(self._hours)]
        key = (event, function, host)
        if key in counts or len(counts) < _MOST:
            counts[key] += 1

    def summary(self, now_s: int) -> "KindSummary":
        """The whole window, as it is now."""
        summary = KindSummary()
        first = now_s // _HOUR_S - self._length
        for hour, counts in self._hours.items():
            if hour < first:
                continue
            for (event, function, host), n in counts.items():
                kind = KINDS.get(event)
                if kind is not None:
                    summary.add(kind, function, n, host=host)
        return summary


class KindSummary:
    """The events of the live window, by kind and function."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        """Kind to number of events."""
        self.functions: set[tuple[str, str]] = set()
        """Kind and function, as `plain` writes it."""
        self.host = 0
        """Events of processes outside containers."""

    def add(self, kind: str, function: str, n: int, *, host: bool) -> None:
        """*n* more of them."""
        self.kinds[kind] = self.kinds.get(kind, 0) + n
        self.functions.add((kind, plain(function)))
        self.host += n if host and kind not in ("throttle", "rate_limit") else 0

    @property
    def total(self) -> int:
        """The number of all events."""
        return sum(self.kinds.values())


def plain(function: str) -> str:
    """*function* without the prefixes that agents, policies and rules write differently."""
    return for_table(normalize(function)).lower()

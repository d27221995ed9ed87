"""temporal and temporal_ordered: all rules match within the timespan, in any order or in the given one."""

from bisect import bisect_left

from tocsin.sigma.correlation.window_state import EVIDENCE, Window, WindowState, with_completing

KEPT = 8
"""Matches in memory for each rule."""
_NEVER = -1

_Step = list[tuple[int, str]]
_Link = tuple[int, int, tuple[str, ...]]
"""Time, start of the latest chain that ends there (or `_NEVER`), and the alerts of that chain."""


class TemporalWindow(WindowState):
    """All rules within the timespan, in any order; one signal may match several of them."""

    __slots__ = ("_span_ns", "_steps")

    def __init__(self, rules: int, span_ns: int) -> None:
        super().__init__()
        self._span_ns = span_ns
        self._steps: tuple[_Step, ...] = tuple([] for _ in range(rules))

    def take(self, time_ns: int, id: str, step: int, value: str) -> Window | None:
        """The rule of *step* matched; the window that this completes."""
        matches = self._steps[step]
        if not matches or time_ns >= matches[-1][0]:
            matches.append((time_ns, id))
        else:
            matches.insert(bisect_left(matches, (time_ns + 1,)), (time_ns, id))
        window = self._found(time_ns, step)
        if len(matches) > KEPT:
            del matches[0]
        return window

    def _found(self, time_ns: int, step: int) -> Window | None:
        steps = self._steps
        if not all(steps):
            return None
        lasts = [each[-1][0] for each in steps]
        if time_ns >= max(lasts):
            first = min(lasts)
            return Window(first, time_ns, len(steps)) if first >= time_ns - self._span_ns else None
        return self._around(time_ns, step)

    def _around(self, time_ns: int, step: int) -> Window | None:
        """The last window that contains *time_ns*, which arrived late."""
        earliest = time_ns - self._span_ns
        starts = {time_ns} | {at for each in self._steps for at, _ in each if earliest <= at < time_ns}
        for start in sorted(starts, reverse=True):
            end = self._end(start, time_ns, step)
            if end is not None and end - start <= self._span_ns:
                return Window(start, end, len(self._steps))
        return None

    def _end(self, start: int, time_ns: int, step: int) -> int | None:
        """When all rules have matched since *start*, if the rule of *step* matched at *time_ns*."""
        end = time_ns
        for number, each in enumerate(self._steps):
            if number == step:
                continue
            index = bisect_left(each, (start,))
            if index == len(each):
                return None
            end = max(end, each[index][0])
        return end

    def prune(self, before_ns: int) -> None:
        """Drop older matches."""
        for step in self._steps:
            del step[: bisect_left(step, (before_ns,))]

    def evidence(self, span: Window, id: str) -> tuple[str, ...]:
        """The last alert of each rule in the window, and other alerts if there is space."""
        inside = [[pair for pair in step if span.from_ns <= pair[0] <= span.to_ns] for step in self._steps]
        last = [step.pop() for step in inside if step]
        rest = sorted(pair for step in inside for pair in step)
        room = max(0, EVIDENCE - len(last))
        pairs = sorted({*last, *(rest[-room:] if room else ())})
        return with_completing(list(dict.fromkeys(id_ for _, id_ in pairs)), id)


class OrderedWindow(WindowState):
    """One rule after the other within the timespan, each strictly later than the one before.

    Each match stores the start of the latest chain that ends with it, so that further matches never hide an older one.
    """

    __slots__ = ("_last", "_span_ns", "_steps")

    def __init__(self, rules: int, span_ns: int) -> None:
        super().__init__()
        self._span_ns = span_ns
        self._steps: tuple[list[_Link], ...] = tuple([] for _ in range(rules))
        self._last: tuple[str, ...] = ()
        """Alerts of the last complete chain."""

    def take(self, time_ns: int, id: str, step: int, value: str) -> Window | None:
        """The rule of *step* matched; the window of the chain that this completes."""
        links = self._steps[step]
        index = bisect_left(links, (time_ns,))
        if index < len(links) and links[index][0] == time_ns:
            return None  # two matches at the same time are equivalent
        links.insert(index, self._linked(step, time_ns, id))
        window = self._changed(step, index)
        if len(links) > KEPT:
            del links[0]
        return window

    def _linked(self, step: int, time_ns: int, id: str) -> _Link:
        if step == 0:
            return time_ns, time_ns, (id,)
        previous = self._before(step, time_ns)
        if previous is None or previous[1] == _NEVER:
            return time_ns, _NEVER, (id,)
        return time_ns, previous[1], (*previous[2], id)

    def _before(self, step: int, time_ns: int) -> _Link | None:
        """The last match of the previous step before *time_ns*."""
        earlier = self._steps[step - 1]
        index = bisect_left(earlier, (time_ns,)) - 1
        return earlier[index] if index >= 0 else None

    def _changed(self, step: int, index: int) -> Window | None:
        """Extend chains by a new match; the window of the last chain that this completes."""
        changed = [self._steps[step][index]]
        for later in range(step + 1, len(self._steps)):
            changed = self._led(later, changed[0][0])
            if not changed:
                return None
        for time_ns, start, ids in reversed(changed):
            if start != _NEVER and time_ns - start <= self._span_ns:
                self._last = ids
                return Window(start, time_ns, len(self._steps))
        return None

    def _led(self, step: int, after_ns: int) -> list[_Link]:
        """The matches of *step* that have a later start now."""
        links, changed = self._steps[step], []
        for index in range(bisect_left(links, (after_ns + 1,)), len(links)):
            time_ns, start, ids = links[index]
            previous = self._before(step, time_ns)
            if previous is not None and previous[1] > start:
                links[index] = (time_ns, previous[1], (*previous[2], ids[-1]))
                changed.append(links[index])
        return changed

    def prune(self, before_ns: int) -> None:
        """Drop older matches."""
        for links in self._steps:
            del links[: bisect_left(links, (before_ns,))]
            for index, (time_ns, start, ids) in enumerate(links):
                if _NEVER < start < before_ns:
                    links[index] = (time_ns, _NEVER, ids[-1:])

    def evidence(self, span: Window, id: str) -> tuple[str, ...]:
        """The alerts of the chain."""
        return with_completing(list(dict.fromkeys(self._last)), id)

"""Where one pod's log stands, for its checkpoint, and what is known of it from the last one. Pure."""

import msgspec

from tocsin.collector.sources.kubernetes import time_marks
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.recent_lines import HashBudget, RecentLines
from tocsin.model.checkpoint import Checkpoint, LogPlace, Mark, Position


class PodPosition:
    """The place of one log, across containers and pods."""

    def __init__(self, pod: Pod, room: HashBudget, position: Position | None) -> None:
        """Go on from *position*, which may be that of another pod on the same node."""
        log = position.log if position is not None else None
        number = position.offset if position is not None else 0
        self._last = log
        self._logs: list[tuple[int, LogPlace]] = []
        """From which line on (its number) which log it is; without times and hashes."""
        self.marks: list[Mark] = list(log.marks) if log is not None else []
        if log is None:
            self.recent = RecentLines(room, number=number)
            self._logs.append((number, LogPlace(pod=pod.uid, name=pod.path)))
        else:
            self.recent = RecentLines(room, number=number, hashes=log.hashes, reach_ns=log.reach_ns)
            self._logs.append((number, LogPlace(pod=log.pod, name=log.name, restarts=log.restarts)))

    def enter(self, pod: Pod, restarts: int) -> None:
        """The lines that come now are of another container."""
        log = LogPlace(pod=pod.uid, name=pod.path, restarts=restarts)
        number = self.recent.number
        first = self._logs[0][0] == number and self._last is None
        self._logs.append((number if first else number + 1, log))

    def complete(self, page: Checkpoint) -> Checkpoint:
        """*page* with its place: all that is settled, and nothing beyond."""
        number = page.position.offset
        found = self.recent.at(number)
        while len(self._logs) > 1 and self._logs[1][0] <= number:
            del self._logs[0]
        log = self._logs[0][1]
        if found is None:  # so far back that nothing is known of it: what was saved last holds on
            place = self._last if self._last is not None else log
        else:
            reach, hashes = found
            self.marks = time_marks.add_mark(self.marks, Mark(reach, page.floor_seq, page.floor_dead))
            place = msgspec.structs.replace(log, reach_ns=reach, hashes=hashes, marks=self.marks)
        self._last = place
        return msgspec.structs.replace(page, position=msgspec.structs.replace(page.position, log=place))

    def mark(self, time_ns: int) -> Mark | None:
        """From where the streams are asked about lines of events since *time_ns*."""
        return time_marks.mark_before(self.marks, time_ns)

"""The position in one pod's log: restored from a checkpoint, kept while reading, and added to the next one. Pure."""

import msgspec

from tocsin.collector.sources.kubernetes import time_marks
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.recent_lines import HashBudget, RecentLines
from tocsin.model.checkpoint import Checkpoint, LogPlace, Mark, Position


class PodPosition:
    """The position in one log, across containers and pods."""

    def __init__(self, pod: Pod, budget: HashBudget, position: Position | None) -> None:
        """Continue from *position*, which may be that of another pod on the same node."""
        log = position.log if position is not None else None
        number = position.offset if position is not None else 0
        self._saved = log
        self._logs: list[tuple[int, LogPlace]] = []
        """The number of the first line of each log, and the log, without times and hashes."""
        self.marks: list[Mark] = list(log.marks) if log is not None else []
        if log is None:
            self.recent = RecentLines(budget, number=number)
            self._logs.append((number, LogPlace(pod=pod.uid, name=pod.path)))
        else:
            self.recent = RecentLines(budget, number=number, hashes=log.hashes, reach_ns=log.reach_ns)
            self._logs.append((number, LogPlace(pod=log.pod, name=log.name, restarts=log.restarts)))

    def enter(self, pod: Pod, restarts: int) -> None:
        """The next lines come from another container."""
        log = LogPlace(pod=pod.uid, name=pod.path, restarts=restarts)
        number = self.recent.number
        first = self._logs[0][0] == number and self._saved is None
        self._logs.append((number if first else number + 1, log))

    def complete(self, checkpoint: Checkpoint) -> Checkpoint:
        """*checkpoint* with the position in the log up to its last settled line, and no further."""
        number = checkpoint.position.offset
        recent = self.recent.at(number)
        while len(self._logs) > 1 and self._logs[1][0] <= number:
            del self._logs[0]
        log = self._logs[0][1]
        if recent is None:  # the hashes do not reach back so far: the position saved last stays valid
            place = self._saved if self._saved is not None else log
        else:
            reach, hashes = recent
            self.marks = time_marks.add_mark(self.marks, Mark(reach, checkpoint.floor_seq, checkpoint.floor_dead))
            place = msgspec.structs.replace(log, reach_ns=reach, hashes=hashes, marks=self.marks)
        self._saved = place
        return msgspec.structs.replace(checkpoint, position=msgspec.structs.replace(checkpoint.position, log=place))

    def mark(self, time_ns: int) -> Mark | None:
        """The mark from which the streams hold all lines of events since *time_ns*."""
        return time_marks.mark_before(self.marks, time_ns)

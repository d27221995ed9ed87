"""Which pod's log is kept under which key of the bucket. Pure.

Keys are numbered, not named after pods, so there are only as many keys as there were pods at the same time. A known pod
gets its slot again by its uid. A new pod on the same node gets the slot of the deleted one and continues its log. The
slot of a pod that is gone for good is given to another pod, after its lost lines were reported.
"""

from collections.abc import Mapping
from enum import Enum

from tocsin.model import subjects
from tocsin.model.checkpoint import Checkpoint, Counts


class State(Enum):
    """The state of a slot."""

    FREE = "free"
    """It has no position that matters to the next pod; its counts stay."""
    LEFT = "left"
    """Its pod is gone, and the lost lines are not reported yet."""
    TAKEN = "taken"


class Slot:
    """One key and the pod that uses it."""

    def __init__(self, number: int, key: str) -> None:
        self.number = number
        self.key = key
        self.state = State.FREE
        self.counts = Counts()
        """The counts of its checkpoint, while no collector uses the slot."""
        self.pod = ""
        """The uid of the last pod."""
        self.path = ""
        self.node = ""
        self.left_at = 0.0
        """When it became `State.LEFT`, in monotonic seconds."""

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take counts and pod from the *checkpoint* under its key."""
        self.counts = checkpoint.counts
        log = checkpoint.position.log
        self.node = checkpoint.node
        self.pod, self.path = (log.pod, log.name) if log is not None else ("", "")

    def leave(self, now: float) -> None:
        """No collector uses it any more; its last pod, if any, may get it again by its uid."""
        self.state = State.LEFT if self.pod else State.FREE
        self.left_at = now


def key_of(cluster: str, number: int) -> str:
    """The bucket's key of one slot."""
    return subjects.checkpoint_key(cluster, f"kubernetes-{number}", "kubernetes")


class Slots:
    """All slots of one cluster."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self.all: dict[int, Slot] = {}

    def load(self, checkpoints: Mapping[int, Checkpoint], now: float) -> None:
        """Restore the slots from the *checkpoints* of the bucket, by number."""
        for number in range(max(checkpoints, default=-1) + 1):
            slot = self._new()
            if number in checkpoints:
                slot.restore(checkpoints[number])
            slot.leave(now)

    def knows(self, pod: str) -> bool:
        """Whether the pod with this uid was followed before."""
        return any(slot.pod == pod for slot in self.all.values())

    def take(self, pod: str, node: str) -> Slot:
        """The slot for the pod with this uid."""
        slot = self._best(pod, node) or self._new()
        if slot.state is State.FREE:
            slot.pod = slot.path = ""
        slot.state = State.TAKEN
        slot.node = node
        return slot

    def _best(self, pod: str, node: str) -> Slot | None:
        left = [slot for slot in self.all.values() if slot.state is State.LEFT]
        for slot in left:
            if slot.pod == pod:
                return slot
        for slot in left:
            if slot.node == node:
                return slot
        free = [slot for slot in self.all.values() if slot.state is State.FREE]
        return min(free, key=lambda slot: (slot.node != node, slot.number)) if free else None

    def _new(self) -> Slot:
        number = len(self.all)
        slot = self.all[number] = Slot(number, key_of(self._cluster, number))
        return slot

    def overdue(self, now: float, after_s: float) -> list[Slot]:
        """Slots whose pods have been gone for *after_s*."""
        return [s for s in self.all.values() if s.state is State.LEFT and now - s.left_at >= after_s]

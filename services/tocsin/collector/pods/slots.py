"""Which pod's log is kept under which key of the bucket. Pure.

Keys are numbered, not named after pods: whatever comes and goes, there are only as many as pods were there at once.
A pod finds its own again by its uid; a new one on the same node goes on where the old one's log was left; the place of
a pod that is gone for good, and told of, is given to the next one.
"""

from collections.abc import Mapping
from enum import Enum

from tocsin.model import subjects
from tocsin.model.checkpoint import Checkpoint, Counts


class State(Enum):
    """What a slot is."""

    FREE = "free"
    """Nothing is known there that matters to a next pod; its counts stay."""
    LEFT = "left"
    """Its pod is gone; what it took is not told of yet."""
    TAKEN = "taken"


class Slot:
    """One key."""

    def __init__(self, number: int, key: str) -> None:
        self.number = number
        self.key = key
        self.state = State.FREE
        self.counts = Counts()
        """While nobody follows it: what its checkpoint says."""
        self.pod = ""
        """The uid of the pod that had it last."""
        self.path = ""
        self.node = ""
        self.left_at = 0.0
        """Since when it is `State.LEFT`, monotonic seconds."""

    def take_in(self, page: Checkpoint) -> None:
        """*page* is what its key holds."""
        self.counts = page.counts
        log = page.position.log
        self.node = page.node
        self.pod, self.path = (log.pod, log.name) if log is not None else ("", "")

    def leave(self, now: float) -> None:
        """Nobody follows it any more; a pod that it knows is gone, or will be found again by its uid."""
        self.state = State.LEFT if self.pod else State.FREE
        self.left_at = now


def key_of(cluster: str, number: int) -> str:
    """The bucket's key of one slot."""
    return subjects.checkpoint_key(cluster, f"kubernetes-{number}", "kubernetes")


class Slots:
    """All keys of one cluster."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self.all: dict[int, Slot] = {}

    def load(self, pages: Mapping[int, Checkpoint], now: float) -> None:
        """*pages* is what the bucket holds, by number."""
        for number in range(max(pages, default=-1) + 1):
            slot = self._new()
            if number in pages:
                slot.take_in(pages[number])
            slot.leave(now)

    def knows(self, pod: str) -> bool:
        """Whether the pod with this uid was followed before."""
        return any(slot.pod == pod for slot in self.all.values())

    def take(self, pod: str, node: str) -> Slot:
        """The slot of the pod with this uid."""
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
        """Those whose pods are gone for *after_s*."""
        return [s for s in self.all.values() if s.state is State.LEFT and now - s.left_at >= after_s]

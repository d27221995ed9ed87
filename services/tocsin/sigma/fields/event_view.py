"""One event with what most rules need: its process and parent, function, target and place."""

from typing import Any

from tocsin.model.event import Event, Pod, Process
from tocsin.model.hook_names import EXISTING, event_type, for_table
from tocsin.model.target import target

EXISTING_FLAG = "procFS"
"""The flag of a process that is older than its agent. A process keeps the flag; only in its exec event it counts."""

HEAD_CHARACTERS, TAIL_CHARACTERS = 32 * 1024, 4 * 1024
"""Rules see only both ends of a longer text."""
LONGEST = HEAD_CHARACTERS + TAIL_CHARACTERS
SEAM = "\0"
"""Separates the two ends, so that nothing matches across it."""

_NO_PROCESS, _NO_POD = Process(), Pod()


def _pod(process: Process) -> Pod | None:
    pod = process.pod
    return pod if pod is not None and (pod.namespace or pod != _NO_POD) else None


class EventView:
    """The parts of an event that are the same for every rule."""

    __slots__ = (
        "cluster",
        "decoded",
        "ends",
        "event",
        "event_type",
        "existing",
        "function",
        "kind",
        "match_truncated",
        "node",
        "parent",
        "process",
        "target",
    )

    def __init__(self, event: Event, cluster: str, node: str) -> None:
        body = event.body
        self.event = event
        self.kind = event.kind
        self.cluster = cluster
        self.node = node
        self.decoded: dict[int, Any] = {}
        """Parts that were decoded on demand, by identity; see `lazy`."""
        self.ends: tuple[tuple[str, ...], ...] | None = None
        """The ends of a connection, once they are computed; see `network`."""
        self.match_truncated = False
        """Whether a rule saw only the ends of a text."""
        self.process = process = body.process or _NO_PROCESS
        self.parent = body.parent or _NO_PROCESS
        self.existing = (
            event.kind == "exec"
            and process.flags is not None
            and EXISTING_FLAG in process.flags
            and EXISTING_FLAG in process.flags.split()
        )
        if self.existing:
            self.event_type, self.function = EXISTING, "execve"
        else:
            self.event_type = event_type(event)
            self.function = for_table(self.event_type)
        self.target = target(event, self.function)

    def cut(self, text: str) -> str:
        """*text* as rules see it: only both ends of a long one."""
        if len(text) <= LONGEST:
            return text
        self.match_truncated = True
        return text[:HEAD_CHARACTERS] + SEAM + text[-TAIL_CHARACTERS:]

    @property
    def pod(self) -> Pod | None:
        """The pod of the process; ``None`` for an empty one."""
        return _pod(self.process)

    @property
    def in_container(self) -> bool:
        """Whether the process is in a container, even if its pod is unknown."""
        return bool(self.process.docker) or self.pod is not None

    @property
    def parent_in_container(self) -> bool | None:
        """Whether the parent is in a container; ``None`` without a parent."""
        parent = self.parent
        return None if parent == _NO_PROCESS else bool(parent.docker) or _pod(parent) is not None

    @property
    def scope(self) -> str:
        """The default group of counts: namespace/pod, else the container's id, else the node."""
        pod = self.pod
        if pod is not None:
            if pod.name:
                return f"{pod.namespace or ''}/{pod.name}"
            if pod.container is not None and pod.container.id and not self.process.docker:
                return pod.container.id
        return self.process.docker or self.node

"""Builds a scene from exec, fork, hook and exit; each call appends the event that Tetragon would write."""

import random
from typing import Any

from msgspec import Struct

from tocsin.simulator.cluster import Node
from tocsin.simulator.hooks import Hook
from tocsin.simulator.processes import Home, Process
from tocsin.simulator.template import (
    TIME,
    Template,
    compile_line,
    exec_id_of,
    number_slot,
    pid_of,
    size_for,
    start_of,
    text_slot,
)

_NUL_PADDED_CGROUP_BYTES = 128
_APART_CHARACTERS = 4_096
"""Longer arguments reach Tetragon apart from their event; a flag marks them."""


class Birth(Struct, frozen=True):
    """Process number *process* of the scene starts; it keeps another's pid if it is a second exec of the same task."""

    process: int
    pid_from: int | None = None


class Step(Struct, frozen=True):
    """One event of a scene."""

    template: Template
    births: tuple[Birth, ...] = ()
    waits: bool = False
    """Whether the event may be written late, because the agent waits for the pod's data."""


class Scene(Struct, frozen=True):
    """A prepared chain of events on one node."""

    name: str
    node: Node
    steps: tuple[Step, ...]
    size: int
    """Number of values for its slots."""


class Script:
    """Collects the events of one scene."""

    def __init__(self, name: str, home: Home, rng: random.Random) -> None:
        self.home = home
        self.rng = rng
        self._name = name
        self._node = home.node
        self._steps: list[Step] = []
        self._births: list[Birth] = []
        self._pids: list[int] = []

    @property
    def address(self) -> str:
        """The IP address of the pod or node."""
        return self.home.pod.address if self.home.pod else self.home.node.address

    def exec(self, parent: Process, binary: str, arguments: str = "", **more: Any) -> Process:
        """*parent* forks, the child executes *binary*; user, directory and pod are the parent's unless *more* says."""
        return self._exec(parent, binary, arguments, clone=True, **more)

    def replace(self, process: Process, binary: str, arguments: str = "", **more: Any) -> Process:
        """*process* itself executes *binary*: its pid stays, its exec id is new, and the old one has no exit."""
        return self._exec(process, binary, arguments, clone=False, **more)

    def inject(self, binary: str, arguments: str = "", **more: Any) -> Process:
        """A process enters the pod from outside, as ``kubectl exec`` does: its parent is the shim on the host."""
        pod = self.home.pod
        return self._exec(
            self.home.daemons["shim"], binary, arguments, clone=True, pod=pod, in_init_tree=False,
            uid=more.pop("uid", pod.workload.uid if pod else 0), container_pid=self.rng.randrange(30, 900), **more,
        )  # fmt: skip

    def fork(self, parent: Process) -> Process:
        """*parent* forks without exec: there is no event before the exit of the child."""
        child = self._process(parent, parent.binary, parent.arguments, "execve", clone=True, forked=True)
        if self._steps:
            last = self._steps[-1]
            self._steps[-1] = Step(last.template, last.births + tuple(self._births), last.waits)
            self._births.clear()
        return child

    def hook(self, process: Process, hook: Hook) -> None:
        """*process* triggers a hook."""
        self._add({hook.key: {**_process_and_parent(process, refcnt=1), **hook.body}})

    def exit(self, process: Process, *, status: int = 0, signal: str = "") -> None:
        """*process* ends with a status, or by a signal."""
        body = _process_and_parent(process, refcnt=1 if process.forked else 0)
        if signal:
            body["signal"] = signal
        if status:
            body["status"] = status
        self._add({"process_exit": {**body, "time": text_slot(TIME)}})

    def load(self, process: Process, path: str, build_id: str) -> None:
        """The dynamic loader maps a library; Tetragon writes this event without a time."""
        fields = _process_and_parent(process, refcnt=1)
        parent = fields.pop("parent", None)
        body = {**fields, "path": path, "buildid": build_id} | ({"parent": parent} if parent else {})
        self._add({"process_loader": body}, time="")

    def throttle(self, kind: str) -> None:
        """Tetragon starts or stops throttling this container's events."""
        pod = self.home.pod
        cgroup = f"cri-containerd-{pod.container_id}.scope" if pod else "ssh.service"
        self._add({"process_throttle": {"type": kind, "cgroup": cgroup.ljust(_NUL_PADDED_CGROUP_BYTES, "\0")}})

    def rate_limited(self, dropped: int) -> None:
        """Tetragon reports how many events its export limit dropped."""
        self._add({"rate_limit_info": {"number_of_dropped_process_events": str(dropped)}})

    def run(self, parent: Process, binary: str, arguments: str = "", *, status: int = 0, **more: Any) -> Process:
        """An exec and its exit."""
        process = self.exec(parent, binary, arguments, **more)
        self.exit(process, status=status)
        return process

    def scene(self) -> Scene:
        """The scene built so far."""
        return Scene(self._name, self._node, tuple(self._steps), size_for(len(self._pids)))

    def existing(self, process: Process, *, again: bool = False) -> None:
        """Tetragon starts and finds *process* running.

        After a restart of the agent (*again*) the event has the start time of the process, else the current time.
        """
        fields = _process_and_parent(process)
        fields.setdefault("parent", fields["process"])  # the kernel is its own parent
        self._add({"process_exec": fields}, time=process.start if again else text_slot(TIME))

    def _exec(self, parent: Process, binary: str, arguments: str, *, clone: bool, **more: Any) -> Process:
        flags = "execve rootcwd" if more.get("cwd", parent.cwd) == "/" else "execve"
        flags += " clone" if clone else ""
        flags += " dataArgs" if len(arguments) > _APART_CHARACTERS else ""
        process = self._process(parent, binary, arguments, flags, clone=clone, **more)
        self._add({"process_exec": _process_and_parent(process, exec_event=True)})
        return process

    def _process(
        self, parent: Process, binary: str, arguments: str, flags: str, *, clone: bool, **more: Any
    ) -> Process:  # fmt: skip
        index = len(self._pids)
        replaced = self._index_of(parent) if not clone else None
        self._pids.append(index if replaced is None else replaced)
        self._births.append(Birth(index, None if replaced is None else self._pids[index]))
        in_tree = more.pop("in_init_tree", parent.in_init_tree)
        attributes: dict[str, Any] = {
            "pod": parent.pod,
            "uid": parent.uid,
            "auid": parent.auid,
            "cwd": parent.cwd,
            "container_pid": self.rng.randrange(8, 900) if clone else parent.container_pid,
            "probe": parent.probe,
            **more,
        }
        return Process(
            node=self._node, parent=parent, binary=binary, arguments=arguments, in_init_tree=in_tree,
            exec_id=text_slot(exec_id_of(index)), pid=number_slot(pid_of(index)), start=text_slot(start_of(index)),
            flags=flags + (" inInitTree" if in_tree else ""), **attributes,
        )  # fmt: skip

    def _index_of(self, process: Process) -> int:
        for index, pid in enumerate(self._pids):
            if process.exec_id == text_slot(exec_id_of(index)):
                return pid
        raise ValueError("only a process of the scene can be replaced")

    def _add(self, event: dict[str, Any], *, time: str = text_slot(TIME)) -> None:
        event["node_name"] = self._node.name
        if time:
            event["time"] = time
        event["node_labels"] = self._node.labels
        body: dict[str, Any] = next(iter(event.values()))
        waits = "pod" in body.get("process", ())
        self._steps.append(Step(compile_line(event), tuple(self._births), waits))
        self._births.clear()


def _process_and_parent(process: Process, *, exec_event: bool = False, refcnt: int = 0) -> dict[str, Any]:
    fields: dict[str, Any] = {"process": process.json(exec_event=exec_event, refcnt=refcnt)}
    if process.parent:
        fields["parent"] = process.parent.json()
    return fields

"""Processes as Tetragon describes them, and those that already run when the agent starts."""

import base64
import random
from typing import Any

from msgspec import Struct

from tocsin.model.timestamps import format_ns
from tocsin.simulator.cluster import Node, Pod

UNSET_AUID = 4_294_967_295
FIRST_TRANSIENT_PID = 20_000
"""Lower pids belong to processes that run from the start."""

_DAEMONS = (
    ("kubelet", "/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml --node-labels=role=worker"),
    ("containerd", "/usr/bin/containerd", ""),
    ("sshd", "/usr/sbin/sshd", "-D"),
    ("cron", "/usr/sbin/cron", "-f"),
    ("kube-proxy", "/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"),
)  # fmt: skip
_WORKER_ARGUMENTS = {
    "web": "",
    "php": "",
    "postgres": "",
    "python": "/usr/local/bin/gunicorn --workers 4 --bind 0.0.0.0:8000 api.wsgi",
}
"""Roles whose workloads serve from a child; it was forked without an exec and has the same binary."""


class Process(Struct, frozen=True, kw_only=True):
    """One process between two execs; ids and times are texts, or slots that a scene fills."""

    node: Node
    pod: Pod | None
    exec_id: str
    pid: int | str
    start: str
    binary: str
    arguments: str = ""
    uid: int = 0
    auid: int = UNSET_AUID
    cwd: str = "/"
    flags: str = "execve rootcwd clone"
    container_pid: int = 1
    in_init_tree: bool = False
    probe: bool = False
    """Whether the kubelet's exec probe started it."""
    forked: bool = False
    """Whether it has no exec of its own."""
    binary_properties: dict[str, Any] | None = None
    parent: "Process | None" = None
    """``None`` only for the kernel."""

    def json(self, *, exec_event: bool = False, refcnt: int = 0) -> dict[str, Any]:
        """Its JSON, with keys in the order of the schema; only exec events have properties of the binary."""
        kernel = self.parent is None
        fields: dict[str, Any] = {
            "exec_id": self.exec_id,
            "pid": self.pid,
            "uid": self.uid,
            "cwd": "" if kernel else self.cwd,
            "binary": self.binary,
            "arguments": self.arguments,
            "flags": self.flags,
            "start_time": self.start,
            "auid": self.auid,
            "pod": self.pod.json(self.container_pid, probe=self.probe) if self.pod else None,
            "docker": self.pod.container_id[:31] if self.pod else "",
            "parent_exec_id": self.parent.exec_id if self.parent else self.exec_id,
            "refcnt": refcnt or None,
            "tid": self.pid,
            "binary_properties": self.binary_properties if exec_event else None,
            "in_init_tree": self.in_init_tree,
        }
        return {key: value for key, value in fields.items() if value is not None and value != ""}


class Home(Struct, frozen=True):
    """The place of a scene: a pod, or a node itself."""

    node: Node
    pod: Pod | None
    main: Process
    """The container's first process, or systemd."""
    worker: Process
    """The process that serves requests: a child of `main`, or `main` itself."""
    daemons: dict[str, Process]
    """The node's own processes by name; scenes of a pod need its shim and the kubelet."""
    running: tuple[Process, ...] = ()
    """Its processes that run at the start, parents first."""
    neighbours: tuple[Process, ...] = ()
    """Of a node: all processes that run on it from the start, including those of its pods, parents first."""


def exec_id(node: str, ktime_ns: int, pid: int) -> str:
    """An exec id as Tetragon builds it: base64 of node, nanoseconds since boot and pid."""
    return base64.b64encode(f"{node}:{ktime_ns}:{pid}".encode()).decode()


class _Boot:
    """Assigns pids and start times to the processes that run on one node from the start."""

    def __init__(self, rng: random.Random, node: Node, boot_ns: int) -> None:
        self._rng = rng
        self._node = node
        self._boot_ns = boot_ns
        self._pid = 1
        self._ktime_ns = 640_000_000

    def start(self, parent: Process, binary: str, arguments: str, pod: Pod | None = None, **more: Any) -> Process:
        """Add a running process, which started after all earlier ones."""
        pid, ktime = self._pid, self._ktime_ns
        self._pid += self._rng.randrange(1, 60)
        self._ktime_ns += self._rng.randrange(10_000_000, 900_000_000)
        return Process(
            node=self._node, pod=pod, exec_id=exec_id(self._node.name, ktime, pid), pid=pid,
            start=format_ns(self._boot_ns + ktime), binary=binary, arguments=arguments, parent=parent,
            flags="procFS rootcwd", in_init_tree=pod is not None, **more,
        )  # fmt: skip


def build_homes(rng: random.Random, nodes: list[Node], pods: list[Pod], boot_ns: int) -> list[Home]:
    """All nodes and pods with their running processes."""
    homes: list[Home] = []
    for node in nodes:
        boot = _Boot(rng, node, boot_ns)
        kernel = Process(
            node=node, pod=None, exec_id=exec_id(node.name, 1, 0), pid=0, start=format_ns(boot_ns), binary="<kernel>",
            flags="procFS",
        )  # fmt: skip
        systemd = boot.start(kernel, "/usr/lib/systemd/systemd", "--system --deserialize=44")
        daemons = {name: boot.start(systemd, binary, arguments) for name, binary, arguments in _DAEMONS}
        running = (kernel, systemd, *daemons.values())
        guests = [_pod_home(boot, pod, systemd, daemons) for pod in pods if pod.node is node]
        neighbours = (*running, *(process for guest in guests for process in guest.running))
        homes += [Home(node, None, systemd, systemd, daemons, running, neighbours), *guests]
    return homes


def _pod_home(boot: _Boot, pod: Pod, systemd: Process, daemons: dict[str, Process]) -> Home:
    workload = pod.workload
    shim = boot.start(
        systemd,
        "/usr/bin/containerd-shim-runc-v2",
        f"-namespace k8s.io -id {pod.container_id} -address /run/containerd/containerd.sock",
    )
    main = boot.start(shim, workload.binary, workload.arguments, pod, uid=workload.uid)
    running = [shim, main]
    worker = main
    if workload.role in _WORKER_ARGUMENTS:
        arguments = _WORKER_ARGUMENTS[workload.role]
        worker = boot.start(main, workload.binary, arguments, pod, uid=workload.uid, container_pid=7)
        running.append(worker)
    return Home(pod.node, pod, main, worker, {**daemons, "shim": shim}, tuple(running))

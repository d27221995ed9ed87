"""The body of an event, as far as judgement needs it: process, pod, container, and the values of a hook."""

import msgspec
from msgspec import Raw, Struct

from tocsin.model.arguments import ABSENT, Argument, Number, Unsigned


class Image(Struct, frozen=True, gc=False):
    """The image a container was started from."""

    name: str | None = None


class Security(Struct, frozen=True, gc=False):
    """The security context of a container; it is present, even if empty, if the agent reads it (since 1.5)."""

    privileged: bool | None = None


class Container(Struct, frozen=True, gc=False):
    """The container of a pod that a process belongs to."""

    id: str | None = None
    name: str | None = None
    image: Image | None = None
    maybe_exec_probe: bool | None = None
    security_context: Security | None = None


class Pod(Struct, frozen=True, gc=False):
    """The pod of a process, as the agent knew it. Fields here and below are in the order of the wire."""

    namespace: str | None = None
    name: str | None = None
    uid: str | None = None
    container: Container | None = None
    pod_labels: Raw = ABSENT
    workload: str | None = None
    workload_kind: str | None = None
    pod_annotations: Raw = ABSENT


class Process(Struct, frozen=True, gc=False):
    """One process, between one execve and the next. Fields that few rules use stay undecoded (``Raw``)."""

    exec_id: str | None = None
    """Stable and unique for each execve; standard base64, so not usable in a subject."""
    pid: Unsigned | None = None
    uid: Unsigned | None = None
    """The effective user id."""
    cwd: str | None = None
    binary: str | None = None
    arguments: str | None = None
    flags: str | None = None
    """Space-separated; ``procFS`` marks a process that the agent found running."""
    auid: Unsigned | None = None
    """The login uid; 4294967295 if none was set."""
    pod: Pod | None = None
    docker: str | None = None
    """First characters of the container's id; present without `pod` if the pod is unknown."""
    parent_exec_id: str | None = None
    cap: Raw = ABSENT
    ns: Raw = ABSENT
    tid: Unsigned | None = None
    process_credentials: Raw = ABSENT
    binary_properties: Raw = ABSENT
    user: Raw = ABSENT
    in_init_tree: bool | None = None
    environment_variables: Raw = ABSENT


class Observation(Struct, frozen=True, gc=False):
    """The value of the event key. One struct serves all kinds, which differ only in the fields that are present."""

    process: Process | None = None
    parent: Process | None = None
    function_name: str | None = None
    args: tuple[Argument, ...] | None = None
    return_: Argument | None = msgspec.field(default=None, name="return")
    action: str | int | None = None
    policy_name: str | None = None
    return_action: str | int | None = None
    message: str | None = None
    tags: Raw = ABSENT
    signal: str | int | None = None
    """exit: the signal that ended the process."""
    status: Unsigned | None = None
    """exit: the status, 0 when absent."""
    time: str | None = None
    ancestors: Raw = ABSENT
    subsys: str | None = None
    """tracepoint: the first half of its name."""
    event: str | None = None
    """tracepoint: the second half of its name."""
    path: str | None = None
    """loader, uprobe, usdt: the file."""
    symbol: str | None = None
    provider: str | None = None
    name: str | None = None
    type: str | int | None = None
    """throttle: ``THROTTLE_START`` or ``THROTTLE_STOP``."""
    cgroup: str | None = None
    number_of_dropped_process_events: Number | None = None

"""What Tetragon writes: one JSON object a line, of which only the fields that we judge by are decoded.

Source: cilium/tetragon `api/v1/tetragon/*.proto`, written by protojson: zero values are left out, 64-bit integers are
strings, unknown enum numbers are numbers. Re-encoders write ``null`` and empty values instead; both read as absent.
"""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from tocsin.model.drift import salvage
from tocsin.model.errors import BadEvent
from tocsin.model.refusal import why_not

Number = int | str
"""A 64-bit integer is a string in protojson; some re-encoders write a number. Neither is bounded: see `integer`."""
Unsigned = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""What the protocol sends as a 32-bit number."""

_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1


def integer(number: Number | None) -> int | None:
    """*number* as an integer of 64 bits, or ``None`` where it is none."""
    if isinstance(number, str):
        if not _INTEGER.fullmatch(number):
            return None
        number = int(number)
    return number if number is not None and _INT64_MIN <= number <= _UINT64_MAX else None


class Image(Struct, frozen=True, gc=False):
    """The image a container was started from."""

    name: str | None = None


class Container(Struct, frozen=True, gc=False):
    """The container of a pod that a process belongs to."""

    id: str | None = None
    name: str | None = None
    image: Image | None = None
    maybe_exec_probe: bool | None = None


class Pod(Struct, frozen=True, gc=False):
    """The pod of a process, as the agent knew it."""

    namespace: str | None = None
    name: str | None = None
    container: Container | None = None
    workload: str | None = None
    workload_kind: str | None = None


class Process(Struct, frozen=True, gc=False):
    """One process, between one execve and the next."""

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
    start_time: str | None = None
    parent_exec_id: str | None = None
    docker: str | None = None
    """First characters of the container's id; present without `pod` where the pod is not known."""
    pod: Pod | None = None
    in_init_tree: bool | None = None


class File(Struct, frozen=True, gc=False):
    """A path, file or binary given as an argument."""

    path: str | None = None
    permission: str | None = None


class Socket(Struct, frozen=True, gc=False):
    """A socket (``sock_arg``) or packet (``skb_arg``)."""

    family: str | None = None
    protocol: str | None = None
    saddr: str | None = None
    daddr: str | None = None
    sport: Unsigned | None = None
    dport: Unsigned | None = None


class Address(Struct, frozen=True, gc=False):
    """A socket address as given to bind or connect."""

    family: str | None = None
    addr: str | None = None
    port: Unsigned | None = None
    path: str | None = None


class Named(Struct, frozen=True, gc=False):
    """A kernel object of which the name says enough (module, capability, device)."""

    name: str | None = None
    value: Number | None = None


class Syscall(Struct, frozen=True, gc=False):
    """The number of a system call and its calling convention (``x64``, ``i386``, ``arm64``)."""

    id: Number | None = None
    abi: str | None = None


class Program(Struct, frozen=True, gc=False, rename={"name": "ProgName", "type": "ProgType"}):
    """A BPF program; Tetragon writes these keys in camel case."""

    name: str | None = None
    type: str | None = None


class Argument(Struct, frozen=True, gc=False):
    """One argument of a hook: exactly one of the fields is set, beside the policy's label."""

    label: str | None = None
    string_arg: str | None = None
    int_arg: Number | None = None
    uint_arg: Number | None = None
    size_arg: Number | None = None
    long_arg: Number | None = None
    path_arg: File | None = None
    file_arg: File | None = None
    linux_binprm_arg: File | None = None
    sock_arg: Socket | None = None
    skb_arg: Socket | None = None
    sockaddr_arg: Address | None = None
    sockaddrun_arg: Address | None = None
    capability_arg: Named | None = None
    module_arg: Named | None = None
    net_dev_arg: Named | None = None
    bpf_attr_arg: Program | None = None
    bpf_prog_arg: Program | None = None
    bpf_cmd_arg: str | int | None = None
    syscall_id: Syscall | None = None
    kernel_cap_t_arg: str | None = None
    cap_effective_arg: str | None = None


class Observation(Struct, frozen=True, gc=False):
    """What stands under the event key; one struct for all kinds, since they differ in which fields are present."""

    process: Process | None = None
    parent: Process | None = None
    function_name: str | None = None
    args: tuple[Argument, ...] | None = None
    return_: Argument | None = msgspec.field(default=None, name="return")
    action: str | int | None = None
    return_action: str | int | None = None
    policy_name: str | None = None
    message: str | None = None
    signal: str | int | None = None
    """exit: the signal that ended the process."""
    status: Unsigned | None = None
    """exit: the status, 0 when absent."""
    time: str | None = None
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


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """One line of Tetragon's export, as far as it is decoded."""

    kind: str
    """One of `subjects.EVENT_KINDS`."""
    key: str
    """The event key as written, ``process_exec`` for example; of an unknown kind too."""
    body: Observation
    time: str = ""
    node: str = ""
    cluster: str = ""


KINDS = {
    "process_exec": "exec",
    "process_exit": "exit",
    "process_kprobe": "kprobe",
    "process_tracepoint": "tracepoint",
    "process_lsm": "lsm",
    "process_uprobe": "uprobe",
    "process_usdt": "usdt",
    "process_loader": "loader",
    "process_throttle": "throttle",
    "rate_limit_info": "rate_limit",
}
"""Event key to kind."""

ENVELOPE_KEYS = frozenset({"node_name", "time", "aggregation_info", "cluster_name", "node_labels"})


_ABSENT = Raw(b"")


class _Heads(Struct, frozen=True, gc=False):
    """The envelope with every event left undecoded."""

    process_exec: Raw = _ABSENT
    process_exit: Raw = _ABSENT
    process_kprobe: Raw = _ABSENT
    process_tracepoint: Raw = _ABSENT
    process_lsm: Raw = _ABSENT
    process_uprobe: Raw = _ABSENT
    process_usdt: Raw = _ABSENT
    process_loader: Raw = _ABSENT
    process_throttle: Raw = _ABSENT
    rate_limit_info: Raw = _ABSENT
    node_name: str | None = None
    time: str | None = None
    cluster_name: str | None = None


class Head(Struct, frozen=True, gc=False):
    """As much of an event as the way to its subject needs."""

    kind: str
    key: str
    body: Raw
    time: str
    node: str
    cluster: str


_heads = msgspec.json.Decoder(_Heads)
_keys = msgspec.json.Decoder(dict[str, Raw])
_any = msgspec.json.Decoder()
_observation = msgspec.json.Decoder(Observation)
_NULL = b"null"

_NEEDED = frozenset({
    "process", "process.binary", "process.uid", "process.flags", "process.pod", "process.pod.namespace",
    "function_name", "action", "signal", "subsys", "event",
})  # fmt: skip
"""What an event is judged by: one of these of a wrong type makes it undecodable, any other is left out."""


def read_head(line: bytes) -> Head:
    """The envelope of one line, its event undecoded; `BadEvent` says in words why it is none."""
    try:
        if not line.isascii():
            line.decode()
        try:
            heads = _heads.decode(line)
        except msgspec.ValidationError:
            heads = _drifted_heads(line)
        bodies = zip(KINDS, msgspec.structs.astuple(heads), strict=False)  # the kinds are the first fields, in order
        found = [(key, body) for key, body in bodies if body is not _ABSENT and _present(body)] or _unknown(line)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BadEvent(why_not(line, error)) from error
    if not found:
        raise BadEvent("JSON, but no event: it has none of Tetragon's event keys")
    if len(found) > 1:
        raise BadEvent("two event keys in one line: " + ", ".join(sorted(key[:64] for key, _ in found)))
    key, body = found[0]
    return Head(KINDS.get(key, "unknown"), key, body, heads.time or "", heads.node_name or "", heads.cluster_name or "")


def _present(body: Raw) -> bool:
    size = len(memoryview(body))
    return size > len(_NULL) or (size > 0 and bytes(body) != _NULL)


def _drifted_heads(line: bytes) -> _Heads:
    """The envelope without the names and times that are not text."""
    found = _keys.decode(line)
    texts = {key: _any.decode(found[key]) for key in ("node_name", "time", "cluster_name") if key in found}
    fields: dict[str, Any] = {key: body for key, body in found.items() if key in KINDS}
    fields.update((key, text) for key, text in texts.items() if isinstance(text, str))
    return _Heads(**fields)


def _unknown(line: bytes) -> list[tuple[str, Raw]]:
    """Event keys of a newer agent: whatever holds an object and is not of the envelope."""
    return [
        (key, body)
        for key, body in _keys.decode(line).items()
        if key not in ENVELOPE_KEYS and bytes(memoryview(body)[:1]) == b"{"
    ]


def read(line: bytes) -> Event:
    """One line, decoded as far as it is judged; `BadEvent` says which field is wrong."""
    head = read_head(line)
    try:
        body = _read_body(head)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadEvent(f"{head.key[:64]}: {why}") from error
    return Event(
        kind=head.kind, key=head.key, body=body, time=head.time or body.time or "", node=head.node, cluster=head.cluster
    )


def _read_body(head: Head) -> Observation:
    try:
        return _observation.decode(head.body)
    except msgspec.ValidationError:
        # an unknown kind is carried even where its fields only share the names of ours
        return salvage(Observation, _any.decode(head.body), _NEEDED if head.kind != "unknown" else frozenset())

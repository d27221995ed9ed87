"""The arguments of a hook on the wire: one object each, with exactly one key besides its label."""

import re
from typing import Annotated

from msgspec import Meta, Raw, Struct

Number = int | str
"""A 64-bit integer is a string in protojson; some re-encoders write a number. Neither is bounded: see `integer`."""
Unsigned = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""A 32-bit number of the protocol."""
ABSENT = Raw(b"")
"""The value of an absent field that is decoded on demand."""

_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1


def integer(number: Number | None) -> int | None:
    """*number* as an integer of 64 bits, or ``None`` if it is not one."""
    if isinstance(number, str):
        if not _INTEGER.fullmatch(number):
            return None
        number = int(number)
    return number if number is not None and _INT64_MIN <= number <= _UINT64_MAX else None


class File(Struct, frozen=True, gc=False):
    """A path, file or binary given as an argument."""

    path: str | None = None
    permission: str | None = None


class Socket(Struct, frozen=True, gc=False):
    """A socket (``sock_arg``) or packet (``skb_arg``)."""

    family: str | None = None
    type: str | None = None
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
    """A kernel object whose name is enough (module, capability, device)."""

    name: str | None = None
    value: Number | None = None
    signature_ok: bool | None = None
    """module: whether the kernel accepted its signature."""


class Syscall(Struct, frozen=True, gc=False):
    """The number of a system call and its calling convention (``x64``, ``i386``, ``arm64``)."""

    id: Number | None = None
    abi: str | None = None


class Program(Struct, frozen=True, gc=False, rename={"name": "ProgName", "type": "ProgType"}):
    """A BPF program; Tetragon writes these keys in camel case."""

    name: str | None = None
    type: str | None = None


class Map(Struct, frozen=True, gc=False, rename={"name": "MapName", "type": "MapType"}):
    """A BPF map."""

    name: str | None = None
    type: str | None = None


class Piece(Struct, frozen=True, gc=False):
    """The first bytes of a buffer."""

    bytes_arg: str | None = None


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
    bpf_map_arg: Map | None = None
    bpf_cmd_arg: str | int | None = None
    syscall_id: Syscall | None = None
    kernel_cap_t_arg: str | None = None
    cap_effective_arg: str | None = None
    cap_permitted_arg: str | None = None
    cap_inheritable_arg: str | None = None
    bytes_arg: str | None = None
    """Standard base64."""
    truncated_bytes_arg: Piece | None = None

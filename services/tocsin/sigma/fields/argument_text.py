"""Every argument of a hook as one text, for rules that select arguments by position or label."""

import base64
import binascii

from tocsin.model import kernel
from tocsin.model.event import Address, Argument, Socket, integer
from tocsin.model.hook_names import syscall

_BASE64_CHARACTERS = 48 * 1024
"""Decoded part of a buffer: 36 KiB of bytes."""


def text(argument: Argument) -> str:
    """*argument* as a text; empty if there is none."""
    for number in (argument.int_arg, argument.uint_arg, argument.long_arg, argument.size_arg):
        if number is not None:
            return str(number)[:64]
    if argument.string_arg is not None:
        return argument.string_arg
    for file in (argument.file_arg, argument.path_arg, argument.linux_binprm_arg):
        if file is not None:
            return file.path or ""
    return _address(argument) or _thing(argument) or _buffer(argument)


def _address(argument: Argument) -> str:
    for socket in (argument.sock_arg, argument.skb_arg):
        if socket is not None:
            return _remote(socket)
    for address in (argument.sockaddr_arg, argument.sockaddrun_arg):
        if address is not None:
            return _written(address)
    return ""


def _remote(socket: Socket) -> str:
    return f"{socket.daddr or ''}:{socket.dport or 0}"


def _written(address: Address) -> str:
    return address.path or f"{address.addr or ''}:{address.port or 0}"


def _thing(argument: Argument) -> str:
    if argument.capability_arg is not None:
        number = integer(argument.capability_arg.value)
        return argument.capability_arg.name or (kernel.capability(number) if number is not None else "")
    for object_ in (argument.module_arg, argument.net_dev_arg):
        if object_ is not None:
            return object_.name or ""
    for loaded in (argument.bpf_attr_arg, argument.bpf_prog_arg, argument.bpf_map_arg):
        if loaded is not None:
            return loaded.name or loaded.type or ""
    if argument.bpf_cmd_arg is not None:
        return str(argument.bpf_cmd_arg)[:64]
    if argument.syscall_id is not None:
        return syscall(argument)
    masks = (argument.kernel_cap_t_arg, argument.cap_effective_arg, argument.cap_permitted_arg)
    return next((mask for mask in (*masks, argument.cap_inheritable_arg) if mask), "")


def _buffer(argument: Argument) -> str:
    piece = argument.truncated_bytes_arg
    encoded = argument.bytes_arg or (piece.bytes_arg if piece is not None else None)
    if not encoded:
        return ""
    try:
        return base64.b64decode(encoded[:_BASE64_CHARACTERS]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""

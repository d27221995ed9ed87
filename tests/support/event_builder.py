"""Tetragon events whose fields have, as far as an event can give them, the values that were asked for."""

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any

_TEXTS = {
    "cwd": "process.cwd", "CurrentDirectory": "process.cwd", "arguments": "process.arguments", "flags": "process.flags",
    "User": "process.user.name", "user": "process.user.name", "ProcessGuid": "process.exec_id", "exec_id": "process.exec_id",
    "Image": "process.binary", "binary": "process.binary", "exe": "process.binary",
    "ParentImage": "parent.binary", "parent.binary": "parent.binary", "parent.arguments": "parent.arguments",
    "parent.cwd": "parent.cwd", "parent.exec_id": "parent.exec_id", "parent.flags": "parent.flags",
    "pod.namespace": "process.pod.namespace", "pod.name": "process.pod.name", "pod.uid": "process.pod.uid",
    "pod.workload": "process.pod.workload", "pod.workload_kind": "process.pod.workload_kind",
    "container.name": "process.pod.container.name", "container.image": "process.pod.container.image.name",
    "container.id": "process.pod.container.id", "binary_properties.path": "process.binary_properties.file.path",
    "message": "message", "policy_name": "policy_name", "action": "action", "return_action": "return_action",
    "signal": "signal", "path": "path", "ImageLoaded": "path", "symbol": "symbol", "provider": "provider",
    "throttle": "type", "cgroup": "cgroup", "function_name": "function_name", "function": "function_name", "event_type": "function_name",
    "SYSCALL": "function_name", "a0": "process.binary", "comm": "process.binary", "a1": "process.arguments",
}  # fmt: skip
_NUMBERS = {
    "pid": "process.pid", "ProcessId": "process.pid", "tid": "process.tid", "uid": "process.uid", "euid": "process.uid",
    "auid": "process.auid", "LogonId": "process.auid", "parent.pid": "parent.pid", "ParentProcessId": "parent.pid",
    "parent.uid": "parent.uid", "status": "status", "binary_properties.setuid": "process.binary_properties.setuid",
    "binary_properties.setgid": "process.binary_properties.setgid",
    "binary_properties.links": "process.binary_properties.file.inode.links",
}  # fmt: skip
_LISTS = {
    "tags": "tags", "cap.effective": "process.cap.effective", "cap.permitted": "process.cap.permitted",
    "cap.inheritable": "process.cap.inheritable",
    "binary_properties.privileges_changed": "process.binary_properties.privileges_changed",
}  # fmt: skip
_FLAGS = {
    "in_init_tree": "process.in_init_tree", "parent.in_init_tree": "parent.in_init_tree",
    "container.privileged": "process.pod.container.security_context.privileged",
    "container.exec_probe": "process.pod.container.maybe_exec_probe",
}  # fmt: skip
_SOCKETS = {
    "DestinationIp": "daddr", "socket.daddr": "daddr", "DestinationPort": "dport", "socket.dport": "dport",
    "SourceIp": "saddr", "socket.saddr": "saddr", "SourcePort": "sport", "socket.sport": "sport",
    "Protocol": "protocol", "socket.protocol": "protocol", "socket.family": "family", "socket.type": "type",
}  # fmt: skip
_MASKS = {"read": 4, "write": 2, "exec": 1, "append": 8}
_KEYS = {"rate_limit": "rate_limit_info"}
_CALLS = ("kprobe", "lsm", "tracepoint")
_PROGRAMS = ("/bin/sh", "/usr/bin/curl", "/usr/bin/python3.11", "/tmp/x", "runc")


def event(assignment: Mapping[str, str], kind: str, rng: Random) -> bytes:
    """One line of Tetragon's export of this *kind*."""
    body: dict[str, Any] = {"process": {"exec_id": f"bjE6{rng.randrange(10**6)}"}}
    envelope: dict[str, Any] = {"time": "2026-11-24T12:00:00Z", "node_name": "n1"}
    for field, value in assignment.items():
        _set(body, envelope, field, value)
    _commands(body, assignment, rng)
    if kind in (*_CALLS, "uprobe", "usdt"):
        body["args"] = _arguments(body, assignment)
        if "return" in assignment:
            body["return"] = _argument(assignment["return"])
    if kind == "tracepoint":
        body.update(subsys="syscalls", event="sys_enter_" + body.pop("function_name", "openat"))
    envelope[_KEYS.get(kind, f"process_{kind}")] = body
    return json.dumps(envelope).encode()


def _set(body: dict[str, Any], envelope: dict[str, Any], field: str, value: str) -> None:
    if field in _TEXTS:
        _put(body, _TEXTS[field], value)
    elif field in _NUMBERS:
        _put(body, _NUMBERS[field], _unsigned(value))
    elif field in _LISTS:
        _put(body, _LISTS[field], [value, "other"])
    elif field in _FLAGS:
        _put(body, _FLAGS[field], value.lower() == "true")
    elif field.startswith(("pod.labels.", "pod.annotations.")):
        kind, _, key = field.removeprefix("pod.").partition(".")
        body["process"].setdefault("pod", {}).setdefault(f"pod_{kind}", {})[key] = value
    elif field.startswith("node.labels."):
        envelope.setdefault("node_labels", {})[field.removeprefix("node.labels.")] = value
    elif field.startswith("env."):
        body["process"].setdefault("environment_variables", []).append({"Key": field[4:], "Value": value})
    elif field.startswith("ns."):
        _, name, what = field.split(".")
        _put(body, f"process.ns.{name}.{what}", _unsigned(value) if what == "inum" else value.lower() == "true")
    elif field.startswith("credentials."):
        _put(body, f"process.process_{field}", _unsigned(value))
    else:
        _special(body, envelope, field, value)


def _special(body: dict[str, Any], envelope: dict[str, Any], field: str, value: str) -> None:
    match field:
        case "ancestors.binary" | "ancestors.arguments":
            body.setdefault("ancestors", []).append({field.partition(".")[2]: value})
        case "a2":
            body["process"].setdefault("arguments", f"x {value}")
        case "node":
            envelope["node_name"] = value
        case "cluster":
            envelope["cluster_name"] = value
        case "in_container" if value.lower() == "true":
            body["process"].setdefault("docker", "0123456789abcde")
        case "parent.in_container" if value.lower() == "true":
            body.setdefault("parent", {}).setdefault("docker", "0123456789abcde")
        case "existing" if value.lower() == "true":
            body["process"]["flags"] = "procFS auid"
        case "scope":
            namespace, slash, name = value.partition("/")
            if slash:
                body["process"].setdefault("pod", {}).update(namespace=namespace, name=name)
            else:
                envelope["node_name"] = value
        case "Initiated":
            body["function_name"] = "tcp_connect" if value.lower() == "true" else "inet_csk_accept"
        case _:
            pass


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        body = body.setdefault(folder, {})
    body[name] = value


def _number(value: str) -> int | str:
    return int(value) if re.fullmatch(r"-?[0-9]{1,12}", value) else value


def _unsigned(value: str) -> int | None:
    """The number, where the protocol's fields of 32 bits hold it; Tetragon writes no other."""
    return int(value) if re.fullmatch(r"[0-9]{1,10}", value) and int(value) < 2**32 else None


def _commands(body: dict[str, Any], assignment: Mapping[str, str], rng: Random) -> None:
    """Program and arguments from a whole command line; a keyword goes into it, too."""
    parent = assignment.get("ParentCommandLine")
    if parent is not None:
        _command(body.setdefault("parent", {}), parent, rng)
    line = assignment.get("CommandLine")
    keyword = assignment.get("")
    if line is not None:
        _command(body["process"], line, rng)
    if keyword is not None:
        body["process"]["arguments"] = body["process"].get("arguments", "") + keyword
    if rng.random() < 0.9:
        body["process"].setdefault("binary", rng.choice(_PROGRAMS))


def _command(process: dict[str, Any], line: str, rng: Random) -> None:
    program = process.get("binary")
    if program is not None and line.startswith(program + " "):
        process["arguments"] = line[len(program) + 1 :]
        return
    head, space, tail = line.partition(" ")
    if program is not None or not head or (not space and rng.random() < 0.5):
        process.setdefault("binary", rng.choice(_PROGRAMS))
        process["arguments"] = line
        return
    process["binary"] = head if rng.random() < 0.6 else "/opt/" + head
    process["arguments"] = tail


def _arguments(body: dict[str, Any], assignment: Mapping[str, str]) -> list[dict[str, Any]]:
    numbered = {int(field[3:]): value for field, value in assignment.items() if re.fullmatch(r"arg[0-9]", field)}
    found = [_argument(numbered.get(position, "0")) for position in range(max(numbered, default=-1) + 1)]
    for field, value in assignment.items():
        if field.startswith("arg."):
            found.append({**_argument(value), "label": field[4:]})
        elif field == "args":
            found.append({"string_arg": value})
        elif field == "capability":
            found.append({"capability_arg": {"name": value}})
        elif field == "module.name":
            found.append({"module_arg": {"name": value}})
        elif field in ("TargetFilename", "target", "name"):
            found.append({"file_arg": {"path": value}})
        elif field == "access":
            body["function_name"] = "security_file_permission"
            found.append({"int_arg": _MASKS.get(value, 4)})
    socket = {_SOCKETS[field]: value for field, value in assignment.items() if field in _SOCKETS}
    if socket:
        ports = {key: _unsigned(socket[key]) for key in ("sport", "dport") if key in socket}
        found.append({"sock_arg": {"family": "AF_INET", **socket, **ports}})
        body.setdefault("function_name", "tcp_connect")
    return found


def _argument(value: str) -> dict[str, Any]:
    number = _number(value)
    return {"int_arg": number} if isinstance(number, int) else {"string_arg": value}

"""The fields that say who did it: process, parent, pod, container, node."""

import functools
from collections.abc import Callable

from tocsin.model.event import Container, Pod, Process
from tocsin.model.outcome import outcome
from tocsin.sigma.fields.argument_words import words
from tocsin.sigma.fields.event_view import LONGEST, EventView
from tocsin.sigma.fields.lazy import Values, keyed, listed, part, present, scalar, variable

Extract = Callable[[EventView], Values]

_CACHED_CHARACTERS = 256
"""A longer text must not fill a cache."""
_UNSET = 2**32 - 1
"""A login uid that was never set."""
_COMM = 15
"""The kernel keeps this many characters of a program's name."""
_WITHOUT_PROCESS = frozenset({"throttle", "rate_limit"})
_NAMESPACES = ("uts", "ipc", "mnt", "pid", "net", "time", "cgroup", "user")
_CREDENTIALS = ("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid")
_NO_POD, _NO_CONTAINER = Pod(), Container()


def text(value: str | None) -> Values:
    """A text as a field's value; an empty one is none."""
    return (value,) if value else ()


def number(value: int | None) -> Values:
    """A number as a field's value."""
    return (str(value),) if value is not None else ()


def truth(value: bool | None) -> Values:  # noqa: FBT001
    """A truth as a field's value."""
    return () if value is None else ("true",) if value else ("false",)


def command_line(seen: EventView, process: Process) -> Values:
    """Program and arguments, with the whole path; each of the two is cut by itself, and so found in it whole."""
    binary, arguments = process.binary, process.arguments
    if not arguments:
        return (seen.cut(binary),) if binary else ()
    if not binary:
        return (seen.cut(arguments),)
    if len(arguments) > LONGEST or len(binary) > LONGEST:
        binary, arguments = seen.cut(binary), seen.cut(arguments)
    return (f"{binary} {arguments}",)


def command_lines(seen: EventView, process: Process) -> Values:
    """The same, and with the last part of the path alone: where that differs, it is the end of the first."""
    whole = command_line(seen, process)
    directory = seen.cut(process.binary or "").rfind("/") + 1
    return (*whole, whole[0][directory:]) if directory else whole


def _flags(process: Process) -> Values:
    flags = process.flags
    if not flags:
        return ()
    return _split(flags) if len(flags) <= _CACHED_CHARACTERS else tuple(flags.split())


@functools.lru_cache(maxsize=512)
def _split(flags: str) -> Values:
    return tuple(flags.split())


def _name(path: str | None) -> str:
    return (path or "").rpartition("/")[2]


def _comm(seen: EventView) -> Values:
    name = _name(seen.process.binary)
    return text(name) if len(name) <= _COMM else (name, name[:_COMM])


def _program(seen: EventView) -> Values:
    if seen.kind != "exec":
        return ()
    return tuple(dict.fromkeys(text(seen.process.binary) + text(_name(seen.process.binary))))


def _user(seen: EventView) -> Values:
    process = seen.process
    named = keyed(seen, process.user, "name")
    if named:
        return named
    return ("root",) if process.uid == 0 else number(process.uid)


def _word(place: int) -> Extract:
    """Word *place* of the command line, from 1 those of the arguments."""
    return lambda seen: words(seen.process.arguments or "", place) if seen.kind == "exec" else ()


def _container(seen: EventView) -> Container:
    pod = seen.process.pod
    return (pod.container if pod is not None else None) or _NO_CONTAINER


def _pod(seen: EventView) -> Pod:
    return seen.process.pod or _NO_POD


def _privileged(seen: EventView) -> Values:
    context = _container(seen).security_context
    return () if context is None else truth(bool(context.privileged))


def _probe(seen: EventView) -> Values:
    container = _container(seen)
    return () if container == _NO_CONTAINER else truth(bool(container.maybe_exec_probe))


def _image(seen: EventView) -> Values:
    image = _container(seen).image
    return text(image.name) if image is not None else ()


def _caps(of: str) -> Extract:
    def extract(seen: EventView) -> Values:
        names = listed(part(seen, seen.process.cap, of))
        # the agent writes one of them without its prefix
        return tuple(name if name.startswith("CAP_") else f"CAP_{name}" for name in names)

    return extract


def _is_host(name: str) -> Extract:
    def extract(seen: EventView) -> Values:
        if not present(seen, seen.process.ns, (name,)):
            return ()
        return truth(part(seen, seen.process.ns, name, "is_host") is True)

    return extract


def _namespace(name: str) -> Extract:
    return lambda seen: keyed(seen, seen.process.ns, name, "inum")


def _credential(name: str) -> Extract:
    return lambda seen: keyed(seen, seen.process.process_credentials, name)


def _ancestors(key: str) -> Extract:
    def extract(seen: EventView) -> Values:
        found = part(seen, seen.event.body.ancestors)
        if not isinstance(found, list):
            return ()
        return tuple(text for each in found if isinstance(each, dict) for text in scalar(each.get(key)))

    return extract


def _properties(*path: str) -> Extract:
    return lambda seen: keyed(seen, seen.process.binary_properties, *path)


def _raised(seen: EventView) -> Values:
    return listed(part(seen, seen.process.binary_properties, "privileges_changed"))


def _exit(extract: Extract) -> Extract:
    return lambda seen: extract(seen) if seen.kind == "exit" else ()


EXTRACTS: dict[str, Extract] = {
    "kind": lambda seen: (seen.kind,),
    "event_type": lambda seen: text(seen.event_type),
    "function": lambda seen: text(seen.function),
    "outcome": lambda seen: (outcome(seen.event),),
    "target": lambda seen: text(seen.target),
    "node": lambda seen: text(seen.node),
    "cluster": lambda seen: text(seen.cluster),
    "scope": lambda seen: text(seen.scope),
    "existing": lambda seen: truth(seen.existing) if seen.kind == "exec" else (),
    "in_container": lambda seen: () if seen.kind in _WITHOUT_PROCESS else truth(seen.in_container),
    "message": lambda seen: text(seen.event.body.message),
    "tags": lambda seen: listed(part(seen, seen.event.body.tags)),
    "signal": _exit(lambda seen: scalar(seen.event.body.signal)),
    "status": _exit(lambda seen: number(seen.event.body.status or 0)),
    "ancestors.binary": _ancestors("binary"),
    "ancestors.arguments": _ancestors("arguments"),
    "Image": lambda seen: text(seen.process.binary),
    "CommandLine": lambda seen: command_lines(seen, seen.process),
    "CommandLine.whole": lambda seen: command_line(seen, seen.process),
    "arguments": lambda seen: text(seen.process.arguments),
    "CurrentDirectory": lambda seen: text(seen.process.cwd),
    "User": _user,
    "LogonId": lambda seen: () if seen.process.auid == _UNSET else number(seen.process.auid),
    "auid": lambda seen: number(seen.process.auid),
    "uid": lambda seen: number(seen.process.uid),
    "ProcessId": lambda seen: number(seen.process.pid),
    "tid": lambda seen: number(seen.process.tid),
    "ProcessGuid": lambda seen: text(seen.process.exec_id),
    "flags": lambda seen: _flags(seen.process),
    "in_init_tree": lambda seen: truth(seen.process.in_init_tree),
    "ParentImage": lambda seen: text(seen.parent.binary),
    "ParentCommandLine": lambda seen: command_lines(seen, seen.parent),
    "ParentCommandLine.whole": lambda seen: command_line(seen, seen.parent),
    "ParentProcessId": lambda seen: number(seen.parent.pid),
    "ParentProcessGuid": lambda seen: text(seen.parent.exec_id or seen.process.parent_exec_id),
    "parent.arguments": lambda seen: text(seen.parent.arguments),
    "parent.cwd": lambda seen: text(seen.parent.cwd),
    "parent.uid": lambda seen: number(seen.parent.uid),
    "parent.flags": lambda seen: _flags(seen.parent),
    "parent.in_init_tree": lambda seen: truth(seen.parent.in_init_tree),
    "parent.in_container": lambda seen: truth(seen.parent_in_container),
    "pod.namespace": lambda seen: text(_pod(seen).namespace),
    "pod.name": lambda seen: text(_pod(seen).name),
    "pod.uid": lambda seen: text(_pod(seen).uid),
    "pod.workload": lambda seen: text(_pod(seen).workload),
    "pod.workload_kind": lambda seen: text(_pod(seen).workload_kind),
    "container.id": lambda seen: text(_container(seen).id or seen.process.docker),
    "container.name": lambda seen: text(_container(seen).name),
    "container.image": _image,
    "container.privileged": _privileged,
    "container.exec_probe": _probe,
    "comm": _comm,
    "a0": _program,
    **{f"a{place}": _word(place) for place in range(1, 10)},
    **{f"cap.{name}": _caps(name) for name in ("effective", "permitted", "inheritable")},
    **{f"ns.{name}.inum": _namespace(name) for name in _NAMESPACES},
    **{f"credentials.{name}": _credential(name) for name in _CREDENTIALS},
    **{f"ns.{name}.is_host": _is_host(name) for name in _NAMESPACES},
    "binary_properties.setuid": _properties("setuid"),
    "binary_properties.setgid": _properties("setgid"),
    "binary_properties.links": _properties("file", "inode", "links"),
    "binary_properties.path": _properties("file", "path"),
    "binary_properties.privileges_changed": _raised,
}

PREFIXED: dict[str, Callable[[EventView, str], Values]] = {
    "pod.labels.": lambda seen, key: keyed(seen, _pod(seen).pod_labels, key),
    "pod.annotations.": lambda seen, key: keyed(seen, _pod(seen).pod_annotations, key),
    "node.labels.": lambda seen, key: keyed(seen, seen.event.node_labels, key),
    "env.": lambda seen, key: variable(seen, seen.process.environment_variables, key),
}

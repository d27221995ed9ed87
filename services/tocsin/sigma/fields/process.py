"""The fields of process, parent, pod, container and node."""

import functools
from collections.abc import Callable

from tocsin.model.event import Container, Pod, Process
from tocsin.model.outcome import outcome
from tocsin.sigma.fields.argument_words import words
from tocsin.sigma.fields.event_view import LONGEST, EventView
from tocsin.sigma.fields.lazy import (
    Values,
    decoded_part,
    environment_variable,
    has_object,
    list_values,
    scalar,
    value_at,
)

Extract = Callable[[EventView], Values]

_CACHED_CHARACTERS = 256
"""A longer text must not fill a cache."""
_UNSET = 2**32 - 1
"""The value of a login uid that is not set."""
_COMM = 15
"""The kernel keeps this many characters of a program's name."""
_WITHOUT_PROCESS = frozenset({"throttle", "rate_limit"})
_NAMESPACES = ("uts", "ipc", "mnt", "pid", "net", "time", "cgroup", "user")
_CREDENTIALS = ("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid")
_NO_POD, _NO_CONTAINER = Pod(), Container()


def text(value: str | None) -> Values:
    """A text as field values; none for an empty text."""
    return (value,) if value else ()


def number(value: int | None) -> Values:
    """A number as field values."""
    return (str(value),) if value is not None else ()


def truth(value: bool | None) -> Values:  # noqa: FBT001
    """A boolean as field values."""
    return () if value is None else ("true",) if value else ("false",)


def command_line(view: EventView, process: Process) -> Values:
    """Program with its path, and arguments; both are cut separately, so that each one is contained as a whole."""
    binary, arguments = process.binary, process.arguments
    if not arguments:
        return (view.cut(binary),) if binary else ()
    if not binary:
        return (view.cut(arguments),)
    if len(arguments) > LONGEST or len(binary) > LONGEST:
        binary, arguments = view.cut(binary), view.cut(arguments)
    return (f"{binary} {arguments}",)


def command_lines(view: EventView, process: Process) -> Values:
    """The command line with the whole path, and with only the last part of it, which is the end of the first one."""
    whole = command_line(view, process)
    directory = view.cut(process.binary or "").rfind("/") + 1
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


def _comm(view: EventView) -> Values:
    name = _name(view.process.binary)
    return text(name) if len(name) <= _COMM else (name, name[:_COMM])


def _program(view: EventView) -> Values:
    if view.kind != "exec":
        return ()
    return tuple(dict.fromkeys(text(view.process.binary) + text(_name(view.process.binary))))


def _user(view: EventView) -> Values:
    process = view.process
    named = value_at(view, process.user, "name")
    if named:
        return named
    return ("root",) if process.uid == 0 else number(process.uid)


def _word(place: int) -> Extract:
    """Word number *place* of the arguments, from 1."""
    return lambda view: words(view.process.arguments or "", place) if view.kind == "exec" else ()


def _container(view: EventView) -> Container:
    pod = view.process.pod
    return (pod.container if pod is not None else None) or _NO_CONTAINER


def _pod(view: EventView) -> Pod:
    return view.process.pod or _NO_POD


def _privileged(view: EventView) -> Values:
    context = _container(view).security_context
    return () if context is None else truth(bool(context.privileged))


def _probe(view: EventView) -> Values:
    container = _container(view)
    return () if container == _NO_CONTAINER else truth(bool(container.maybe_exec_probe))


def _image(view: EventView) -> Values:
    image = _container(view).image
    return text(image.name) if image is not None else ()


def _caps(of: str) -> Extract:
    def extract(view: EventView) -> Values:
        names = list_values(decoded_part(view, view.process.cap, of))
        # the agent writes one of them without its prefix
        return tuple(name if name.startswith("CAP_") else f"CAP_{name}" for name in names)

    return extract


def _is_host(name: str) -> Extract:
    def extract(view: EventView) -> Values:
        if not has_object(view, view.process.ns, (name,)):
            return ()
        return truth(decoded_part(view, view.process.ns, name, "is_host") is True)

    return extract


def _namespace(name: str) -> Extract:
    return lambda view: value_at(view, view.process.ns, name, "inum")


def _credential(name: str) -> Extract:
    return lambda view: value_at(view, view.process.process_credentials, name)


def _ancestors(key: str) -> Extract:
    def extract(view: EventView) -> Values:
        ancestors = decoded_part(view, view.event.body.ancestors)
        if not isinstance(ancestors, list):
            return ()
        return tuple(text for each in ancestors if isinstance(each, dict) for text in scalar(each.get(key)))

    return extract


def _properties(*path: str) -> Extract:
    return lambda view: value_at(view, view.process.binary_properties, *path)


def _raised(view: EventView) -> Values:
    return list_values(decoded_part(view, view.process.binary_properties, "privileges_changed"))


def _exit(extract: Extract) -> Extract:
    return lambda view: extract(view) if view.kind == "exit" else ()


EXTRACTS: dict[str, Extract] = {
    "kind": lambda view: (view.kind,),
    "event_type": lambda view: text(view.event_type),
    "function": lambda view: text(view.function),
    "outcome": lambda view: (outcome(view.event),),
    "target": lambda view: text(view.target),
    "node": lambda view: text(view.node),
    "cluster": lambda view: text(view.cluster),
    "scope": lambda view: text(view.scope),
    "existing": lambda view: truth(view.existing) if view.kind == "exec" else (),
    "in_container": lambda view: () if view.kind in _WITHOUT_PROCESS else truth(view.in_container),
    "message": lambda view: text(view.event.body.message),
    "tags": lambda view: list_values(decoded_part(view, view.event.body.tags)),
    "signal": _exit(lambda view: scalar(view.event.body.signal)),
    "status": _exit(lambda view: number(view.event.body.status or 0)),
    "ancestors.binary": _ancestors("binary"),
    "ancestors.arguments": _ancestors("arguments"),
    "Image": lambda view: text(view.process.binary),
    "CommandLine": lambda view: command_lines(view, view.process),
    "CommandLine.whole": lambda view: command_line(view, view.process),
    "arguments": lambda view: text(view.process.arguments),
    "CurrentDirectory": lambda view: text(view.process.cwd),
    "User": _user,
    "LogonId": lambda view: () if view.process.auid == _UNSET else number(view.process.auid),
    "auid": lambda view: number(view.process.auid),
    "uid": lambda view: number(view.process.uid),
    "ProcessId": lambda view: number(view.process.pid),
    "tid": lambda view: number(view.process.tid),
    "ProcessGuid": lambda view: text(view.process.exec_id),
    "flags": lambda view: _flags(view.process),
    "in_init_tree": lambda view: truth(view.process.in_init_tree),
    "ParentImage": lambda view: text(view.parent.binary),
    "ParentCommandLine": lambda view: command_lines(view, view.parent),
    "ParentCommandLine.whole": lambda view: command_line(view, view.parent),
    "ParentProcessId": lambda view: number(view.parent.pid),
    "ParentProcessGuid": lambda view: text(view.parent.exec_id or view.process.parent_exec_id),
    "parent.arguments": lambda view: text(view.parent.arguments),
    "parent.cwd": lambda view: text(view.parent.cwd),
    "parent.uid": lambda view: number(view.parent.uid),
    "parent.flags": lambda view: _flags(view.parent),
    "parent.in_init_tree": lambda view: truth(view.parent.in_init_tree),
    "parent.in_container": lambda view: truth(view.parent_in_container),
    "pod.namespace": lambda view: text(_pod(view).namespace),
    "pod.name": lambda view: text(_pod(view).name),
    "pod.uid": lambda view: text(_pod(view).uid),
    "pod.workload": lambda view: text(_pod(view).workload),
    "pod.workload_kind": lambda view: text(_pod(view).workload_kind),
    "container.id": lambda view: text(_container(view).id or view.process.docker),
    "container.name": lambda view: text(_container(view).name),
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
    "pod.labels.": lambda view, key: value_at(view, _pod(view).pod_labels, key),
    "pod.annotations.": lambda view, key: value_at(view, _pod(view).pod_annotations, key),
    "node.labels.": lambda view, key: value_at(view, view.event.node_labels, key),
    "env.": lambda view, key: environment_variable(view, view.process.environment_variables, key),
}

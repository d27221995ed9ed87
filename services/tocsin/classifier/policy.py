"""Reads ``severity.yaml``, its tables and its overrides; an error names file, line and key."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tocsin.classifier.table import UNKNOWN_ARGUMENT, Line, Table
from tocsin.model.errors import SettingsError
from tocsin.model.hook_names import for_table, normalize
from tocsin.model.severity import Severity
from tocsin.model.subjects import EVENT_KINDS
from tocsin.model.text import suggest
from tocsin.sigma.syntax import ir
from tocsin.sigma.syntax.detection import detection
from tocsin.sigma.syntax.problems import RuleError

VERDICT_FIELDS = ("rules", "severity")
"""Besides the event's fields, an override may use the ids of the matching rules and the severity so far."""

_ACTIONS = tuple(
    f"KPROBE_ACTION_{name}"
    for name in (
        "UNKNOWN", "POST", "FOLLOWFD", "SIGKILL", "UNFOLLOWFD", "OVERRIDE", "COPYFD", "GETURL", "DNSLOOKUP", "NOPOST",
        "SIGNAL", "TRACKSOCK", "UNTRACKSOCK", "NOTIFYENFORCER", "CLEANUPENFORCERNOTIFICATION", "SET",
    )
)  # fmt: skip
_INT, _BOOL = "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool"
_MAX_UID = 2**32 - 1


class _NodeError(Exception):
    """An error at a node of the file."""

    def __init__(self, node: Node, text: str) -> None:
        super().__init__(text)
        self.node = node


class Override(Struct, frozen=True, kw_only=True):
    """Sets the severity of all events for which its condition holds."""

    label: str
    severity: Severity
    reason: str
    condition: ir.Node


class Policy(Struct, frozen=True):
    """One profile of ``severity.yaml``, and its overrides."""

    table: Table
    overrides: tuple[Override, ...] = ()


def load(text: str, file: str, profile: str) -> Policy:
    """One *profile* of *text*, and the overrides; an error anywhere is a `SettingsError` with *file*, line and key."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{file}:{line}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"{file}: not YAML: {str(error) or 'nested too deeply'}") from error
    if root is None:
        raise SettingsError(f"{file}: is empty")
    try:
        top = _mapping(root, "the file", ("profiles", "overrides"))
        tables = _profiles(root, top)
        overrides = _overrides(top["overrides"], file) if "overrides" in top else ()
    except _NodeError as error:
        raise SettingsError(f"{file}:{error.node.start_mark.line + 1}: {error}") from error
    except RuleError as error:
        raise SettingsError(str(error)) from error
    if profile not in tables:
        raise SettingsError(f"{file}: no profile {profile!r}; {_hint(profile, tables)}")
    return Policy(tables[profile], overrides)


def _overrides(node: Node, file: str) -> tuple[Override, ...]:
    if not isinstance(node, SequenceNode):
        raise _NodeError(node, "overrides: must be a list")
    overrides: dict[str, Override] = {}
    for entry in node.value:
        keys = _mapping(entry, "an override", ("name", "severity", "reason", "detection"))
        for key in ("name", "severity", "reason", "detection"):
            if key not in keys:
                raise _NodeError(entry, f"{key}: is missing")
        label = _text(keys["name"], "name")
        if label in overrides:
            raise _NodeError(keys["name"], f"name: {label!r} is the name of more than one override")
        overrides[label] = Override(
            label=label,
            severity=Severity(_one_of(keys["severity"], "severity", tuple(Severity))),
            reason=_text(keys["reason"], "reason"),
            condition=detection(keys["detection"], file, native=True, fields=VERDICT_FIELDS),
        )
    return tuple(overrides.values())


def _profiles(root: Node, top: dict[str, Node]) -> dict[str, Table]:
    tables = {}
    if "profiles" not in top:
        raise _NodeError(root, "profiles: is missing")
    for name, node in _mapping(top["profiles"], "profiles", None).items():
        if not isinstance(node, SequenceNode) or not node.value:
            raise _NodeError(node, f"{name}: must be a list of lines")
        lines = [_line(entry) for entry in node.value]
        _check_order(node.value, lines, name)
        tables[name] = Table(lines)
    return tables


def _check_order(nodes: list[Node], lines: list[Line], profile: str) -> None:
    for node, line in zip(nodes[:-1], lines[:-1], strict=True):
        if line.always:
            raise _NodeError(node, f"{profile}: this line has no condition, so the lines after it are never reached")
    if not lines[-1].always:
        raise _NodeError(nodes[-1], f"{profile}: the last line must have no condition, or some events have no severity")
    labels = [line.label for line in lines]
    for node, label in zip(nodes, labels, strict=True):
        if labels.count(label) > 1:
            raise _NodeError(node, f"name: {label!r} is the name of more than one line")


def _line(node: Node) -> Line:
    entries = _mapping(node, "a line", _KEYS)
    for key in ("severity", "reason"):
        if key not in entries:
            raise _NodeError(node, f"{key}: is missing")
    values: dict[str, Any] = {
        "severity": Severity(_one_of(entries["severity"], "severity", tuple(Severity))),
        "reason": _text(entries["reason"], "reason"),
        "label": _text(entries["name"], "name") if "name" in entries else str(node.start_mark.line + 1),
    }
    for key, (field, read) in _CONDITIONS.items():
        if key in entries:
            values[field] = frozenset(read(item, key) for item in _items(entries[key], key))
    if "in_pod" in entries:
        values["in_pod"] = _truth(entries["in_pod"], "in_pod")
    return Line(**values)


def _mapping(node: Node, what: str, known: Iterable[str] | None) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        raise _NodeError(node, f"{what} must be a mapping of keys to values")
    entries: dict[str, Node] = {}
    for key_node, value in node.value:
        key = _text(key_node, "a key")
        if known is not None and key not in known:
            raise _NodeError(key_node, f"{key}: no such key; {_hint(key, known)}")
        if key in entries:
            raise _NodeError(key_node, f"{key}: appears twice")
        entries[key] = value
    return entries


def _items(node: Node, key: str) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        if not node.value:
            raise _NodeError(node, f"{key}: an empty list matches nothing")
        yield from node.value
    else:
        yield node


def _text(node: Node, key: str) -> str:
    if not isinstance(node, ScalarNode) or not node.value:
        raise _NodeError(node, f"{key}: must be a text")
    return str(node.value)


def _one_of(node: Node, key: str, known: Iterable[str]) -> str:
    text = _text(node, key)
    if text not in known:
        raise _NodeError(node, f"{key}: {text!r} is not known; {_hint(text, known)}")
    return text


def _function(node: Node, key: str) -> str:
    text = _text(node, key)
    bare = for_table(normalize(text))
    if bare != text:
        raise _NodeError(node, f"{key}: {text!r} is written without its prefix here; did you mean {bare!r}?")
    return text


def _signal(node: Node, key: str) -> str:
    text = _text(node, key)
    if not text.startswith("SIG"):
        raise _NodeError(node, f"{key}: {text!r} is not a signal; did you mean 'SIG{text.upper()}'?")
    return text


def _binary(node: Node, key: str) -> str:
    text = _text(node, key)
    if "/" not in text and "\\" not in text and not text.startswith("<"):
        raise _NodeError(node, f"{key}: {text!r} is not an absolute path; did you mean '/usr/bin/{text}'?")
    return text


def _uid(node: Node, key: str) -> int:
    number = _number(node, key)
    if not 0 <= number <= _MAX_UID:
        raise _NodeError(node, f"{key}: {number} is not a user id")
    return number


def _argument(node: Node, key: str) -> int | str:
    return UNKNOWN_ARGUMENT if _text(node, key) == UNKNOWN_ARGUMENT else _number(node, key)


def _number(node: Node, key: str) -> int:
    text = _text(node, key)
    if node.tag != _INT or not text.lstrip("-").isdecimal() or len(text) > 20:
        raise _NodeError(node, f"{key}: {text!r} is not a whole number")
    return int(text)


def _truth(node: Node, key: str) -> bool:
    text = _text(node, key)
    if node.tag != _BOOL or text not in ("true", "false"):
        raise _NodeError(node, f"{key}: {text!r} is neither true nor false")
    return text == "true"


def _hint(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = [name for name in names if name.lower().endswith(f"_{word.lower()}")]
    return suggest(near[0] if near else word, names)


_CONDITIONS: dict[str, tuple[str, Callable[[Node, str], Any]]] = {
    "kind": ("kinds", lambda node, key: _one_of(node, key, EVENT_KINDS)),
    "function": ("functions", _function),
    "action": ("actions", lambda node, key: _one_of(node, key, _ACTIONS)),
    "signal": ("signals", _signal),
    "binary": ("binaries", _binary),
    "flag": ("flags", _text),
    "uid": ("uids", _uid),
    "argument": ("arguments", _argument),
}
_KEYS = ("severity", "name", "reason", "in_pod", *_CONDITIONS)

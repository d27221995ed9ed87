"""The hooks that TracingPolicies set, to find rules that get no events from them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import yaml
from msgspec import Struct

from tocsin.model.hook_names import for_table, normalize
from tocsin.sigma.syntax.problems import Problem, RuleError

HookKind = Literal["kprobe", "lsm", "tracepoint", "uprobe", "usdt", "loader"]

MAX_BYTES = 1 << 20
"""A policy has at most a few hundred kilobytes, or the API server would reject it."""
MAX_DEPTH = 64
_KINDS = frozenset({"TracingPolicy", "TracingPolicyNamespaced"})
_LIST = "list:"
_SYSCALLS = "syscalls"
"""The subsystem of tracepoints of single system calls."""
_ENTRY = ("sys_enter_", "sys_exit_")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Hook(Struct, frozen=True, kw_only=True):
    """One hook that a policy sets."""

    name: str
    """As ``x-requires`` writes it: ``file_permission``, ``sched/sched_process_fork``, ``/bin/bash:readline``."""
    function: str
    """The value of the field ``function`` in events of the hook."""
    kind: HookKind
    policy: str
    """Name of the policy."""


def normalize_hook(required: str) -> str:
    """*required*, a hook as ``x-requires`` names it, in the form of `Hook.name`."""
    name = required.strip()
    return name if "/" in name else for_table(normalize(name))


def has_required_hook(required: Iterable[str], hooks: Iterable[Hook]) -> bool:
    """Whether *hooks* include any of the *required* ones; always true if none is required."""
    names = {normalize_hook(name) for name in required}
    return not names or any(hook.name in names or hook.function in names for hook in hooks)


def hooks(content: bytes, file: str) -> tuple[Hook, ...]:
    """The hooks of all policies in *content*, ignoring other documents; `RuleError` if it cannot be read."""
    _bound(content, file)
    try:
        documents = list(yaml.load_all(content, _LOADER))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _wrong(file, error) from error
    hooks_: list[Hook] = []
    for document in documents:
        if isinstance(document, dict) and document.get("kind") in _KINDS:
            hooks_ += _of_policy(document, file)
    return tuple(hooks_)


def _bound(content: bytes, file: str) -> None:
    """An error for content that is too large, too deep, or has aliases, before it is loaded."""
    if len(content) > MAX_BYTES:
        raise RuleError(Problem(file=file, text=f"larger than {MAX_BYTES >> 20} MiB", code="too-large"))
    depth = 0
    try:
        for event in yaml.parse(content, _LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise _problem(file, event.start_mark, "aliases are not supported here: write out the value", "alias")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise _problem(file, event.start_mark, f"nested deeper than {MAX_DEPTH} levels", "too-deep")
    except (yaml.YAMLError, ValueError) as error:
        raise _wrong(file, error) from error


def _wrong(file: str, error: Exception) -> RuleError:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return _problem(file, mark, f"not YAML: {reason}", "yaml")


def _problem(file: str, mark: Any, text: str, code: str) -> RuleError:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return RuleError(Problem(file=file, line=line, column=column, text=text, code=code))


def _of_policy(document: Mapping[str, Any], file: str) -> Iterator[Hook]:
    metadata, spec = document.get("metadata"), document.get("spec")
    policy = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(policy, str) or not isinstance(spec, dict):
        text = "a TracingPolicy needs `metadata: {name: …}` and `spec: {…}`"
        raise RuleError(Problem(file=file, text=text, code="policy"))
    lists = {entry.get("name"): _texts(entry.get("values")) for entry in _items(spec, "lists")}
    for section in ("kprobes", "fentries"):
        for entry in _items(spec, section):
            for call in _calls(entry.get("call"), lists):
                yield _hook(call, "kprobe", policy)
    for entry in _items(spec, "lsmhooks"):
        for call in _texts([entry.get("hook")]):
            yield _hook(call, "lsm", policy)
    for entry in _items(spec, "tracepoints"):
        yield _tracepoint(str(entry.get("subsystem") or ""), str(entry.get("event") or ""), policy)
    yield from _of_programs(spec, policy)


def _of_programs(spec: Mapping[str, Any], policy: str) -> Iterator[Hook]:
    """The hooks in user space, and the dynamic loader."""
    for entry in _items(spec, "uprobes"):
        for symbol in _texts(entry.get("symbols")):
            yield Hook(name=f"{entry.get('path')}:{symbol}", function=symbol, kind="uprobe", policy=policy)
    for entry in _items(spec, "usdts"):
        name = str(entry.get("name") or "")
        yield Hook(name=f"{entry.get('path')}:{name}", function=name, kind="usdt", policy=policy)
    if spec.get("loader") is True:
        yield Hook(name="loader", function="load", kind="loader", policy=policy)


def _hook(call: str, kind: HookKind, policy: str) -> Hook:
    name = for_table(normalize(call))
    return Hook(name=name, function=name, kind=kind, policy=policy)


def _tracepoint(subsystem: str, event: str, policy: str) -> Hook:
    function = event
    if subsystem == _SYSCALLS:
        function = normalize(next((event.removeprefix(p) for p in _ENTRY if event.startswith(p)), event))
    return Hook(name=f"{subsystem}/{event}", function=function, kind="tracepoint", policy=policy)


def _calls(call: object, lists: Mapping[object, list[str]]) -> list[str]:
    """The functions of a kprobe, or those of its list."""
    if not isinstance(call, str):
        return []
    return lists.get(call.removeprefix(_LIST), []) if call.startswith(_LIST) else [call]


def _items(spec: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = spec.get(key)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []

"""Whether a rule can get events: compares what it needs with the hooks of loaded TracingPolicies."""

from collections.abc import Sequence

from tocsin.model.hook_names import for_table, normalize
from tocsin.model.text import either
from tocsin.sigma.authoring import tracing_policies
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.syntax.documents import Rule
from tocsin.sigma.syntax.ir import And, Atom, Named, Node, Not, Or

_HOOKED = frozenset({"kprobe", "tracepoint", "lsm", "uprobe", "usdt", "loader"})
"""Kinds of events that only a TracingPolicy produces."""
_FUNCTIONS = frozenset({"function", "event_type", "function_name", "SYSCALL"})
_ANY_CALL = "raw_syscalls/"
"""Tracepoints whose events are named after the system call, not after themselves."""
_SHOWN = 8
_IN_CONTAINER = "in_container"


def never_fires_reason(rule: Rule, hooks: Sequence[Hook]) -> str:
    """Why *rule* can never match with *hooks*; empty if it can."""
    if not tracing_policies.has_required_hook(rule.requires.hooks, hooks):
        return f"can never fire: it needs a hook on {_list(rule.requires.hooks)}, and no TracingPolicy sets one"
    if not rule.kinds or not rule.kinds <= _HOOKED:
        return ""
    feeding = [hook for hook in hooks if hook.kind in rule.kinds]
    if not feeding:
        return f"can never fire: no TracingPolicy produces events of kind {_list(sorted(rule.kinds))}"
    functions_ = functions(rule.condition)
    if functions_ is None or any(hook.name.startswith(_ANY_CALL) for hook in feeding):
        return ""
    if functions_.isdisjoint(_plain(hook.function) for hook in feeding):
        return f"can never fire: no TracingPolicy hooks {_list(sorted(functions_))}"
    return ""


def _list(names: Sequence[str]) -> str:
    return either(names, _SHOWN)


def _plain(function: str) -> str:
    return for_table(normalize(function)).lower()


def functions(node: Node) -> frozenset[str] | None:
    """The functions of which an event must have one for *node* to hold; ``None`` for any function."""
    if isinstance(node, Atom):
        named = node.op == "eq" and node.field in _FUNCTIONS and isinstance(node.value, str)
        return frozenset({_plain(str(node.value))}) if named else None
    if isinstance(node, Named):
        return functions(node.item)
    if isinstance(node, And):
        known = [each for item in node.items if (each := functions(item)) is not None]
        return min(known, key=len, default=None)
    if isinstance(node, Or):
        union: frozenset[str] = frozenset()
        for item in node.items:
            each_of = functions(item)
            if each_of is None:
                return None
            union |= each_of
        return union
    return None


def host_only(node: Node) -> bool:
    """Whether *node* can hold for no process in a container."""
    if isinstance(node, Atom):
        return _denies_container(node)
    if isinstance(node, Named):
        return host_only(node.item)
    if isinstance(node, And):
        return any(map(host_only, node.items))
    if isinstance(node, Or):
        return bool(node.items) and all(map(host_only, node.items))
    return isinstance(node, Not) and _demands_container(node.item)


def _denies_container(atom: Atom) -> bool:
    if atom.field == _IN_CONTAINER:
        return atom.op == "eq" and str(atom.value).lower() == "false"
    return atom.op == "null" and atom.field == "container.id"


def _demands_container(node: Node) -> bool:
    if isinstance(node, Named):
        return _demands_container(node.item)
    return isinstance(node, Atom) and node.field == _IN_CONTAINER and str(node.value).lower() == "true"

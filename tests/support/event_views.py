"""Events as rules see them, from as much as a test says."""

import json
from typing import Any

from tocsin.model.event import read
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.syntax.documents import Rule
from tocsin.sigma.syntax.ir import Atom, Node, Op


def seen(
    key: str = "process_exec", process: dict[str, Any] | None = None, parent: Any = None, **body: Any
) -> EventRecord:
    """An event of one kind; what stands beside *process* and *parent* is of its body, and ``node_…`` of its envelope."""
    envelope = {name: body.pop(name) for name in ("node_labels", "node_name") if name in body}
    if key not in ("process_throttle", "rate_limit_info"):
        body["process"] = process if process is not None else {"binary": "/bin/sh", "pid": 7, "uid": 0}
    if parent is not None:
        body["parent"] = parent
    line = json.dumps({key: body, "time": "2026-01-01T00:00:00Z", **envelope}).encode()
    return EventRecord.of(read(line), line, cluster="c1", node="n1")


def called(function: str, *args: dict[str, Any], process: dict[str, Any] | None = None, **body: Any) -> EventRecord:
    """A kprobe on *function*."""
    return seen("process_kprobe", process, function_name=function, args=list(args), **body)


def atom(field: str, op: Op, value: Any = None, **more: Any) -> Atom:
    """One comparison."""
    return Atom(field=field, op=op, value=value, **more)


def rule(id: str, condition: Node, **more: Any) -> Rule:
    """A rule with a condition, on execs unless told otherwise."""
    more.setdefault("kinds", frozenset({"exec"}))
    return Rule(file="made.yml", id=id, title=id, condition=condition, **more)

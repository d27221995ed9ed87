"""Made-up rules: every modifier and every form of condition that we read, from a seed, as YAML text."""

import uuid
from collections.abc import Sequence
from random import Random
from typing import Any

import yaml

from support.made_items import MODIFIERS, Fields, keywords

_NAMES = (
    "sel_a", "sel_b", "sel_b_c", "selection", "filter_main", "filter_x", "kw", "other", "x1", "_hidden", "not_this", "and-that",
)  # fmt: skip


def _detection(rng: Random, fields: Fields, must: Sequence[str]) -> Any:
    shape = rng.random()
    if shape < 0.12:
        return keywords(rng)
    if shape < 0.3:
        return [_map(rng, fields, must if number == 0 else ()) for number in range(rng.choice((1, 2, 3)))]
    return _map(rng, fields, must)


def _map(rng: Random, fields: Fields, must: Sequence[str]) -> dict[str, Any]:
    wanted = [*must, *rng.sample(sorted(MODIFIERS), rng.choice((0, 1, 1, 2)) or (0 if must else 1))]
    return dict(MODIFIERS[name](rng, fields) for name in wanted)


def _condition(rng: Random, names: Sequence[str]) -> Any:
    if rng.random() < 0.06:
        return [_expression(rng, names, 1), _expression(rng, names, 1)]
    return _expression(rng, names, rng.choice((0, 1, 1, 2, 2, 3)))


def _expression(rng: Random, names: Sequence[str], depth: int) -> str:
    if depth == 0:
        return _leaf(rng, names)
    one, other = _expression(rng, names, depth - 1), _expression(rng, names, rng.randrange(depth))
    forms = (
        "{0} and {1}",
        "{0} or {1}",
        "{0} and not {1}",
        "not {0}",
        "({0})",
        "not ({0} or {1})",
        "({0} or {1}) and {1}",
        "not not {0}",
    )
    return rng.choice(forms).format(one, other)


def _leaf(rng: Random, names: Sequence[str]) -> str:
    seen = [name for name in names if not name.startswith("_") and "-" not in name]
    if not seen or rng.random() < 0.55:
        return rng.choice(names)
    name = rng.choice(seen)
    pattern = rng.choice(("them", name[:3] + "*", name, "*" + name[-2:], name[:1] + "*" + name[-1:], "*"))
    return f"{rng.choice(('1', 'all', 'any'))} of {pattern}"


SOURCES: tuple[tuple[dict[str, str], bool, bool], ...] = (
    *(({"product": "tetragon"}, True, True) for _ in range(6)),
    *(
        ({"product": "tetragon", "category": category}, True, True)
        for category in ("exec", "kprobe", "lsm", "call", "file", "network", "exit")
    ),
    ({"product": "linux", "category": "process_creation"}, False, False),
    ({"category": "process_creation"}, False, False),
    ({"product": "linux", "category": "file_event"}, False, True),
    ({"product": "linux", "category": "file_access"}, False, True),
    ({"product": "linux", "category": "network_connection"}, False, True),
    ({"product": "linux", "service": "auditd"}, False, True),
)
"""Logsource, whether native names are allowed, whether fields of calls are."""


def rule(rng: Random, must: Sequence[str] = ()) -> dict[str, Any]:
    """One rule, which uses the modifiers *must*."""
    source, native, calls = rng.choice(SOURCES)
    fields = Fields(native=native, calls=calls)
    names = rng.sample(_NAMES, rng.choice((1, 2, 2, 3, 4)))
    detections = {name: _detection(rng, fields, must if number == 0 else ()) for number, name in enumerate(names)}
    return {
        "title": "Made up",
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "status": "test",
        "logsource": dict(source),
        **({"taxonomy": "tetragon"} if native and rng.random() < 0.5 else {}),
        "detection": {**detections, "condition": _condition(rng, names)},
        "level": rng.choice(("informational", "low", "medium", "high", "critical")),
    }


def rules(seed: int, count: int) -> list[dict[str, Any]]:
    """*count* rules from *seed*; every modifier has its turn."""
    rng = Random(seed)
    turns = sorted(MODIFIERS)
    return [rule(rng, [turns[(seed + number) % len(turns)]]) for number in range(count)]


def filters(seed: int, count: int, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """*count* filters of some of the rules *found*, or of any of a logsource."""
    rng = Random(seed)
    return [_filter(rng, found) for _ in range(count)]


def _filter(rng: Random, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    source, native, calls = rng.choice(SOURCES)
    names = rng.sample([name for name in _NAMES if not name.startswith("_")], rng.choice((1, 2, 3)))
    detections = {name: _detection(rng, Fields(native=native, calls=calls), ()) for name in names}
    meant = [one["id"] for one in rng.sample(found, min(len(found), 12))]
    return {
        "title": "Made-up filter",
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "logsource": dict(source),
        **({"taxonomy": "tetragon"} if native else {}),
        "filter": {
            "rules": rng.choice(("any", meant, meant[0])),
            **detections,
            "condition": _expression(rng, names, rng.choice((0, 1, 2))),
        },
    }


def text(documents: Sequence[dict[str, Any]], seed: int = 0) -> str:
    """The documents as YAML, in one of its styles each."""
    rng = Random(seed)
    return "---\n".join(
        yaml.safe_dump(
            document,
            sort_keys=False,
            width=rng.choice((40, 4096)),
            default_style=None,
            default_flow_style=rng.choice((False, False, None)),
        )
        for document in documents
    )

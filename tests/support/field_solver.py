"""From what a rule asks to field values that give it, and from those to values that only just do, or no longer."""

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or, Wild

from support import made_values
from support.regex_samples import sample

Assignment = dict[str, str]
"""Field to value; a field that is not in it is missing."""

_ODD = "%_*?\\ '\"[]^$./-aZ0\n"
"""Characters that a matcher or SQL could take for something else."""
_FILLING = ("", "", "x", "A", " ", "zz", "%", "_")


def satisfy(node: Node, rng: Random) -> Assignment:
    """An attempt at values for which *node* holds; contradictions may make it fail."""
    wanted: dict[str, list[Atom]] = {}
    missing: set[str] = set()
    _collect(node, True, rng, wanted, missing)
    found: Assignment = {}
    later: list[Atom] = []
    for field, atoms in wanted.items():
        if field in missing:
            continue
        later += [atom for atom in atoms if atom.op == "fieldref"]
        plain = [atom for atom in atoms if atom.op != "fieldref"]
        if plain:
            found[field] = _value(plain, rng)
    for atom in later:
        other = str(atom.value)
        found.setdefault(other, found.get(atom.field) or made_values.plain(rng))
        found[atom.field] = _around(found[other], atom.mode, rng)
    return found


def _collect(node: Node, want: bool, rng: Random, wanted: dict[str, list[Atom]], missing: set[str]) -> None:
    match node:
        case Named(item=item):
            _collect(item, want, rng, wanted, missing)
        case Not(item=item):
            _collect(item, not want, rng, wanted, missing)
        case And(items=items) | Or(items=items):
            every = isinstance(node, And) == want
            for item in items if every else rng.sample(items, min(len(items), rng.choice((1, 1, 1, 2)))):
                _collect(item, want, rng, wanted, missing)
        case Atom():
            _atom(node, want, wanted, missing)
        case Const():
            pass


def _atom(atom: Atom, want: bool, wanted: dict[str, list[Atom]], missing: set[str]) -> None:
    if atom.op == "null" or (atom.op == "exists" and not atom.value):
        if want:
            missing.add(atom.field)
        else:
            wanted.setdefault(atom.field, []).append(Atom(atom.field, "exists", True))
    elif want:
        wanted.setdefault(atom.field, []).append(atom)


def _value(atoms: list[Atom], rng: Random) -> str:
    """One text for all *atoms* of a field, as far as they go together."""
    whole = [atom for atom in atoms if atom.op in ("eq", "like", "re", "cidr", "lt", "lte", "gt", "gte")]
    if whole:
        return _whole(rng.choice(whole), rng)
    front = max((str(a.value) for a in atoms if a.op == "startswith"), key=len, default="")
    back = max((str(a.value) for a in atoms if a.op == "endswith"), key=len, default="")
    inside = [str(a.value) for a in atoms if a.op == "contains" and str(a.value) not in front + back]
    filled = "".join(rng.choice(_FILLING) + text for text in inside) + rng.choice(_FILLING)
    return front + filled + back


def _whole(atom: Atom, rng: Random) -> str:
    value: Any = atom.value
    match atom.op:
        case "like":
            return "".join(part if isinstance(part, str) else _wild(part, rng) for part in value)
        case "re":
            return sample(value, rng)
        case "cidr":
            return rng.choice(made_values.ADDRESSES) if rng.random() < 0.5 else str(value).partition("/")[0]
        case "lt" | "lte" | "gt" | "gte":
            step = {"lt": -1, "lte": 0, "gt": 1, "gte": 0}[atom.op]
            return f"{value + step:g}" if isinstance(value, float) else str(value + step)
        case _:
            return "true" if value is True else "false" if value is False else str(value)


def _wild(wild: Wild, rng: Random) -> str:
    return rng.choice(_ODD) if wild is Wild.ONE else rng.choice((*_FILLING, "*", "?"))


def _around(text: str, mode: str, rng: Random) -> str:
    front = rng.choice(_FILLING) if mode in ("endswith", "contains") else ""
    back = rng.choice(_FILLING) if mode in ("startswith", "contains") else ""
    return front + text + back


Step = Callable[[str, Random], str | None]


def _drop(text: str, rng: Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + text[at + 1 :]


def _insert(text: str, rng: Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(_ODD) + text[at:]


def _replace(text: str, rng: Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(_ODD) + text[at + 1 :]


def _recase(text: str, rng: Random) -> str:
    if rng.random() < 0.5:
        return text.swapcase()
    at = rng.randrange(len(text) + 1)
    return text[:at] + text[at : at + 1].swapcase() + text[at + 1 :]


def _shift(text: str, rng: Random) -> str:
    """One more or one less at either end; of a number, by one."""
    if re.fullmatch(r"-?[0-9]{1,12}", text) and rng.random() < 0.7:
        return str(int(text) + rng.choice((-1, 1)))
    return rng.choice((text[1:], text[:-1], rng.choice(_ODD) + text, text + rng.choice(_ODD), text + text))


_STEPS: tuple[Step, ...] = (_drop, _insert, _replace, _recase, _recase, _shift, _shift, lambda text, rng: None)


def mutate(assignment: Mapping[str, str], rng: Random) -> Assignment:
    """The same but for one or two steps: a character less or more, another case, a field missing."""
    found = dict(assignment)
    for _ in range(rng.choice((1, 1, 2))):
        if not found:
            break
        field = rng.choice(sorted(found))
        changed = rng.choice(_STEPS)(found[field], rng)
        if changed is None:
            del found[field]
        else:
            found[field] = changed
    return found


def among(node: Node, rng: Random, count: int) -> list[Assignment]:
    """*count* assignments for *node*: some that should satisfy it, the rest a step or two away."""
    found: list[Assignment] = []
    while len(found) < count:
        one = satisfy(node, rng)
        found += [one, *(mutate(one, rng) for _ in range(3))]
    return found[:count]

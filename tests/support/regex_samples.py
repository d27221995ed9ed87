"""Texts that a regular expression finds."""

import re
from random import Random
from typing import Any

from support import made_values


def sample(expression: str, rng: Random) -> str:
    """A text that the expression finds, for the simple ones."""
    try:
        return "".join(_piece(op, argument, rng) for op, argument in re._parser.parse(expression))  # type: ignore[attr-defined]
    except (re.error, OverflowError):
        return made_values.plain(rng)


def _piece(op: Any, argument: Any, rng: Random) -> str:
    def joined(items: Any) -> str:
        return "".join(_piece(*item, rng) for item in items)

    match str(op):
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return "x" if argument != ord("x") else "y"
        case "ANY":
            return rng.choice("aZ9 ")
        case "IN":
            return _member(argument, rng)
        case "BRANCH":
            return joined(rng.choice(argument[1]))
        case "SUBPATTERN":
            return joined(argument[-1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, items = argument
            return "".join(joined(items) for _ in range(rng.randint(low, max(low, min(int(high), low + 2)))))
        case _:
            return ""


_CATEGORIES = {"CATEGORY_DIGIT": "0123456789", "CATEGORY_SPACE": " \t\n", "CATEGORY_WORD": "abZ_9"}


def _member(items: Any, rng: Random) -> str:
    allowed: list[str] = []
    refused: set[str] = set()
    negated = False
    for op, argument in items:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                allowed.append(chr(argument))
            case "RANGE":
                allowed += [chr(argument[0]), chr(argument[1])]
            case "CATEGORY":
                allowed += _CATEGORIES.get(str(argument), "x-")
    if negated:
        refused, allowed = set(allowed), list("xyZ- 7")
    return rng.choice([c for c in allowed if c not in refused] or ["x"])

"""Wildcards and backslashes in a value, with Sigma's meaning."""

import re

from tocsin.sigma.syntax.ir import Op, Pattern, Wild

_SPECIAL = re.compile(r"\\[\\*?]|[*?]")
"""A backslash escapes only one of these three; elsewhere it is a plain character."""


def pattern(text: str) -> Pattern:
    """*text* as literal parts and wildcards."""
    parts: list[str | Wild] = []
    literal, position = "", 0
    for match in _SPECIAL.finditer(text):
        literal += text[position : match.start()]
        position = match.end()
        token = match[0]
        if len(token) > 1:
            literal += token[1]
            continue
        if literal:
            parts.append(literal)
        literal = ""
        parts.append(Wild(token))
    literal += text[position:]
    return (*parts, literal) if literal else tuple(parts)


def is_literal(parts: Pattern) -> bool:
    """Whether *parts* contain no wildcard."""
    return not any(isinstance(part, Wild) for part in parts)


def literal(parts: Pattern) -> str:
    """The text of parts without wildcards."""
    return "".join(part for part in parts if isinstance(part, str))


def open_start(parts: Pattern) -> Pattern:
    """*parts* with any text before them."""
    return parts if parts[:1] == (Wild.MANY,) else (Wild.MANY, *parts)


def open_end(parts: Pattern) -> Pattern:
    """*parts* with any text after them."""
    return parts if parts[-1:] == (Wild.MANY,) else (*parts, Wild.MANY)


def operation(parts: Pattern) -> tuple[Op, str | Pattern | bool]:
    """The simplest comparison that is equivalent to *parts*, and its value."""
    parts = _merged(parts)
    match parts:
        case ():
            return "eq", ""
        case (str(text),):
            return "eq", text
        case (Wild.MANY,):
            return "exists", True
        case (str(text), Wild.MANY):
            return "startswith", text
        case (Wild.MANY, str(text)):
            return "endswith", text
        case (Wild.MANY, str(text), Wild.MANY):
            return "contains", text
        case _:
            return "like", parts


def _merged(parts: Pattern) -> Pattern:
    """*parts* without repeated stars and empty texts, with adjacent texts joined."""
    merged: list[str | Wild] = []
    for part in parts:
        last = merged[-1] if merged else None
        if part == "" or (part is Wild.MANY and last is Wild.MANY):
            continue
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        else:
            merged.append(part)
    return tuple(merged)

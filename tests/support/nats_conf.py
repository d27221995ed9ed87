"""The configuration of a nats-server as Python values, so that tests compare users instead of strings."""

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r'#[^\n]*|"((?:[^"\\]|\\.)*)"|([{}\[\]=:,])|([^\s{}\[\]=:,"#]+)')


def parse(text: str) -> dict[str, Any]:
    """The mapping of *text*; variables stay ``$NAME``."""
    tokens = list(_tokens(text))
    values, end = _mapping(tokens, 0)
    assert end == len(tokens), tokens[end:]
    return values


def users(text: str) -> dict[str, dict[str, Any]]:
    """Every user of *text* by name (or nkey), in whichever account it is."""
    configuration = parse(text)
    blocks = configuration.get("accounts", {"": configuration.get("authorization", {})})
    return {user.get("user") or user["nkey"]: user for block in blocks.values() for user in block.get("users", [])}


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match[0].startswith("#"):
            continue
        yield ("sign", match[2]) if match[2] else ("value", match[1] if match[1] is not None else match[3])


def _mapping(tokens: list[tuple[str, str]], at: int) -> tuple[dict[str, Any], int]:
    values: dict[str, Any] = {}
    while at < len(tokens) and tokens[at] != ("sign", "}"):
        if tokens[at] == ("sign", ","):
            at += 1
            continue
        kind, key = tokens[at]
        assert kind == "value", tokens[at : at + 3]
        at += 2 if tokens[at + 1] in (("sign", "="), ("sign", ":")) else 1
        values[key], at = _value(tokens, at)
    return values, at


def _value(tokens: list[tuple[str, str]], at: int) -> tuple[Any, int]:
    if tokens[at] == ("sign", "{"):
        values, at = _mapping(tokens, at + 1)
        return values, at + 1
    if tokens[at] == ("sign", "["):
        items: list[Any] = []
        at += 1
        while tokens[at] != ("sign", "]"):
            if tokens[at] == ("sign", ","):
                at += 1
                continue
            item, at = _value(tokens, at)
            items.append(item)
        return items, at + 1
    return tokens[at][1], at + 1

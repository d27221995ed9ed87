"""What an event is made of, before fields are: parts that few agents send, and what a single field comes from."""

from collections.abc import Callable

from tocsin.model.event import ABSENT
from tocsin.sigma.fields.event_view import EventView

_FIRST_WORDS = {
    "binary_properties": "binary_properties",
    "cap": "cap",
    "ns": "ns",
    "credentials": "process_credentials",
    "env": "environment_variables",
    "ancestors": "ancestors",
    "tags": "tags",
}
"""First word of a field's name to the part that has it."""

PARTS: dict[str, Callable[[EventView], bool]] = {
    "binary_properties": lambda seen: seen.process.binary_properties is not ABSENT,
    "cap": lambda seen: seen.process.cap is not ABSENT,
    "ns": lambda seen: seen.process.ns is not ABSENT,
    "process_credentials": lambda seen: seen.process.process_credentials is not ABSENT,
    "environment_variables": lambda seen: seen.process.environment_variables is not ABSENT,
    "ancestors": lambda seen: seen.event.body.ancestors is not ABSENT,
    "tags": lambda seen: seen.event.body.tags is not ABSENT,
}
"""Whether a part is there."""

SOURCES: dict[str, Callable[[EventView], str | int | None]] = {
    "action": lambda seen: seen.event.body.action,
    "flags": lambda seen: seen.process.flags,
    "policy_name": lambda seen: seen.event.body.policy_name,
    "signal": lambda seen: seen.event.body.signal,
}
"""For fields that are made of one thing alone, that thing: events with the same have the same values."""


def part_of(field: str) -> str:
    """The part that *field* is in; empty for the others."""
    return _FIRST_WORDS.get(field.partition(".")[0], "")

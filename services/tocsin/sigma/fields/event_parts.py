"""Parts of an event that only some agents export, and the single source of some fields."""

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
"""The part of a field, by the first word of its name."""

PARTS: dict[str, Callable[[EventView], bool]] = {
    "binary_properties": lambda view: view.process.binary_properties is not ABSENT,
    "cap": lambda view: view.process.cap is not ABSENT,
    "ns": lambda view: view.process.ns is not ABSENT,
    "process_credentials": lambda view: view.process.process_credentials is not ABSENT,
    "environment_variables": lambda view: view.process.environment_variables is not ABSENT,
    "ancestors": lambda view: view.event.body.ancestors is not ABSENT,
    "tags": lambda view: view.event.body.tags is not ABSENT,
}
"""Whether an event has a part."""

SOURCES: dict[str, Callable[[EventView], str | int | None]] = {
    "action": lambda view: view.event.body.action,
    "flags": lambda view: view.process.flags,
    "policy_name": lambda view: view.event.body.policy_name,
    "signal": lambda view: view.event.body.signal,
}
"""The single source of a field: events with the same source have the same values."""


def part_of(field: str) -> str:
    """The part that contains *field*; empty for other fields."""
    return _FIRST_WORDS.get(field.partition(".")[0], "")

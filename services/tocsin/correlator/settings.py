"""What is counted: the settings with the prefix ``TOCSIN_CORRELATOR``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the policies are, and how much is remembered."""

    policies: str = ""
    """Folder that holds ``severity.yaml`` and ``rules/``; empty: the one that came with the program."""
    rules: str = ""
    """More folders of rules, separated by colons. What changes in any of them counts within seconds."""
    max_keys: Annotated[int, Meta(ge=100)] = 50_000
    """How many keys each correlation remembers; beyond it those go that were not seen for longest, and are counted."""

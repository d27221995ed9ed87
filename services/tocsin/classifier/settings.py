"""How events are judged: the settings with the prefix ``TOCSIN_CLASSIFIER``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the policies are, and which of their profiles judges."""

    policies: str = ""
    """Folder that holds ``severity.yaml`` and ``rules/``; empty: the one that came with the program."""
    rules: str = ""
    """More folders of rules, separated by colons. What changes in any of them is judged by within seconds."""
    profile: Annotated[str, Meta(min_length=1)] = "default"
    """Name of a profile in ``severity.yaml``: ``default`` or ``tuned``, or one of your own."""

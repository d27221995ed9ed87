"""The classifier's settings, with the prefix ``TOCSIN_CLASSIFIER``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the policies are, and which profile is active."""

    policies: str = ""
    """Folder with ``severity.yaml`` and ``rules/``; empty: the folder that is installed with the program."""
    rules: str = ""
    """More folders with rules, separated by colons. A changed file is loaded within seconds."""
    profile: Annotated[str, Meta(min_length=1)] = "default"
    """Name of a profile in ``severity.yaml``: ``default``, ``tuned``, or your own."""

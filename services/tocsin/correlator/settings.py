"""The correlator's settings, with the prefix ``TOCSIN_CORRELATOR``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the policies are, and how many keys stay in memory."""

    policies: str = ""
    """Folder with ``severity.yaml`` and ``rules/``; empty: the folder that is installed with the program."""
    rules: str = ""
    """More folders with rules, separated by colons. A changed file is loaded within seconds."""
    max_keys: Annotated[int, Meta(ge=100)] = 50_000
    """Keys that each correlation keeps in memory; beyond it, the least recently seen are dropped and counted."""

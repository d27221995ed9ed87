"""How events are judged: the settings with the prefix ``TOCSIN_CLASSIFIER``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the policies are, and which of their profiles judges."""

    policies: str = ""
    """Folder that holds ``severity.yaml``; empty: the one that came with the program."""
    profile: Annotated[str, Meta(min_length=1)] = "default"
    """Name of a profile in ``severity.yaml``: ``default`` or ``tuned``, or one of your own."""

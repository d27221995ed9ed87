"""Types of command-line arguments: names that become subject tokens, and sizes."""

import argparse

from tocsin.model import subjects
from tocsin.model.errors import SettingsError

_SMALLEST_MIB = 16


def split_names(flag: str, text: str, *, exact: bool = True) -> list[str]:
    """The names in *text*, separated by commas, each once.

    `SettingsError` if a name is not a token (``[a-z0-9_-]``, at most 63 characters); if *exact* is false, the caller
    turns it into one.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if exact and subjects.slug(name) != name:
            raise SettingsError(f"{flag} {name}: a name is made of a-z, 0-9, - and _, and has at most 63 of them")
    return list(dict.fromkeys(names))


def store_mib(text: str) -> int:
    """The maximum size of all streams together in MiB; ``ArgumentTypeError`` if it is too small for them."""
    size = int(text)
    if size < _SMALLEST_MIB:
        raise argparse.ArgumentTypeError(f"{size} MiB is too small; at least {_SMALLEST_MIB}")
    return size

"""Sizes that a command is given."""

import argparse

_SMALLEST_MIB = 16


def store_mib(text: str) -> int:
    """MiB that all streams together may hold; ``ArgumentTypeError`` where they would have no room."""
    size = int(text)
    if size < _SMALLEST_MIB:
        raise argparse.ArgumentTypeError(f"{size} MiB is too small; at least {_SMALLEST_MIB}")
    return size

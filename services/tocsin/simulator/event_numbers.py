"""The number of a simulated event, stored in its node labels, and found again in the line or in an alert."""

import re

LABEL = "tocsin.dev/number"

_KEY = f'"{LABEL}"'.encode()
_NUMBER = re.compile(re.escape(_KEY) + rb'\s*:\s*"(\d{1,18})"')


def number_of(line: bytes) -> int | None:
    """The number in a simulated event, or in JSON that contains one; ``None`` if there is none.

    A container cannot forge it: inside a JSON string its quotes would be escaped.
    """
    at = line.rfind(_KEY)
    if at < 0:
        return None
    match = _NUMBER.match(line, at)
    return int(match[1]) if match else None

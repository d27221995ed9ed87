"""The number that every simulated event carries among its node's labels, in the line and in any alert around it."""

import re

LABEL = "tocsin.dev/number"

_KEY = f'"{LABEL}"'.encode()
_NUMBER = re.compile(re.escape(_KEY) + rb'\s*:\s*"(\d{1,18})"')


def number_of(line: bytes) -> int | None:
    """The number in a simulated event, or in JSON that has one inside; ``None`` where there is none.

    A container cannot forge it: within a text of JSON its quotes would be escaped.
    """
    at = line.rfind(_KEY)
    if at < 0:
        return None
    match = _NUMBER.match(line, at)
    return int(match[1]) if match else None

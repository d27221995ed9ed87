"""Durations, sizes and lists as short texts."""

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_KIB = 1 << 10


def span(seconds: float) -> str:
    """``45 s``, ``12 min``, ``5 h``, ``3 days``; below a second in milliseconds."""
    size = abs(seconds)
    if size < 1:
        return f"{seconds * 1_000:.0f} ms"
    if size < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if size < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.0f} h" if size < 2 * _DAY_S else f"{seconds / _DAY_S:.0f} days"


def size(number: float) -> str:
    """``700 bytes``, ``12 KiB``, ``3.4 MiB``, ``1.2 GiB``."""
    if number < _KIB:
        return f"{number:.0f} bytes"
    for unit in ("KiB", "MiB"):
        number /= _KIB
        if number < _KIB:
            return f"{number:.3g} {unit}"
    return f"{number / _KIB:.3g} GiB"


def listed(names: list[str], most: int = 6) -> str:
    """The first *names*, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

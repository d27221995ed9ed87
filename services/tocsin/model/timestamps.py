"""RFC 3339 times as integer nanoseconds since 1970, UTC: Python's own datetime would lose the last three digits."""

import functools
import re
from datetime import UTC, datetime

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
MS_PER_S = 1_000
YEAR_2000_NS = 946_684_800 * NS_PER_S
MAX_AHEAD_NS = 300 * NS_PER_S
"""A kernel's clock may be this far ahead of the collector's; a time beyond is not believed."""

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_ns(text: str) -> int | None:
    """Nanoseconds since 1970 (negative before), or ``None`` if *text* is not an RFC 3339 time."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    whole, fraction, sign, hours, minutes = match.groups()
    seconds = _seconds(whole)
    if seconds is None:
        return None
    if sign:
        offset = int(hours) * 3600 + int(minutes) * 60
        seconds -= offset if sign == "+" else -offset
    return seconds * NS_PER_S + (int(fraction.ljust(9, "0")) if fraction else 0)


@functools.lru_cache(maxsize=1024)
def _seconds(whole: str) -> int | None:
    """Most events share their second with another one."""
    try:
        moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    except ValueError:
        return None
    since = moment - _EPOCH
    return since.days * 86_400 + since.seconds


def format_ns(ns: int) -> str:
    """RFC 3339 in UTC with all nine digits; *ns* must lie between the years 1 and 9999."""
    seconds, rest = divmod(ns, NS_PER_S)
    return f"{_whole(seconds)}.{rest:09d}Z"


@functools.lru_cache(maxsize=1024)
def _whole(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def believable(ns: int | None, received_ns: int) -> bool:
    """Whether an event read at *received_ns* may have happened at *ns*: old files hold old times."""
    return ns is not None and YEAR_2000_NS <= ns <= received_ns + MAX_AHEAD_NS

"""RFC 3339 times as integer nanoseconds since 1970, UTC: Python's own datetime would lose the last three digits."""

import re
from datetime import UTC, datetime

NS_PER_S = 1_000_000_000
YEAR_2000_NS = 946_684_800 * NS_PER_S

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_ns(text: str) -> int | None:
    """Nanoseconds since 1970 (negative before), or ``None`` where *text* is no RFC 3339 time."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    whole, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    except ValueError:
        return None
    since = moment - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    if sign:
        offset = int(hours) * 3600 + int(minutes) * 60
        seconds -= offset if sign == "+" else -offset
    return seconds * NS_PER_S + (int(fraction.ljust(9, "0")) if fraction else 0)


def format_ns(ns: int) -> str:
    """RFC 3339 in UTC with all nine digits; *ns* must lie between the years 1 and 9999."""
    seconds, rest = divmod(ns, NS_PER_S)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}Z"

"""The time range of a request, in whole seconds, and the bins of its timeline."""

from collections.abc import Mapping

from msgspec import Struct

from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.window import counts
from tocsin.model.timestamps import MS_PER_S, NS_PER_MS, parse_ns

MAX_BINS = 1_500
_DEFAULT_S = 900
_MAX_STEP_S = 86_400
_LATEST_S = 4_102_444_800
"""The year 2100."""


class TimeRange(Struct, frozen=True):
    """Whole seconds: a start or end within a second takes in all of it, so that rows and counts agree."""

    from_s: int
    to_s: int

    @property
    def from_ms(self) -> int:
        """The first millisecond."""
        return self.from_s * MS_PER_S

    @property
    def to_ms(self) -> int:
        """The first millisecond after it."""
        return self.to_s * MS_PER_S

    def default_step_s(self) -> int:
        """The default width of a bin of its timeline."""
        return counts.step(self.to_s - self.from_s)

    def bins(self, step_s: int) -> int:
        """The number of bins of this width; the last may be shorter."""
        return -(-(self.to_s - self.from_s) // step_s)


def parse(parameters: Mapping[str, str], now_ms: int) -> TimeRange:
    """The range of ``from`` and ``to``, the last 15 minutes by default; `QueryError` if they are wrong."""
    to_ms = _moment(parameters, "to", now_ms)
    from_ms = _moment(parameters, "from", to_ms - _DEFAULT_S * MS_PER_S)
    if from_ms >= to_ms:
        raise QueryError("from must lie before to")
    return TimeRange(from_ms // MS_PER_S, -(-to_ms // MS_PER_S))


def step(parameters: Mapping[str, str], span: TimeRange) -> int:
    """The width of a bin, seconds; `QueryError` if it is wrong or makes too many bins."""
    text = parameters.get("step")
    if text is None:
        return span.default_step_s()
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= value <= _MAX_STEP_S:
        raise QueryError(f"step must be a whole number of seconds from 1 to {_MAX_STEP_S:,}")
    if span.bins(value) > MAX_BINS:
        raise QueryError(f"step must be larger: at most {MAX_BINS:,} bins are counted")
    return value


def _moment(parameters: Mapping[str, str], name: str, default_ms: int) -> int:
    """Milliseconds since 1970 of a parameter that is RFC 3339 or such milliseconds."""
    text = parameters.get(name)
    if text is None:
        return default_ms
    if text.isascii() and text.isdigit() and len(text) < 16:
        ms = int(text)
    else:
        ns = parse_ns(text)
        ms = -1 if ns is None else ns // NS_PER_MS
    if not 0 <= ms <= _LATEST_S * MS_PER_S:
        raise QueryError(f"{name} must be a time like 2026-11-23T14:08:12Z, or milliseconds since 1970")
    return ms

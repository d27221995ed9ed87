"""A correlation that is satisfied: for which key, over which time, resting on which alerts."""

from msgspec import Struct

from tocsin.model.signal import Signal
from tocsin.model.timestamps import format_ns
from tocsin.sigma.syntax.documents import Correlation


class Firing(Struct, frozen=True, kw_only=True):
    """One firing; what `repeat` holds back is none."""

    id: str
    """BLAKE2b-128 of rule, key and completing signal: the same after any number of replays."""
    correlation: Correlation
    key: dict[str, str]
    """The cluster, and what the correlation groups by: field or alias to value (a long one ends in its hash)."""
    from_ns: int
    to_ns: int
    """When the condition held: the end of the window, which a late signal may have completed afterwards."""
    count: int
    """Events, different values or rules within the window. Events and values are counted up to what is remembered:
    at least twice the threshold."""
    evidence: tuple[str, ...]
    """Ids of up to 10 alerts, the completing one among them."""
    signal: Signal
    """The one that completed it."""
    seq: int
    """Of the message in SIGNALS that carried it."""

    @property
    def from_time(self) -> str:
        """Time of the first signal that counted, RFC 3339."""
        return format_ns(self.from_ns)

    @property
    def to_time(self) -> str:
        """Time of the window's end, RFC 3339."""
        return format_ns(self.to_ns)

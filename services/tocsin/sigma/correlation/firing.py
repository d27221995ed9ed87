"""The firing of a correlation: its key, its window, and the alerts that led to it."""

from msgspec import Struct

from tocsin.model.signal import Signal
from tocsin.model.timestamps import format_ns
from tocsin.sigma.syntax.documents import Correlation


class Firing(Struct, frozen=True, kw_only=True):
    """One firing, which ``x-repeat`` did not suppress."""

    id: str
    """BLAKE2b-128 of rule, key and completing signal: the same after every replay."""
    correlation: Correlation
    key: dict[str, str]
    """The cluster and the group-by values, by field or alias (a long value ends in its hash)."""
    from_ns: int
    to_ns: int
    """The end of the window; a late signal may have completed it afterwards."""
    count: int
    """Events, different values or rules within the window. Events and values count up to a limit of at least twice the
    threshold."""
    evidence: tuple[str, ...]
    """Ids of up to 10 alerts, the completing one among them."""
    signal: Signal
    """The signal that completed it."""
    seq: int
    """Sequence of the message in SIGNALS with this signal."""

    @property
    def from_time(self) -> str:
        """Time of the first signal that counted, RFC 3339."""
        return format_ns(self.from_ns)

    @property
    def to_time(self) -> str:
        """Time of the window's end, RFC 3339."""
        return format_ns(self.to_ns)

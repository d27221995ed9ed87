"""From which message SIGNALS is read after a start or a change of rules, and up to which one nothing is raised."""

from msgspec import Struct

from tocsin.bus import Start, Stream
from tocsin.correlator.position import Position
from tocsin.model.timestamps import NS_PER_S, parse_ns

MARGIN_NS = 2 * NS_PER_S
"""The leaders of two streams may be servers whose clocks differ a little."""


class RecoveryPlan(Struct, frozen=True, kw_only=True):
    """What to read, and what of it was handled before."""

    start: Start
    silent_to: int = 0
    """Up to this message, firings were raised before or must not be raised."""
    reset: str = ""
    """Why the stored position is of no use; empty if it is used."""
    evicted: int = 0
    """Messages that the stream dropped before they were read."""
    partial: bool = False
    """Messages that windows need are gone."""
    partial_at: int = 0
    """Windows are partial if this message is the first to arrive; 0: no such message."""


def plan(position: Position | None, stream: Stream, *, rules: str, horizon_ns: int) -> RecoveryPlan:
    """How to rebuild the windows as they were at *position*.

    *rules* is the hash of the active definitions, *horizon_ns* how far back signals count.
    """
    first, last = max(1, stream.state.first_seq), stream.state.last_seq
    reset = reset_reason(position, stream)
    if position is None or reset or not position.seq:
        return RecoveryPlan(start=Start(seq=first), reset=reset, partial=first > 1)
    evicted = max(0, first - 1 - position.seq) if first <= last else max(0, last - position.seq)
    stored_ns = parse_ns(position.stored)
    if position.rules != rules and stored_ns is not None:
        start = Start(time_ns=max(1, stored_ns - horizon_ns - MARGIN_NS))
        return RecoveryPlan(start=start, silent_to=position.seq, evicted=evicted, partial_at=first if first > 1 else 0)
    rebuild_from = position.rebuild_from if position.rules == rules else 1
    seq = max(1, min(rebuild_from, position.seq + 1))
    return RecoveryPlan(start=Start(seq=seq), silent_to=position.seq, evicted=evicted, partial=first > seq)


def reset_reason(position: Position | None, stream: Stream) -> str:
    """Why *position* is of no use for *stream*; empty if it is."""
    if position is None:
        return "no position is stored"
    if position.stream and position.stream != stream.created:
        return f"SIGNALS was recreated at {stream.created}"
    if position.seq > stream.state.last_seq:
        return f"SIGNALS ends at {stream.state.last_seq}, before the position {position.seq}"
    return ""

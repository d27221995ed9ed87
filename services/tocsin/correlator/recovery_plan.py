"""From where SIGNALS is read at start and after a change of rules, and up to where in silence."""

from msgspec import Struct

from tocsin.bus import Start, Stream
from tocsin.correlator.position import Position
from tocsin.model.timestamps import NS_PER_S, parse_ns

MARGIN_NS = 2 * NS_PER_S
"""Streams of one cluster may be led by servers whose clocks differ a little."""


class RecoveryPlan(Struct, frozen=True, kw_only=True):
    """What to read."""

    start: Start
    silent_to: int = 0
    """What is completed up to this message was raised, or is not to be."""
    anew: str = ""
    """Why what was known of the stream does not hold any more; empty where it does."""
    evicted: int = 0
    """Messages that nobody had read when the stream dropped them."""
    partial: bool = False
    """Messages that still count are gone."""
    partial_at: int = 0
    """The same, where this message is the first that comes; 0: none."""


def plan(position: Position | None, stream: Stream, *, rules: str, horizon_ns: int) -> RecoveryPlan:
    """How to come to the windows as they were at *position*.

    *rules* is the hash of what is to be remembered now, *horizon_ns* how far back in time signals count.
    """
    first, last = max(1, stream.state.first_seq), stream.state.last_seq
    why = anew(position, stream)
    if position is None or why or not position.seq:
        return RecoveryPlan(start=Start(seq=first), anew=why, partial=first > 1)
    evicted = max(0, first - 1 - position.seq) if first <= last else max(0, last - position.seq)
    stored_ns = parse_ns(position.stored)
    if position.rules != rules and stored_ns is not None:
        start = Start(time_ns=max(1, stored_ns - horizon_ns - MARGIN_NS))
        return RecoveryPlan(start=start, silent_to=position.seq, evicted=evicted, partial_at=first if first > 1 else 0)
    wanted = position.rebuild_from if position.rules == rules else 1
    seq = max(1, min(wanted, position.seq + 1))
    return RecoveryPlan(start=Start(seq=seq), silent_to=position.seq, evicted=evicted, partial=first > seq)


def anew(position: Position | None, stream: Stream) -> str:
    """Why *position* says nothing of *stream*; empty where it does."""
    if position is None:
        return "no position is stored"
    if position.stream and position.stream != stream.created:
        return f"SIGNALS was created anew at {stream.created}"
    if position.seq > stream.state.last_seq:
        return f"SIGNALS ends at {stream.state.last_seq}, before the position {position.seq}"
    return ""

"""Past firings: read from RAISED at the start, and published again if ALERTS does not have their alert."""

import logging
from collections import deque
from collections.abc import Collection

import msgspec
from msgspec import Struct

from tocsin.bus import Bus, Message, Start, streams
from tocsin.correlator.recovery_plan import MARGIN_NS
from tocsin.model import raised as records
from tocsin.model import subjects
from tocsin.model.raised import Raised
from tocsin.model.severity import KEPT
from tocsin.model.timestamps import parse_ns
from tocsin.sigma.correlation import CorrelationEngine

log = logging.getLogger(__name__)

LAST = 1_000
"""This many records are checked if it is not known which of them have their alert."""
_FILTERS = 16
"""Up to this many subjects are read one by one; with more, all alerts are read."""

RESULTS = {
    streams.ALERTS: subjects.ALL_ALERTS,
    streams.RAISED: subjects.ALL_RAISED,
    streams.dead("correlator"): subjects.dead("correlator"),
}
"""The streams that this service publishes to, each with a subject filter."""


class Unsettled(Struct, frozen=True):
    """A record whose alert may be missing."""

    raised: Raised
    stored_ns: int


class _Window(Struct, frozen=True):
    to: str = ""


class _Alert(Struct, frozen=True):
    correlation: _Window = _Window()


async def restore(bus: Bus, engine: CorrelationEngine, *, position: int, same_stream: bool) -> list[Unsettled]:
    """Restore every firing of RAISED in *engine*; return those after *position*, whose alert may be missing.

    If SIGNALS is not the *same_stream*, sequences mean nothing: any of the last `LAST` may be missing then.
    """
    last: deque[Unsettled] = deque(maxlen=LAST)
    after: list[Unsettled] = []
    unreadable = 0

    def take(message: Message) -> None:
        nonlocal unreadable
        try:
            raised = records.decode(message.payload)
            to = msgspec.json.decode(raised.alert, type=_Alert).correlation.to
        except msgspec.DecodeError:
            unreadable += 1
            return
        to_ns = parse_ns(to) or parse_ns(raised.time) or 0
        if same_stream:
            engine.restore(raised.rule, raised.key, raised.id, to_ns, seq=raised.seq)
        else:
            engine.restore(raised.rule, raised.key, raised.id, to_ns)
        unsettled = Unsettled(raised, message.stored_ns)
        if not same_stream or not position:
            last.append(unsettled)
        elif raised.seq > position:
            after.append(unsettled)

    await bus.read(streams.RAISED, take, filters=[subjects.ALL_RAISED])
    if unreadable:
        log.error("raised.unreadable", extra={"records": unreadable})
    return [*last, *after]


async def missing(bus: Bus, unsettled: Collection[Unsettled]) -> list[Raised]:
    """The records whose alert was never stored, in order. An alert is always stored after its record.

    ALERTS may have dropped an alert since; critical and high alerts stay in ALERTS_KEPT. A record of another severity
    is ignored if it is older than everything in ALERTS: its alert would be dropped by now as well.
    """
    kept_prefixes = tuple(subjects.alerts_of(severity).removesuffix(">") for severity in KEPT)
    begins_ns = parse_ns((await bus.stream(streams.ALERTS)).state.first_ts) or 0
    candidates = [
        each for each in unsettled if each.raised.subject.startswith(kept_prefixes) or each.stored_ns >= begins_ns
    ]
    kept_candidates = [each for each in candidates if each.raised.subject.startswith(kept_prefixes)]
    stored = await _stored(bus, streams.ALERTS, candidates) | await _stored(bus, streams.ALERTS_KEPT, kept_candidates)
    if len(candidates) < len(unsettled):
        log.warning("raised.passed_over", extra={"records": len(unsettled) - len(candidates)})
    return [each.raised for each in candidates if each.raised.id not in stored]


async def _stored(bus: Bus, stream: str, unsettled: Collection[Unsettled]) -> set[str]:
    """Ids of the records whose alert is in *stream*."""
    oldest: dict[str, int] = {}
    for each in unsettled:
        subject = each.raised.subject
        oldest[subject] = min(each.stored_ns, oldest.get(subject, each.stored_ns))
    if len(oldest) > _FILTERS:
        oldest = {subjects.ALL_ALERTS: min(oldest.values())}
    among = {each.raised.id for each in unsettled}
    ids: set[str] = set()
    for filter, since_ns in oldest.items():
        start = Start(time_ns=max(1, since_ns - MARGIN_NS))
        ids |= (await bus.stored_ids(stream, filter=filter, start=start, among=among)).keys()
    return ids


async def dead_letter_ids(bus: Bus) -> set[str]:
    """Ids of the stored dead letters."""
    stream, filter = streams.dead("correlator"), subjects.dead("correlator")
    return set(await bus.stored_ids(stream, filter=filter, start=Start()))

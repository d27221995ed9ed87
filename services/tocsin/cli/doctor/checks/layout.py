"""Streams, durables and bucket held against what this version declares; differences are named, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.bus import streams
from tocsin.cli.doctor.checks import words
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Layout, Observed, StreamSeen
from tocsin.model.timestamps import NS_PER_S

_DECLARE = "run `tocsin declare` as the admin"
_ROOMY = frozenset({"max_bytes", "num_replicas"})
"""Fields that an operator sizes: only their absence is wrong."""
_OURS = frozenset({streams.SIEM, streams.HISTORY, "forwarder"})
"""What the names of durables begin with that are declared where somebody asks for them, on both streams of alerts."""
_FULL = 0.9
_KEPT_LEAST_S = 86_400.0
"""Critical and high alerts that go sooner than this are gone before Monday."""
_BACKLOG = 0.5
"""Of EVENTS: beyond this the collectors stop reading."""


def check(seen: Observed) -> Iterator[Finding]:
    """What is missing, what differs, and what is about to be dropped."""
    layout = seen.layout
    if isinstance(layout, Unseen):
        yield unknown("streams.declared", layout)
        return
    window_s = seen.nats.duplicate_window_s
    yield _declared(layout, window_s)
    yield _durables(layout, window_s)
    yield from _fullness(layout, seen.now_ns)


def _declared(layout: Layout, window_s: float) -> Finding:
    wanted = list(streams.declarations(streams.sizes(streams.MAX_STORE_BYTES), duplicate_window_s=window_s))
    missing = [config["name"] for config in wanted if config["name"] not in layout.streams]
    if missing:
        return fail(
            "streams.declared",
            f"{', '.join(missing)} not there: collectors do not start before all streams are",
            _DECLARE,
        )
    found = [
        f"{config['name']}: {text}"
        for config in wanted
        for text in differences(config, layout.streams[config["name"]].config)
    ]
    if found:
        return fail(
            "streams.declared", f"{len(found)} differences from what this version declares", _DECLARE, details=found
        )
    return ok("streams.declared", f"all {len(wanted)} streams are as this version declares them")


def _durables(layout: Layout, window_s: float) -> Finding:
    there = {(own.stream, own.name): own for own in layout.readers}
    of_alerts = {name for stream, name in there if stream != streams.EVENTS and name.partition("-")[0] in _OURS}
    found, count = [], 0
    for stream, config in streams.durables(sorted(of_alerts), duplicate_window_s=window_s):
        count += 1
        own = there.get((stream, config["name"]))
        if own is None:
            found.append(f"{stream}/{config['name']}: not there")
        else:
            found += [f"{stream}/{own.name}: {text}" for text in differences(config, own.config)]
    if found:
        return fail(
            "streams.durables", "durable readers are not as this version declares them", _DECLARE, details=found
        )
    more = len(there) - count
    return ok(
        "streams.durables", f"{count} durable readers as declared" + (f", and {more} of your own" if more > 0 else "")
    )


def differences(wanted: Mapping[str, Any], found: Mapping[str, object], place: str = "") -> Iterator[str]:
    """What of *wanted* is otherwise in *found*, in words; what only *found* has is the server's own."""
    for field, value in wanted.items():
        here = f"{place}{field}"
        is_ = found.get(field)
        if field in _ROOMY:
            if not isinstance(is_, int) or is_ <= 0:
                yield f"{here} is unbounded; it must have a bound"
        elif isinstance(value, dict):
            yield from differences(value, is_ if isinstance(is_, dict) else {}, f"{here}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            inner = is_ if isinstance(is_, list) else []
            if len(inner) != len(value):
                yield f"{here} has {len(inner)} entries; {len(value)} are declared"
            else:
                for n, (one, other) in enumerate(zip(value, inner, strict=True)):
                    yield from differences(one, other if isinstance(other, dict) else {}, f"{here}[{n}].")
        elif not _same(value, is_):
            yield f"{here} is {_shown(field, is_)}; {_shown(field, value)} is declared"


def _same(wanted: object, found: object) -> bool:
    if found is None:  # the server leaves out what is empty
        return not wanted
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(map(str, wanted)) == sorted(map(str, found))
    return wanted == found


def _shown(field: str, value: object) -> str:
    if field in ("max_age", "duplicate_window", "ack_wait") and isinstance(value, int):
        return words.span(value / NS_PER_S) if value else "none"
    return "nothing" if value is None else str(value)


def _fullness(layout: Layout, now_ns: int) -> Iterator[Finding]:
    events, kept = layout.streams.get(streams.EVENTS), layout.streams.get(streams.ALERTS_KEPT)
    if events is not None:
        yield _backlog(layout, events)
    if kept is not None:
        yield _kept(kept, now_ns)


def _backlog(layout: Layout, events: StreamSeen) -> Finding:
    name = "streams.backlog"
    waiting = sum(own.waiting for own in layout.readers if own.stream == streams.EVENTS)
    share = waiting / events.messages * share_of(events) if events.messages else 0.0
    if share > _BACKLOG:
        return fail(
            name,
            f"what waits for the classifier fills {share:.0%} of EVENTS: collectors have stopped reading, "
            "and agents go on writing files that they rotate away",
            "see readers.classifier; start classifiers, or more of them",
        )
    return ok(name, f"what waits for the classifier fills {share:.0%} of EVENTS; collectors stop at {_BACKLOG:.0%}")


def _kept(kept: StreamSeen, now_ns: int) -> Finding:
    name = "streams.kept"
    if not kept.messages:
        return ok(name, "no critical or high alert is kept yet")
    age_s = (now_ns - kept.first_ns) / NS_PER_S
    held = f"{kept.messages:,} critical and high alerts of the last {words.span(age_s)} are kept"
    if share_of(kept) > _FULL and age_s < _KEPT_LEAST_S:
        return warn(
            name,
            f"{held}, and the stream is full: older ones are gone already",
            "silence what floods (docs/noise.md), or declare a larger store (TOCSIN_NATS_STORE_MB)",
        )
    return ok(name, held)


def share_of(stream: StreamSeen) -> float:
    """How full it is, from 0 to 1."""
    limit = stream.config.get("max_bytes")
    return stream.bytes / limit if isinstance(limit, int) and limit > 0 else 0.0

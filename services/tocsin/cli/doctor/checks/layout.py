"""Streams, durables and bucket compared with what this version declares, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.bus import streams
from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Layout, Observations, ObservedStream
from tocsin.model.timestamps import NS_PER_S

_DECLARE = "run `tocsin declare` as the admin"
_ROOMY = frozenset({"max_bytes", "num_replicas"})
"""Fields that an operator may set: only a missing value is wrong."""
_OURS = frozenset({streams.SIEM, streams.HISTORY, "forwarder"})
"""Prefixes of the names of optional durables, which are declared on both streams of alerts."""
_FULL = 0.9
_KEPT_LEAST_S = 86_400.0
"""Critical and high alerts should be kept over a weekend at least."""
_BACKLOG = 0.5
"""Share of EVENTS; beyond it the collectors stop reading."""


def check(observations: Observations) -> Iterator[Finding]:
    """Missing streams, differences, and streams that are nearly full."""
    layout = observations.layout
    if isinstance(layout, Unknown):
        yield unknown("streams.declared", layout)
        return
    window_s = observations.nats.duplicate_window_s
    yield _declared(layout, window_s)
    yield _durables(layout, window_s)
    yield from _fullness(layout, observations.now_ns)


def _declared(layout: Layout, window_s: float) -> Finding:
    configs = list(streams.declarations(streams.sizes(streams.MAX_STORE_BYTES), duplicate_window_s=window_s))
    missing = [config["name"] for config in configs if config["name"] not in layout.streams]
    if missing:
        return fail(
            "streams.declared",
            f"{', '.join(missing)} missing: collectors start only when all streams exist",
            _DECLARE,
        )
    details = [
        f"{config['name']}: {text}"
        for config in configs
        for text in differences(config, layout.streams[config["name"]].config)
    ]
    if details:
        return fail(
            "streams.declared", f"{len(details)} differences from what this version declares", _DECLARE, details=details
        )
    return ok("streams.declared", f"all {len(configs)} streams are as this version declares them")


def _durables(layout: Layout, window_s: float) -> Finding:
    existing = {(reader.stream, reader.name): reader for reader in layout.readers}
    of_alerts = {name for stream, name in existing if stream != streams.EVENTS and name.partition("-")[0] in _OURS}
    details, count = [], 0
    for stream, config in streams.durables(sorted(of_alerts), duplicate_window_s=window_s):
        count += 1
        reader = existing.get((stream, config["name"]))
        if reader is None:
            details.append(f"{stream}/{config['name']}: missing")
        else:
            details += [f"{stream}/{reader.name}: {text}" for text in differences(config, reader.config)]
    if details:
        return fail(
            "streams.durables", "some durables are not as this version declares them", _DECLARE, details=details
        )
    more = len(existing) - count
    return ok("streams.durables", f"{count} durables as declared" + (f", and {more} others" if more > 0 else ""))


def differences(declared: Mapping[str, Any], existing: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    """The differences of *existing* from *declared*; fields that only *existing* has are defaults of the server."""
    for field, value in declared.items():
        name = f"{prefix}{field}"
        actual = existing.get(field)
        if field in _ROOMY:
            if not isinstance(actual, int) or actual <= 0:
                yield f"{name} is unbounded; it must have a bound"
        elif isinstance(value, dict):
            yield from differences(value, actual if isinstance(actual, dict) else {}, f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            inner = actual if isinstance(actual, list) else []
            if len(inner) != len(value):
                yield f"{name} has {len(inner)} entries; {len(value)} are declared"
            else:
                for n, (one, other) in enumerate(zip(value, inner, strict=True)):
                    yield from differences(one, other if isinstance(other, dict) else {}, f"{name}[{n}].")
        elif not _same(value, actual):
            yield f"{name} is {_shown(field, actual)}; {_shown(field, value)} is declared"


def _same(declared: object, existing: object) -> bool:
    if existing is None:  # the server leaves out what is empty
        return not declared
    if isinstance(declared, list) and isinstance(existing, list):
        return sorted(map(str, declared)) == sorted(map(str, existing))
    return declared == existing


def _shown(field: str, value: object) -> str:
    if field in ("max_age", "duplicate_window", "ack_wait") and isinstance(value, int):
        return units.span(value / NS_PER_S) if value else "none"
    return "nothing" if value is None else str(value)


def _fullness(layout: Layout, now_ns: int) -> Iterator[Finding]:
    events, kept = layout.streams.get(streams.EVENTS), layout.streams.get(streams.ALERTS_KEPT)
    if events is not None:
        yield _backlog(layout, events)
    if kept is not None:
        yield _kept(kept, now_ns)


def _backlog(layout: Layout, events: ObservedStream) -> Finding:
    name = "streams.backlog"
    waiting = sum(reader.waiting for reader in layout.readers if reader.stream == streams.EVENTS)
    share = waiting / events.messages * share_of(events) if events.messages else 0.0
    if share > _BACKLOG:
        return fail(
            name,
            f"events that wait for the classifier fill {share:.0%} of EVENTS: collectors have stopped reading, "
            "while agents keep writing and rotating their export files",
            "see readers.classifier; start a classifier, or more of them",
        )
    return ok(
        name, f"events that wait for the classifier fill {share:.0%} of EVENTS; collectors stop at {_BACKLOG:.0%}"
    )


def _kept(kept: ObservedStream, now_ns: int) -> Finding:
    name = "streams.kept"
    if not kept.messages:
        return ok(name, "there is no critical or high alert yet")
    age_s = (now_ns - kept.first_ns) / NS_PER_S
    text = f"{kept.messages:,} critical and high alerts of the last {units.span(age_s)} are stored"
    if share_of(kept) > _FULL and age_s < _KEPT_LEAST_S:
        return warn(
            name,
            f"{text}, and the stream is full: older ones are dropped",
            "silence frequent alerts (docs/noise.md), or declare a larger store (TOCSIN_NATS_STORE_MB)",
        )
    return ok(name, text)


def share_of(stream: ObservedStream) -> float:
    """How full the stream is, from 0 to 1."""
    limit = stream.config.get("max_bytes")
    return stream.bytes / limit if isinstance(limit, int) and limit > 0 else 0.0

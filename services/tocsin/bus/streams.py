"""The streams, their durable readers and the bucket, as declared to JetStream (architecture, section 2)."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from tocsin.model import subjects
from tocsin.model.severity import KEPT, Severity
from tocsin.model.timestamps import NS_PER_S

EVENTS = "EVENTS"
ALERTS = "ALERTS"
ALERTS_KEPT = "ALERTS_KEPT"
SIGNALS = "SIGNALS"
RAISED = "RAISED"
BUCKET = "tocsin-checkpoints"
BUCKET_STREAM = f"KV_{BUCKET}"

CLASSIFIER = "classifier"
HISTORY = "history"
SIEM = "siem"

DUPLICATE_WINDOW_S = 60.0
_DAY_S = 86_400.0
_ACK_SHARE = 4
"""``ack_wait`` is a quarter of the duplicate window, so that a first redelivery is still recognized."""
_FOREIGN_WAIT_S = 30.0
"""``ack_wait`` of a SIEM, which recognizes a repeated alert by its id."""
_MAX_ACK_PENDING = 4_000


class Sizes(Struct, frozen=True, kw_only=True):
    """Maximum bytes of each stream on disk."""

    events: int
    alerts: int
    kept: int
    signals: int
    raised: int
    dead: int


_SHARES = {"events": 0.40, "alerts": 0.30, "kept": 0.18, "signals": 0.06, "raised": 0.02, "dead": 0.013}
"""``dead`` counts three times: one stream for each service with dead letters."""

MAX_STORE_BYTES = 8 << 30


def sizes(store_bytes: int) -> Sizes:
    """Shares of *store_bytes*, at most 8 GiB of it."""
    return shares(min(store_bytes, MAX_STORE_BYTES))


def shares(store_bytes: int) -> Sizes:
    """Shares of *store_bytes*, as an operator has set it."""
    return Sizes(**{name: int(store_bytes * share) for name, share in _SHARES.items()})


def dead(service: str) -> str:
    """The stream with the dead letters of one service."""
    return f"DEAD_{service.upper()}"


DEAD_LETTER_SERVICES = ("collector", "classifier", "correlator")
"""Services with dead letters of their own."""
NAMES = (EVENTS, ALERTS, ALERTS_KEPT, SIGNALS, RAISED, *map(dead, DEAD_LETTER_SERVICES), BUCKET_STREAM)
"""All streams that are declared."""


def declarations(
    sizes: Sizes, *, duplicate_window_s: float = DUPLICATE_WINDOW_S, replicas: int = 1
) -> Iterator[dict[str, Any]]:
    """The configuration of every stream, in an order in which each can be created; *replicas* is that of a cluster."""
    for config in _streams(sizes, duplicate_window_s):
        yield config | {"num_replicas": replicas}


def _streams(sizes: Sizes, duplicate_window_s: float) -> Iterator[dict[str, Any]]:
    plain = [
        (EVENTS, [subjects.ALL_EVENTS], sizes.events, 0.0),
        (ALERTS, [subjects.ALL_ALERTS], sizes.alerts, 7 * _DAY_S),
        (SIGNALS, [subjects.ALL_SIGNALS], sizes.signals, _DAY_S),
        (RAISED, [subjects.ALL_RAISED], sizes.raised, 7 * _DAY_S),
        *((dead(service), [subjects.dead(service)], sizes.dead, 30 * _DAY_S) for service in DEAD_LETTER_SERVICES),
    ]
    for name, taken, size, age_s in plain:
        yield _stream(name, size, age_s, duplicate_window_s) | {"subjects": taken}
    filters = [{"src": subjects.alerts_of(severity), "dest": ""} for severity in KEPT]
    yield _stream(ALERTS_KEPT, sizes.kept, 30 * _DAY_S, duplicate_window_s) | {
        "sources": [{"name": ALERTS, "subject_transforms": filters}]
    }
    yield {
        "name": BUCKET_STREAM,
        "subjects": [f"$KV.{BUCKET}.>"],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs_per_subject": 1,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
        "allow_direct": True,
    }


def _stream(name: str, size: int, age_s: float, duplicate_window_s: float) -> dict[str, Any]:
    return {
        "name": name,
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_bytes": size,
        "max_age": int(age_s * NS_PER_S),
        "duplicate_window": int(duplicate_window_s * NS_PER_S),
        "allow_direct": True,
    }


def forwarder(sink: str) -> str:
    """The name of the forwarder's durables for one of its sinks."""
    return f"forwarder-{sink}"


def siem(name: str) -> str:
    """The name of a further SIEM's durables, and of its user."""
    return f"{SIEM}-{name}"


def durables(
    readers: Sequence[str] = (SIEM,), *, duplicate_window_s: float = DUPLICATE_WINDOW_S
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The durable readers, each with its stream: the classifier, and *readers* of alerts (`HISTORY`, `SIEM`, or names
    made by `siem` and `forwarder`), each with one for all critical and high, and one for the rest.
    """
    rest = [subjects.alerts_of(severity) for severity in (Severity.MEDIUM, Severity.LOW)]
    service_wait_s = ack_wait_s(duplicate_window_s)
    yield EVENTS, _durable(CLASSIFIER, service_wait_s, [])
    for name in readers:
        wait_s = _FOREIGN_WAIT_S if name.partition("-")[0] == SIEM else service_wait_s
        yield ALERTS_KEPT, _durable(name, wait_s, [])
        yield ALERTS, _durable(name, wait_s, rest)


def ack_wait_s(duplicate_window_s: float) -> float:
    """Seconds without an answer after which a message is delivered to a service again."""
    return duplicate_window_s / _ACK_SHARE


def reader_names(sinks: Sequence[str] = (), siems: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """The names of all durable readers, with those of planned services, of the forwarder's *sinks* and of *siems*."""
    alerts = (HISTORY, SIEM, *map(forwarder, sinks), *map(siem, siems))
    return {EVENTS: (CLASSIFIER,), ALERTS: alerts, ALERTS_KEPT: alerts}


def _durable(name: str, wait_s: float, filters: list[str]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "durable_name": name,
        "name": name,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": int(wait_s * NS_PER_S),
        "max_deliver": -1,
        "max_ack_pending": _MAX_ACK_PENDING,
        "replay_policy": "instant",
    }
    return config | ({"filter_subjects": filters} if filters else {})

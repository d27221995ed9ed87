"""The way of an event from the sensor to the clients, hop by hop: what goes in and out, what waits, what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from tocsin.gateway.pipeline.service_reports import Instance

TITLES = {
    "collector": "Collector",
    "EVENTS": "Stream EVENTS",
    "classifier": "Classifier",
    "correlator": "Correlator",
    "ALERTS": "Stream ALERTS",
    "gateway": "Gateway",
}


class HopAnswer(Struct, frozen=True, kw_only=True):
    """One stage of the pipeline; a number is ``null`` if it is not known or the stage has none."""

    name: str
    """Name of the service or stream."""
    title: str
    """What to show as its name."""
    instances: int | None
    """Instances that report."""
    in_s: float | None
    """Incoming events, alerts or signals a second, over the last seconds."""
    out_s: float | None
    """Outgoing ones a second."""
    lag_s: float | None
    """Delay, seconds."""
    waiting: int | None
    """Messages that wait."""
    dropped: int | None
    """Messages that were dropped; ``null`` for an unknown number."""
    dropped_why: str
    """Why they were dropped."""
    last_seen_s: float | None
    """Seconds since its last report; of a stream, since its last message."""
    problem: str
    """What fails here; empty if nothing does."""


class Flow(Struct, frozen=True, kw_only=True):
    """What one stream is passed through by."""

    in_s: float | None = None
    out_s: float | None = None
    waiting: int | None = None
    idle_s: float | None = None
    evicted: int | None = None
    """Messages that it dropped before a reader had them; ``None`` where that is not known."""


class Own(Struct, frozen=True, kw_only=True):
    """What this gateway knows of itself."""

    in_s: float | None
    out_s: float | None
    lag_s: float
    waiting: int
    undecodable: int


class Facts(Struct, frozen=True, kw_only=True):
    """All that the hops are made of."""

    instances: Iterable[Instance]
    events: Flow
    alerts: Flow
    own: Own
    problems: Mapping[str, str]
    """Hop to what is broken there, as `State.problems` has it."""
    connected: bool
    """Whether services can be heard."""


class Service:
    """All instances of one service."""

    def __init__(self, instances: list[Instance], *, connected: bool) -> None:
        self.instances = instances
        self._connected = connected

    def total(self, name: str) -> int | None:
        """The sum of a number over the instances."""
        found = [own.totals[name] for own in self.instances if name in own.totals]
        return round(sum(found)) if found else None

    def rate(self, name: str) -> float | None:
        """How fast it grows, over all instances."""
        found = [own.rates[name] for own in self.instances if name in own.rates]
        return round(sum(found), 2) if found else None

    def fields(self, name: str) -> dict[str, Any]:
        """What is told of every service."""
        known = self._connected or bool(self.instances)
        ages = [own.age_s for own in self.instances]
        return {
            "name": name,
            "title": TITLES[name],
            "instances": len(self.instances) if known else None,
            "last_seen_s": round(min(ages), 1) if ages else None,
        }


_PROBLEMS = {
    "collector": ("collector",),
    "EVENTS": ("nats", "stream"),
    "classifier": ("classifier",),
    "correlator": ("correlator",),
    "ALERTS": ("nats", "alerts"),
    "gateway": ("window",),
}
"""Hop to the keys under which its problems are told; those of a service have more after a dot."""
_EVICTED = "messages that the stream gave up before a reader had them"


def hops(facts: Facts) -> list[HopAnswer]:
    """In the order in which an event passes them."""
    told = list(facts.instances)
    services = {
        name: Service([own for own in told if own.report.service == name], connected=facts.connected)
        for name in ("collector", "classifier", "correlator", "gateway")
    }
    made = [
        _collector(services["collector"]),
        _stream("EVENTS", facts.events),
        _classifier(services["classifier"]),
        _correlator(services["correlator"]),
        _stream("ALERTS", facts.alerts),
        _gateway(services["gateway"], facts.own),
    ]
    return [HopAnswer(**fields, problem=_problem(fields["name"], facts.problems)) for fields in made]


def _problem(name: str, problems: Mapping[str, str]) -> str:
    found = [
        why
        for key, why in problems.items()
        if any(key == own or key.startswith(f"{own}.") for own in _PROBLEMS[name])
    ]  # fmt: skip
    return "; ".join(dict.fromkeys(found))


def _collector(own: Service) -> dict[str, Any]:
    dropped, why = own.total("tocsin_collector_dead_letters_total"), ""
    if dropped:
        why = "lines that are no event: kept, with the reason, in DEAD_COLLECTOR"
    vanished = own.total("tocsin_collector_vanished_files_total")
    if vanished:
        size = own.total("tocsin_collector_vanished_bytes_total") or 0
        what = f"{vanished:,} export files ({size:,} bytes known)" if size else f"{vanished:,} export files"
        dropped, why = None, f"{what} were gone before they were read: how many events they held, nobody knows"
    behind = own.total("tocsin_collector_lag_bytes")
    speed = own.rate("tocsin_collector_received_bytes_total")
    return {
        **own.fields("collector"),
        "in_s": own.rate("tocsin_collector_received_lines_total"),
        "out_s": own.rate("tocsin_collector_stored_events_total"),
        "lag_s": _behind(behind, speed),
        "waiting": own.total("tocsin_collector_unsettled_lines"),
        "dropped": dropped,
        "dropped_why": why,
    }


def _classifier(own: Service) -> dict[str, Any]:
    lag = "tocsin_classifier_event_lag_seconds"
    judged = own.rate(f"{lag}_count")
    dropped = own.total("tocsin_classifier_buried_events_total")
    held = own.total("tocsin_classifier_held_events")
    waiting = own.total("tocsin_classifier_waiting_alerts")
    return {
        **own.fields("classifier"),
        "in_s": own.rate("tocsin_classifier_received_events_total"),
        "out_s": own.rate("tocsin_classifier_published_alerts_total"),
        "lag_s": round((own.rate(lag) or 0.0) / judged, 3) if judged else None,
        "waiting": None if held is None and waiting is None else (held or 0) + (waiting or 0),
        "dropped": dropped,
        "dropped_why": "events that could not be judged: kept, with the reason, in DEAD_CLASSIFIER" if dropped else "",
    }


def _correlator(own: Service) -> dict[str, Any]:
    speed = own.rate("tocsin_correlator_received_signals_total")
    waiting = own.total("tocsin_correlator_lag_messages")
    unread = own.total("tocsin_correlator_unread_signals_total")
    return {
        **own.fields("correlator"),
        "in_s": speed,
        "out_s": own.rate("tocsin_correlator_raised_alerts_total"),
        "lag_s": _behind(waiting, speed),
        "waiting": waiting,
        "dropped": unread,
        "dropped_why": "messages of SIGNALS that were gone before they were read" if unread else "",
    }


def _stream(name: str, flow: Flow) -> dict[str, Any]:
    return {
        "name": name,
        "title": TITLES[name],
        "instances": None,
        "in_s": _rounded(flow.in_s),
        "out_s": _rounded(flow.out_s),
        "lag_s": _behind(flow.waiting, flow.out_s),
        "waiting": flow.waiting,
        "dropped": flow.evicted,
        "dropped_why": _EVICTED if flow.evicted else "",
        "last_seen_s": _rounded(flow.idle_s),
    }


def _gateway(service: Service, own: Own) -> dict[str, Any]:
    fields = service.fields("gateway")
    return {
        **fields,
        "instances": fields["instances"] or 1,
        "last_seen_s": 0.0,
        "in_s": _rounded(own.in_s),
        "out_s": _rounded(own.out_s),
        "lag_s": own.lag_s,
        "waiting": own.waiting,
        "dropped": own.undecodable,
        "dropped_why": "alerts that make no sense" if own.undecodable else "",
    }


def _behind(waiting: int | None, speed: float | None) -> float | None:
    """How long what waits takes at this speed."""
    if not waiting:
        return None if waiting is None else 0.0
    return round(waiting / speed, 1) if speed else None


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)

"""The stages of the pipeline, from sensor to clients: what goes in and out, what waits, what is failing."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from tocsin.gateway.pipeline.service_reports import Instance
from tocsin.model import metric_names

TITLES = {
    "collector": "Collector",
    "EVENTS": "Stream EVENTS",
    "classifier": "Classifier",
    "correlator": "Correlator",
    "ALERTS": "Stream ALERTS",
    "gateway": "Gateway",
}


class HopAnswer(Struct, frozen=True, kw_only=True):
    """One stage of the pipeline; ``null`` is not known, or does not apply to such a stage."""

    name: str
    """Name of the service or stream."""
    title: str
    """What to show as its name."""
    instances: int | None
    """Instances that report."""
    in_s: float | None
    """Events, alerts or signals that come in a second, of the last seconds."""
    out_s: float | None
    """Outgoing ones a second."""
    lag_s: float | None
    """How many seconds it is behind."""
    waiting: int | None
    """Messages that wait."""
    dropped: int | None
    """What was not passed on; ``null`` if an unknown number was lost."""
    dropped_why: str
    """Why they were dropped."""
    last_seen_s: float | None
    """Seconds since its last report; of a stream, since the last message was stored in it."""
    problem: str
    """What is failing here, in words; empty if nothing is."""


class Flow(Struct, frozen=True, kw_only=True):
    """What passes through one stream."""

    in_s: float | None = None
    out_s: float | None = None
    waiting: int | None = None
    idle_s: float | None = None
    evicted: int | None = None
    """Messages that it dropped before a reader read them; ``None`` if that is not known."""


class GatewayNumbers(Struct, frozen=True, kw_only=True):
    """The numbers of this gateway itself."""

    in_s: float | None
    out_s: float | None
    lag_s: float
    waiting: int
    undecodable: int


class Facts(Struct, frozen=True, kw_only=True):
    """What the stages are made of."""

    instances: Iterable[Instance]
    events: Flow
    alerts: Flow
    gateway: GatewayNumbers
    problems: Mapping[str, str]
    """Part of the pipeline to what is failing there, as `GatewayState.problems` has it."""
    connected: bool
    """Whether reports of services can arrive."""


class Service:
    """All instances of one service."""

    def __init__(self, instances: list[Instance], *, connected: bool) -> None:
        self.instances = instances
        self._connected = connected

    def total(self, name: str) -> int | None:
        """The sum of a number over the instances; ``None`` if no instance reports it."""
        values = [instance.totals[name] for instance in self.instances if name in instance.totals]
        return round(sum(values)) if values else None

    def rate(self, name: str) -> float | None:
        """Its growth a second, over all instances."""
        values = [instance.rates[name] for instance in self.instances if name in instance.rates]
        return round(sum(values), 2) if values else None

    def fields(self, name: str) -> dict[str, Any]:
        """The fields that every service has."""
        known = self._connected or bool(self.instances)
        ages = [instance.age_s for instance in self.instances]
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
"""Stage to the keys of its problems; those of a service have a dot and more after it."""
_EVICTED = "messages that the stream dropped before a reader read them"


def hops(facts: Facts) -> list[HopAnswer]:
    """In the order in which an event passes them."""
    instances = list(facts.instances)
    services = {
        name: Service(
            [instance for instance in instances if instance.report.service == name], connected=facts.connected
        )
        for name in ("collector", "classifier", "correlator", "gateway")
    }
    stages = [
        _collector(services["collector"]),
        _stream("EVENTS", facts.events),
        _classifier(services["classifier"]),
        _correlator(services["correlator"]),
        _stream("ALERTS", facts.alerts),
        _gateway(services["gateway"], facts.gateway),
    ]
    return [HopAnswer(**fields, problem=_problem(fields["name"], facts.problems)) for fields in stages]


def _problem(name: str, problems: Mapping[str, str]) -> str:
    texts = [
        why
        for key, why in problems.items()
        if any(key == part or key.startswith(f"{part}.") for part in _PROBLEMS[name])
    ]  # fmt: skip
    return "; ".join(dict.fromkeys(texts))


def _collector(service: Service) -> dict[str, Any]:
    dropped, why = service.total(metric_names.COLLECTOR_DEAD_LETTERS), ""
    if dropped:
        why = "lines that are not events: kept in DEAD_COLLECTOR, with the reason"
    vanished = service.total(metric_names.COLLECTOR_VANISHED_FILES)
    if vanished:
        size = service.total(metric_names.COLLECTOR_VANISHED_BYTES) or 0
        what = f"{vanished:,} export files ({size:,} bytes known)" if size else f"{vanished:,} export files"
        dropped, why = None, f"{what} were gone before they were read, with an unknown number of events"
    behind = service.total(metric_names.COLLECTOR_LAG_BYTES)
    speed = service.rate(metric_names.COLLECTOR_RECEIVED_BYTES)
    return {
        **service.fields("collector"),
        "in_s": service.rate(metric_names.COLLECTOR_RECEIVED_LINES),
        "out_s": service.rate(metric_names.COLLECTOR_STORED_EVENTS),
        "lag_s": _behind(behind, speed),
        "waiting": service.total(metric_names.COLLECTOR_UNSETTLED_LINES),
        "dropped": dropped,
        "dropped_why": why,
    }


def _classifier(service: Service) -> dict[str, Any]:
    lag = metric_names.CLASSIFIER_EVENT_LAG
    judged = service.rate(f"{lag}_count")
    dropped = service.total(metric_names.CLASSIFIER_DEAD_LETTERS)
    in_memory = service.total(metric_names.CLASSIFIER_HELD_EVENTS)
    waiting = service.total(metric_names.CLASSIFIER_WAITING_ALERTS)
    return {
        **service.fields("classifier"),
        "in_s": service.rate(metric_names.CLASSIFIER_RECEIVED_EVENTS),
        "out_s": service.rate(metric_names.CLASSIFIER_PUBLISHED_ALERTS),
        "lag_s": round((service.rate(lag) or 0.0) / judged, 3) if judged else None,
        "waiting": None if in_memory is None and waiting is None else (in_memory or 0) + (waiting or 0),
        "dropped": dropped,
        "dropped_why": "events that could not be judged: kept in DEAD_CLASSIFIER, with the reason" if dropped else "",
    }


def _correlator(service: Service) -> dict[str, Any]:
    speed = service.rate(metric_names.CORRELATOR_RECEIVED_SIGNALS)
    waiting = service.total(metric_names.CORRELATOR_LAG_MESSAGES)
    unread = service.total(metric_names.CORRELATOR_UNREAD_SIGNALS)
    return {
        **service.fields("correlator"),
        "in_s": speed,
        "out_s": service.rate(metric_names.CORRELATOR_RAISED_ALERTS),
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


def _gateway(service: Service, numbers: GatewayNumbers) -> dict[str, Any]:
    fields = service.fields("gateway")
    return {
        **fields,
        "instances": fields["instances"] or 1,
        "last_seen_s": 0.0,
        "in_s": _rounded(numbers.in_s),
        "out_s": _rounded(numbers.out_s),
        "lag_s": numbers.lag_s,
        "waiting": numbers.waiting,
        "dropped": numbers.undecodable,
        "dropped_why": "alerts that could not be decoded" if numbers.undecodable else "",
    }


def _behind(waiting: int | None, speed: float | None) -> float | None:
    """How many seconds the waiting messages take at this speed."""
    if not waiting:
        return None if waiting is None else 0.0
    return round(waiting / speed, 1) if speed else None


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)

"""What is known of the hops: the numbers of all instances of a service, and what passes through a stream."""

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


class Flow(Struct, frozen=True, kw_only=True):
    """What one stream is passed through by."""

    in_s: float | None = None
    out_s: float | None = None
    waiting: int | None = None
    idle_s: float | None = None
    evicted: int | None = None
    """Messages that it dropped before a reader had them; ``None`` where that is not known."""


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

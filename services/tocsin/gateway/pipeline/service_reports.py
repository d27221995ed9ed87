"""What the services told of themselves, and which hop of the way from sensor to screen is broken by it."""

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from tocsin.gateway.pipeline.rates import growth, totals
from tocsin.model.timestamps import NS_PER_S, parse_ns
from tocsin.runtime import service_report
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport

FRESH_S = 30.0
GRACE_S = 10.0
"""So long after the start a service may be silent: it tells of itself every five seconds."""
_INSTANCES = 5_000
"""A collector for each node of a large cluster."""
_ROOM_BYTES = 64 << 20
"""Of all Reports that are kept."""
_SAMPLES = 2_000
_BYTES = 1 << 20
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_HEARD = ("collector", "classifier", "correlator")
"""Services without which alerts do not arrive, or not all."""


class Heard(Struct, frozen=True):
    """One Report and when it came, seconds of the monotonic clock."""

    report: ServiceReport
    at: float
    size: int
    totals: Mapping[str, float]
    """Each number, over its labels."""
    rates: Mapping[str, float]
    """How much each has grown a second since the Report before; empty after the first."""


class Instance(Struct, frozen=True):
    """What one instance told last, and what follows from that and from what it told before."""

    report: ServiceReport
    age_s: float
    totals: Mapping[str, float]
    rates: Mapping[str, float]


class ServiceReports:
    """The last Report of each instance."""

    def __init__(self, now: float, grace_s: float = GRACE_S) -> None:
        """*now* is when listening begins, as all times here."""
        self.since = now
        """Since when Reports can be heard."""
        self._grace_s = grace_s
        self._heard: dict[tuple[str, str], Heard] = {}
        self._size = 0
        self.unreadable = 0

    def hear(self, subject: str, payload: bytes, now: float) -> ServiceReport | None:
        """Keep what one instance says. It may speak for the service of its subject alone; else ``None``."""
        try:
            said = service_report.decode(payload) if len(payload) <= _BYTES else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = None
        if said is None or subject.split(".")[2:3] != [said.service]:
            self.unreadable += 1
            return None
        key = (said.service, said.instance[:80])
        before = self._heard.pop(key, None)
        numbers = totals(said.samples)
        rates = {} if before is None else growth(before.totals, numbers, _between_s(before, said, now))
        self._heard[key] = Heard(said, now, len(payload), numbers, rates)
        self._size += len(payload) - (0 if before is None else before.size)
        while (
            len(self._heard) > _INSTANCES or self._size > _ROOM_BYTES
        ):  # the one that has been silent for longest goes
            self._size -= self._heard.pop(next(iter(self._heard))).size
        return said

    def fresh(self, now: float) -> list[ServiceReport]:
        """The Reports that are not older than 30 s; the others are forgotten."""
        old = [key for key, heard in self._heard.items() if now - heard.at > FRESH_S]
        for key in old:
            self._size -= self._heard.pop(key).size
        return [heard.report for heard in self._heard.values()]

    def instances(self, now: float) -> list[Instance]:
        """Those whose Reports are not older than 30 s, with how their numbers grow."""
        self.fresh(now)
        return [Instance(own.report, max(0.0, now - own.at), own.totals, own.rates) for own in self._heard.values()]

    def groups(self, now: float, *, but: tuple[str, str]) -> Iterable[tuple[Mapping[str, str], list[Sample]]]:
        """Labels and numbers of every instance *but* one, as `metrics.render` takes them."""
        for said in self.fresh(now):
            if (said.service, said.instance) != but:
                labels = {"service": said.service, "instance": said.instance[:80]}
                yield labels, [sample for sample in said.samples[:_SAMPLES] if _sound(sample)]

    def problems(self, now: float) -> dict[str, str]:
        """Hop to what is broken there, as the services say, or because one is not heard."""
        said = self.fresh(now)
        problems = {
            f"{own.service}.{hop}": why for own in said if own.service != "gateway" for hop, why in own.problems.items()
        }
        listening_s = now - self.since
        if listening_s >= self._grace_s:
            for service in self._silent(now):
                problems[service] = f"no {service} has reported for {min(listening_s, FRESH_S):.0f} s"
        return problems

    def awaited(self, now: float) -> dict[str, str]:
        """The services that were not heard yet and may still be, just after the start: nothing is wrong so far."""
        if now - self.since >= self._grace_s:
            return {}
        return {service: f"no {service} was heard yet" for service in self._silent(now)}

    def _silent(self, now: float) -> list[str]:
        heard = {own.service for own in self.fresh(now)}
        return [service for service in _HEARD if service not in heard]


def _between_s(before: Heard, said: ServiceReport, now: float) -> float:
    """From one Report to the next by the clock of who made them: those that were held up arrive all at once."""
    first, second = parse_ns(before.report.time), parse_ns(said.time)
    made_s = 0.0 if first is None or second is None else (second - first) / NS_PER_S
    return made_s if made_s > 0 else now - before.at


def _sound(sample: Sample) -> bool:
    return (
        sample.kind in ("counter", "gauge", "histogram")
        and _NAME.fullmatch(sample.name) is not None
        and all(map(_NAME.fullmatch, sample.labels))
    )

"""The latest report of each instance of each service, and the stages of the pipeline that are failing."""

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
"""A service may be silent for this long after the start: it reports every five seconds."""
_INSTANCES = 5_000
"""As many as a large cluster has collectors: one for each node."""
_MOST_BYTES = 64 << 20
"""Of all reports that are kept."""
_SAMPLES = 2_000
_BYTES = 1 << 20
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_NEEDED = ("collector", "classifier", "correlator")
"""Services without which alerts do not arrive, or not all."""


class StoredReport(Struct, frozen=True):
    """One report and its arrival, seconds of the monotonic clock."""

    report: ServiceReport
    at: float
    size: int
    totals: Mapping[str, float]
    """Each number, summed over its labels."""
    rates: Mapping[str, float]
    """The growth of each number a second since the report before; empty after the first."""


class Instance(Struct, frozen=True):
    """The latest report of one instance, and what follows from it and from the one before."""

    report: ServiceReport
    age_s: float
    totals: Mapping[str, float]
    rates: Mapping[str, float]


class ServiceReports:
    """The latest report of each instance."""

    def __init__(self, now: float, grace_s: float = GRACE_S) -> None:
        """Listening begins at *now*, seconds of the monotonic clock as all times here."""
        self.since = now
        """Since when reports can arrive."""
        self._grace_s = grace_s
        self._reports: dict[tuple[str, str], StoredReport] = {}
        self._size = 0
        self.unreadable = 0

    def receive(self, subject: str, payload: bytes, now: float) -> ServiceReport | None:
        """Keep the report of one instance; ``None`` if it is invalid, or not of the service that its subject names."""
        try:
            report = service_report.decode(payload) if len(payload) <= _BYTES else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            report = None
        if report is None or subject.split(".")[2:3] != [report.service]:
            self.unreadable += 1
            return None
        key = (report.service, report.instance[:80])
        before = self._reports.pop(key, None)
        numbers = totals(report.samples)
        rates = {} if before is None else growth(before.totals, numbers, _between_s(before, report, now))
        self._reports[key] = StoredReport(report, now, len(payload), numbers, rates)
        self._size += len(payload) - (0 if before is None else before.size)
        while len(self._reports) > _INSTANCES or self._size > _MOST_BYTES:  # the oldest goes
            self._size -= self._reports.pop(next(iter(self._reports))).size
        return report

    def fresh(self, now: float) -> list[ServiceReport]:
        """The reports that are not older than 30 s; the others are dropped."""
        old = [key for key, stored in self._reports.items() if now - stored.at > FRESH_S]
        for key in old:
            self._size -= self._reports.pop(key).size
        return [stored.report for stored in self._reports.values()]

    def instances(self, now: float) -> list[Instance]:
        """The instances whose reports are not older than 30 s, with the growth of their numbers."""
        self.fresh(now)
        return [
            Instance(stored.report, max(0.0, now - stored.at), stored.totals, stored.rates)
            for stored in self._reports.values()
        ]

    def groups(self, now: float, *, but: tuple[str, str]) -> Iterable[tuple[Mapping[str, str], list[Sample]]]:
        """Labels and samples of every instance *but* one, as `metrics.render` takes them."""
        for report in self.fresh(now):
            if (report.service, report.instance) != but:
                labels = {"service": report.service, "instance": report.instance[:80]}
                yield labels, [sample for sample in report.samples[:_SAMPLES] if _is_valid(sample)]

    def problems(self, now: float) -> dict[str, str]:
        """Stage to what is failing there, as the services report it, or because one does not report."""
        problems = {
            f"{report.service}.{part}": why
            for report in self.fresh(now)
            if report.service != "gateway"
            for part, why in report.problems.items()
        }
        listening_s = now - self.since
        if listening_s >= self._grace_s:
            for service in self._missing(now):
                problems[service] = f"no {service} has reported for {min(listening_s, FRESH_S):.0f} s"
        return problems

    def awaited(self, now: float) -> dict[str, str]:
        """The services that have not reported yet, just after the start: nothing is wrong so far."""
        if now - self.since >= self._grace_s:
            return {}
        return {service: f"no {service} has reported yet" for service in self._missing(now)}

    def _missing(self, now: float) -> list[str]:
        reporting = {report.service for report in self.fresh(now)}
        return [service for service in _NEEDED if service not in reporting]


def _between_s(before: StoredReport, report: ServiceReport, now: float) -> float:
    """From one report to the next by the clock of their sender: delayed reports arrive all at once."""
    first, second = parse_ns(before.report.time), parse_ns(report.time)
    sent_s = 0.0 if first is None or second is None else (second - first) / NS_PER_S
    return sent_s if sent_s > 0 else now - before.at


def _is_valid(sample: Sample) -> bool:
    return (
        sample.kind in ("counter", "gauge", "histogram")
        and _NAME.fullmatch(sample.name) is not None
        and all(map(_NAME.fullmatch, sample.labels))
    )

"""The active rules of each instance, as it reports them, and the replicas whose rules have differed for too long."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from tocsin.model import rule_report
from tocsin.model.rule_report import RuleReport

FORGOTTEN_S = 90.0
"""An instance that has not reported for this long is dropped: it reports every 30 s."""
DIFFERS_S = 60.0
"""Replicas may differ for this long, while new rules reach one after another."""
_INSTANCES = 256
_BYTES = 4 << 20
"""Of one report: some 15,000 rules."""
_MOST_BYTES = 64 << 20
"""Of all reports that are kept."""
_NAME_CHARACTERS = 80

Key = tuple[str, str]
"""Service and instance."""


class StoredRules(Struct, frozen=True):
    """The latest report of one instance, and its arrival, seconds of the monotonic clock."""

    report: RuleReport
    at: float
    size: int


class RuleReports:
    """The latest report of each instance."""

    def __init__(self) -> None:
        self._reports: dict[Key, StoredRules] = {}
        self._odd_since: dict[Key, float] = {}
        self.unreadable = 0

    def receive(self, subject: str, payload: bytes, now: float) -> None:
        """Keep the report of one instance, which must be of the service that its subject names."""
        try:
            report = rule_report.decode(payload) if len(payload) <= _BYTES else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            report = None
        if report is None or subject.split(".")[2:3] != [report.service]:
            self.unreadable += 1
            return
        key = (report.service, report.instance[:_NAME_CHARACTERS])
        self._reports.pop(key, None)
        self._reports[key] = StoredRules(report, now, len(payload))
        free = _MOST_BYTES - sum(stored.size for stored in self._reports.values())
        while free < 0 or len(self._reports) > _INSTANCES:  # the oldest goes
            free += self._reports.pop(next(iter(self._reports))).size
        self._update(now)

    def current(self, now: float) -> Mapping[Key, StoredRules]:
        """The instances that report; one that has not for 90 s is dropped."""
        self._update(now)
        return self._reports

    def differing(self, now: float) -> tuple[Key, ...]:
        """The replicas whose rules have differed for over a minute from those of most of their service."""
        self._update(now)
        return tuple(sorted(key for key, since in self._odd_since.items() if now - since > DIFFERS_S))

    def _update(self, now: float) -> None:
        self._reports = {key: stored for key, stored in self._reports.items() if now - stored.at <= FORGOTTEN_S}
        # the last report of a replica that was replaced is still here: it must not be compared with the new one
        alive = {key: stored.report.hash for key, stored in self._reports.items() if now - stored.at <= DIFFERS_S}
        odd = set(_odd(alive))
        self._odd_since = {key: self._odd_since.get(key, now) for key in odd}


def _odd(hashes: Mapping[Key, str]) -> Iterable[Key]:
    """The instances of each service whose hash is not the most common one; all of them if none is."""
    by_service: dict[str, Counter[str]] = {}
    for (service, _), hash_ in hashes.items():
        by_service.setdefault(service, Counter())[hash_] += 1
    for key, hash_ in hashes.items():
        counts = by_service[key[0]]
        most = max(counts.values())
        alone = sum(n == most for n in counts.values()) == 1
        if len(counts) > 1 and (counts[hash_] < most or not alone):
            yield key

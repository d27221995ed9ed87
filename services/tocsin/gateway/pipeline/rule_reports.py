"""By which rules each instance judges, as it says itself, and which replicas have judged by others for too long."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from tocsin.model import rule_report
from tocsin.model.rule_report import RuleReport

FORGOTTEN_S = 90.0
"""An instance that was not heard for so long judges no more: it tells of itself every 30 s."""
DIFFERS_S = 60.0
"""Replicas may differ for so long while new rules reach one after another."""
_INSTANCES = 256
_BYTES = 4 << 20
"""Of one report: some 15,000 rules."""
_ROOM_BYTES = 64 << 20
"""Of all reports that are kept."""
_NAME_CHARACTERS = 80

Key = tuple[str, str]
"""Service and instance."""


class Judge(Struct, frozen=True):
    """What one instance said last, and when that came, seconds of the monotonic clock."""

    book: RuleReport
    at: float
    size: int


class RuleReports:
    """The last report of each instance."""

    def __init__(self) -> None:
        self._judges: dict[Key, Judge] = {}
        self._odd_since: dict[Key, float] = {}
        self.unreadable = 0

    def hear(self, subject: str, payload: bytes, now: float) -> None:
        """Keep what one instance says. It may speak for the service of its subject alone."""
        try:
            said = rule_report.decode(payload) if len(payload) <= _BYTES else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = None
        if said is None or subject.split(".")[2:3] != [said.service]:
            self.unreadable += 1
            return
        key = (said.service, said.instance[:_NAME_CHARACTERS])
        self._judges.pop(key, None)
        self._judges[key] = Judge(said, now, len(payload))
        room = _ROOM_BYTES - sum(judge.size for judge in self._judges.values())
        while room < 0 or len(self._judges) > _INSTANCES:  # the one that has been silent for longest goes
            room += self._judges.pop(next(iter(self._judges))).size
        self._look(now)

    def judges(self, now: float) -> Mapping[Key, Judge]:
        """Those that judge now; who was not heard for 90 s is forgotten."""
        self._look(now)
        return self._judges

    def differing(self, now: float) -> tuple[Key, ...]:
        """The replicas whose rules have differed from those of most of their service for over a minute."""
        self._look(now)
        return tuple(sorted(key for key, since in self._odd_since.items() if now - since > DIFFERS_S))

    def _look(self, now: float) -> None:
        self._judges = {key: judge for key, judge in self._judges.items() if now - judge.at <= FORGOTTEN_S}
        # of a replica that was replaced the last report is still here: it must not be held against the new one
        alive = {key: judge.book.hash for key, judge in self._judges.items() if now - judge.at <= DIFFERS_S}
        odd = set(_odd(alive))
        self._odd_since = {key: self._odd_since.get(key, now) for key in odd}


def _odd(hashes: Mapping[Key, str]) -> Iterable[Key]:
    """Of each service the instances whose hash is not the most common one; all of them where none is."""
    by_service: dict[str, Counter[str]] = {}
    for (service, _), own in hashes.items():
        by_service.setdefault(service, Counter())[own] += 1
    for key, own in hashes.items():
        counts = by_service[key[0]]
        most = max(counts.values())
        alone = sum(n == most for n in counts.values()) == 1
        if len(counts) > 1 and (counts[own] < most or not alone):
            yield key

"""One thing that was looked at: how it is, what was found, and what to do about it."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, and somebody should look at it."""
    FAIL = "fail"
    """Something is lost, blind or open until it is put right."""
    UNKNOWN = "unknown"
    """It could not be looked at; `Finding.found` says why."""


_ORDER = (Verdict.OK, Verdict.UNKNOWN, Verdict.WARN, Verdict.FAIL)


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer of one check."""

    check: str
    """``<area>.<name>``, stable, for those who read the JSON."""
    verdict: Verdict
    found: str
    do: str = ""
    """What to do, for a person; empty where nothing is to be done."""
    details: tuple[str, ...] = ()


class Unseen(Struct, frozen=True):
    """What could not be observed, and how it could be."""

    why: str
    do: str = ""


def ok(check: str, found: str, *, details: Iterable[str] = ()) -> Finding:
    """Nothing is wrong with it."""
    return Finding(check=check, verdict=Verdict.OK, found=found, details=tuple(details))


def warn(check: str, found: str, do: str, *, details: Iterable[str] = ()) -> Finding:
    """Somebody should look at it."""
    return Finding(check=check, verdict=Verdict.WARN, found=found, do=do, details=tuple(details))


def fail(check: str, found: str, do: str, *, details: Iterable[str] = ()) -> Finding:
    """It is broken."""
    return Finding(check=check, verdict=Verdict.FAIL, found=found, do=do, details=tuple(details))


def unknown(check: str, unseen: Unseen) -> Finding:
    """It could not be looked at."""
    return Finding(check=check, verdict=Verdict.UNKNOWN, found=unseen.why, do=unseen.do)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The worst verdict among them."""
    return max((finding.verdict for finding in findings), key=_ORDER.index, default=Verdict.OK)

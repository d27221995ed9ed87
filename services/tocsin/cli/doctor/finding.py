"""The result of one check: verdict, what was found, and what to do."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """The result in one word."""

    OK = "ok"
    WARN = "warn"
    """It works, but needs attention."""
    FAIL = "fail"
    """Events are lost, not seen or not protected until this is fixed."""
    UNKNOWN = "unknown"
    """It could not be checked; `Finding.found` says why."""


_ORDER = (Verdict.OK, Verdict.UNKNOWN, Verdict.WARN, Verdict.FAIL)


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one check."""

    check: str
    """``<area>.<name>``; a stable id for programs that read the JSON."""
    verdict: Verdict
    found: str
    do: str = ""
    """What to do; empty if there is nothing to do."""
    details: tuple[str, ...] = ()


class Unknown(Struct, frozen=True):
    """Why something could not be observed, and how to make that possible."""

    why: str
    do: str = ""


def ok(check: str, found: str, *, details: Iterable[str] = ()) -> Finding:
    """A check that found nothing wrong."""
    return Finding(check=check, verdict=Verdict.OK, found=found, details=tuple(details))


def warn(check: str, found: str, do: str, *, details: Iterable[str] = ()) -> Finding:
    """A check that needs attention."""
    return Finding(check=check, verdict=Verdict.WARN, found=found, do=do, details=tuple(details))


def fail(check: str, found: str, do: str, *, details: Iterable[str] = ()) -> Finding:
    """A check that failed."""
    return Finding(check=check, verdict=Verdict.FAIL, found=found, do=do, details=tuple(details))


def unknown(check: str, reason: Unknown) -> Finding:
    """A check that could not be made."""
    return Finding(check=check, verdict=Verdict.UNKNOWN, found=reason.why, do=reason.do)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The worst verdict of *findings*."""
    return max((finding.verdict for finding in findings), key=_ORDER.index, default=Verdict.OK)

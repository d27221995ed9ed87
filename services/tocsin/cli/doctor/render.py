"""The findings as text and as JSON."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from tocsin.cli.doctor.finding import Finding, Verdict, worst
from tocsin.model.text import printable, truncate

_AREAS = {
    "settings": "Settings",
    "nats": "NATS",
    "rights": "Permissions",
    "streams": "Streams",
    "readers": "Durables",
    "letters": "Dead letters",
    "ledger": "Ledger",
    "sources": "Collectors",
    "clock": "Clocks",
    "page": "Gateway",
    "rules": "Rules",
    "events": "Events",
    "agent": "Tetragon",
}
_COLOURS = {Verdict.OK: "32", Verdict.WARN: "33", Verdict.FAIL: "1;31", Verdict.UNKNOWN: "36"}
_WIDTH = max(map(len, Verdict))
_DETAILS = 12
_CHARACTERS = 400


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of the areas, which follows the pipeline."""
    areas = list(_AREAS)
    return sorted(findings, key=lambda finding: areas.index(_area(finding)))


def text(findings: Sequence[Finding], *, colour: bool) -> str:
    """The findings area by area, without control characters."""
    lines: list[str] = []
    area = ""
    unknown = Counter(finding.found for finding in findings if finding.verdict is Verdict.UNKNOWN)
    for finding in findings:
        if finding.verdict is Verdict.UNKNOWN and unknown[finding.found] > 1:
            continue
        if _area(finding) != area:
            area = _area(finding)
            lines += ["", _AREAS[area]]
        lines += _lines(finding, colour=colour)
    for reason in (text_ for text_, times in unknown.items() if times > 1):
        same = [finding for finding in findings if finding.found == reason]
        names = ", ".join(finding.check for finding in same)
        lines += [
            "",
            "Not checked",
            *_lines(msgspec.structs.replace(same[0], found=f"{reason}: {names}"), colour=colour),
        ]
    return "\n".join([*lines[1:], "", summary(findings)])


def _lines(finding: Finding, *, colour: bool) -> Iterable[str]:
    word = finding.verdict.value if finding.verdict is Verdict.OK else finding.verdict.value.upper()
    padded = f"{word:<{_WIDTH}}"
    if colour:
        padded = f"\x1b[{_COLOURS[finding.verdict]}m{padded}\x1b[0m"
    yield f"  {padded}  {_shown(finding.found)}"
    margin = " " * (_WIDTH + 4)
    for detail in finding.details[:_DETAILS]:
        yield f"{margin}- {_shown(detail)}"
    if len(finding.details) > _DETAILS:
        yield f"{margin}- and {len(finding.details) - _DETAILS:,} more (--json prints all)"
    if finding.do:
        yield f"{margin}> {_shown(finding.do)}"


def summary(findings: Sequence[Finding]) -> str:
    """A sentence with the counts, and one with the conclusion."""
    counts = Counter(finding.verdict for finding in findings)
    listed = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    ends = {
        Verdict.OK: "Everything is fine.",
        Verdict.UNKNOWN: "Everything that could be checked is fine.",
        Verdict.WARN: "It works; read the warnings.",
        Verdict.FAIL: "Something needs to be fixed.",
    }
    return f"{len(findings)} checks: {listed}. {ends[worst(findings)]}"


def as_json(findings: Sequence[Finding], *, time: str, version: str) -> bytes:
    """The findings as one JSON document."""
    counts = Counter(finding.verdict for finding in findings)
    return msgspec.json.encode(
        {
            "time": time,
            "version": version,
            "verdict": worst(findings),
            "counts": {verdict: counts[verdict] for verdict in Verdict},
            "checks": [{"do": "", "details": [], **msgspec.to_builtins(finding)} for finding in findings],
        }
    )


def _area(finding: Finding) -> str:
    return finding.check.partition(".")[0]


def _shown(text: str) -> str:
    return printable(truncate(text, _CHARACTERS))

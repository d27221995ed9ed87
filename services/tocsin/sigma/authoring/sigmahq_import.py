"""Selects the usable rules of SigmaHQ, and says why the others are not usable."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import Problem

LICENCE_FILE = "LICENSE.DRL"
_RULE_FOLDERS = ("rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance", "rules-placeholder")
"""Rule folders of a SigmaHQ checkout; the other folders contain tests, templates and withdrawn rules."""
_WITHDRAWN = frozenset({"deprecated", "unsupported"})
_QUOTED = re.compile(r"[`'\"]")
_RULE_KEYS = re.compile(rb"^(?:detection|correlation|filter)\s*:", re.MULTILINE)

LICENCE_NOTE = """\
The rules below this folder were imported from {source}, unchanged: authors, ids and references are as written there.

They are not part of Tocsin and not under its licence. Unless a rule names a licence of its own, rules of SigmaHQ
(https://github.com/SigmaHQ/sigma) are under the Detection Rule License 1.1:
https://github.com/SigmaHQ/Detection-Rule-License

The licence has two conditions. Those who share these rules, changed or not, must keep their authors, link to the source
and name the licence. Those who use them on data must name the author in each message that a match leads to. Tocsin's
alerts carry the author of every rule that matched.
"""


class Skipped(Struct, frozen=True, kw_only=True):
    """A file that is not imported."""

    file: str
    reason: str
    """The same text for the same cause, so that reasons can be counted."""
    problem: Problem | None = None


class ImportSelection(Struct, frozen=True, kw_only=True):
    """The usable files of a set, and the others."""

    usable: Mapping[str, bytes]
    skipped: tuple[Skipped, ...]
    others: int
    """Number of files without a rule."""

    def reasons(self) -> list[tuple[str, list[Skipped]]]:
        """Each reason with its skipped files, the most frequent first."""
        by_reason: dict[str, list[Skipped]] = {}
        for each in self.skipped:
            by_reason.setdefault(each.reason, []).append(each)
        return sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))


def select(files: Mapping[str, bytes]) -> ImportSelection:
    """Check each of *files* (by path within the set)."""
    usable: dict[str, bytes] = {}
    skipped: list[Skipped] = []
    others = 0
    for file, content in files.items():
        if not _RULE_KEYS.search(content):
            others += 1
            continue
        problem = _problem(file, content)
        if problem is None:
            usable[file] = content
        else:
            skipped.append(problem)
    return ImportSelection(usable=usable, skipped=tuple(skipped), others=others)


def rule_paths(names: Mapping[str, bytes] | list[str]) -> list[str]:
    """The paths of a set that may contain rules; of a SigmaHQ checkout only those in its rule folders."""
    paths = [name for name in names if name.endswith((".yml", ".yaml"))]
    within = [name for name in paths if PurePosixPath(name).parts[0] in _RULE_FOLDERS and "/" in name]
    return within or [name for name in paths if not _WITHDRAWN & set(PurePosixPath(name).parts)]


def _problem(file: str, content: bytes) -> Skipped | None:
    parsed = parse(file, content)
    if parsed.failed:
        problem = parsed.failed[0].problem
        return Skipped(file=file, reason=_reason(problem), problem=problem)
    if not parsed.documents:
        return Skipped(file=file, reason="no rule in it")
    withdrawn = next((each.status for each in parsed.documents if each.status in _WITHDRAWN), "")
    return Skipped(file=file, reason=f"status is {withdrawn}") if withdrawn else None


def _reason(problem: Problem) -> str:
    """The problem's text without advice, and without quotes around texts of the rule."""
    text = _QUOTED.sub("", problem.text)
    return text.partition("; ")[0].partition(", did you mean")[0]

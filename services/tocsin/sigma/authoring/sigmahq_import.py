"""Which rules of a foreign set (SigmaHQ's) can be used here, and why the others cannot."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import Problem

LICENCE_FILE = "LICENSE.DRL"
_RULE_FOLDERS = ("rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance", "rules-placeholder")
"""Of a checkout of SigmaHQ; its other folders hold tests, templates and what was withdrawn."""
_WITHDRAWN = frozenset({"deprecated", "unsupported"})
_QUOTED = re.compile(r"[`'\"]")
_RULE_KEYS = re.compile(rb"^(?:detection|correlation|filter)\s*:", re.MULTILINE)

LICENCE_NOTE = """\
The rules below this folder were imported from {source}, unchanged: authors, ids and references are as written there.

They are not part of Tocsin and not under its licence. Unless a rule names a licence of its own, rules of SigmaHQ
(https://github.com/SigmaHQ/sigma) are under the Detection Rule License 1.1:
https://github.com/SigmaHQ/Detection-Rule-License

It asks whoever shares these rules, changed or not, to keep their authors, to link to where they are from and to name
the licence; and whoever uses them on data to name the author in each message that a match leads to. Tocsin's alerts
carry the author of every rule that matched.
"""


class Skipped(Struct, frozen=True, kw_only=True):
    """A file that is not imported."""

    file: str
    reason: str
    """The same words for the same cause, so that reasons can be counted."""
    problem: Problem | None = None


class Sorted(Struct, frozen=True, kw_only=True):
    """What became of a set."""

    usable: Mapping[str, bytes]
    skipped: tuple[Skipped, ...]
    others: int
    """Files that hold no rule."""

    def reasons(self) -> list[tuple[str, list[Skipped]]]:
        """Reason and the files skipped for it, the most frequent first."""
        found: dict[str, list[Skipped]] = {}
        for each in self.skipped:
            found.setdefault(each.reason, []).append(each)
        return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def sort(files: Mapping[str, bytes]) -> Sorted:
    """Decide on each of *files* (by path within the set)."""
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
    return Sorted(usable=usable, skipped=tuple(skipped), others=others)


def wanted(names: Mapping[str, bytes] | list[str]) -> list[str]:
    """Of all paths of a set those that hold its rules: of a checkout of SigmaHQ only its folders of rules."""
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
    """The problem's text without advice, and without the quotes around what the rule says."""
    text = _QUOTED.sub("", problem.text)
    return text.partition("; ")[0].partition(", did you mean")[0]

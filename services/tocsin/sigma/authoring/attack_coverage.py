"""The ATT&CK techniques that rules cover, as a layer for the ATT&CK Navigator and as text."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tocsin.model.severity import Severity
from tocsin.sigma.syntax.documents import Correlation, Rule

ATTACK = "18"
"""The ATT&CK version of the shipped rules' tags: the last one before the tactic Defense Evasion was split."""
_NAVIGATOR = "5.1.0"
_LAYER = "4.5"
_COLOURS = {
    Severity.LOW: "#9ecae1",
    Severity.MEDIUM: "#fdd835",
    Severity.HIGH: "#fb8c00",
    Severity.CRITICAL: "#d32f2f",
}


class CoveredTechnique(Struct, frozen=True, kw_only=True):
    """One technique, and the rules that detect it."""

    technique: str
    severity: Severity
    """The highest severity of its rules."""
    rules: tuple[str, ...]
    """Titles with their levels, worst first."""


def covered_techniques(documents: Iterable[Rule | Correlation]) -> tuple[CoveredTechnique, ...]:
    """Every technique in the tags of *documents*, sorted by id."""
    by_technique: dict[str, list[Rule | Correlation]] = {}
    for document in documents:
        for technique in dict.fromkeys(document.techniques):
            by_technique.setdefault(technique, []).append(document)
    return tuple(_covered(technique, by_technique[technique]) for technique in sorted(by_technique))


def _covered(technique: str, documents: list[Rule | Correlation]) -> CoveredTechnique:
    ordered = sorted(documents, key=lambda document: (-document.severity.rank, document.title))
    return CoveredTechnique(
        technique=technique,
        severity=ordered[0].severity,
        rules=tuple(f"{document.title} ({document.level})" for document in ordered),
    )


def layer(documents: Iterable[Rule | Correlation]) -> bytes:
    """A layer for the Navigator; the score of a technique is the number of its rules."""
    techniques = covered_techniques(documents)
    most = max((len(each.rules) for each in techniques), default=1)
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "name": "Tocsin",
                "versions": {"attack": ATTACK, "navigator": _NAVIGATOR, "layer": _LAYER},
                "domain": "enterprise-attack",
                "description": "Techniques that Tocsin's rules detect; colour: highest level, score: number of rules.",
                "filters": {"platforms": ["Linux", "Containers"]},
                "sorting": 3,
                "hideDisabled": False,
                "techniques": [
                    {
                        "techniqueID": each.technique,
                        "score": len(each.rules),
                        "color": _COLOURS[each.severity],
                        "comment": "\n".join(each.rules),
                        "enabled": True,
                        "showSubtechniques": "." in each.technique,
                    }
                    for each in techniques
                ],
                "gradient": {"colors": ["#ffffff", "#d32f2f"], "minValue": 0, "maxValue": most},
                "legendItems": [{"label": str(s), "color": colour} for s, colour in _COLOURS.items()],
            }
        ),
        indent=2,
    )


def summary(documents: Iterable[Rule | Correlation]) -> str:
    """A line for each technique: id, highest severity, number of rules, and their titles."""
    documents_ = list(documents)
    techniques = covered_techniques(documents_)
    lines = [f"{e.technique:<10} {e.severity.value:<8} {len(e.rules):>3}  {'; '.join(e.rules)}" for e in techniques]
    without = sum(not document.techniques for document in documents_)
    lines.append(
        f"{len(techniques)} techniques of ATT&CK {ATTACK} by {len(documents_) - without} rules, {without} without any"
    )
    return "\n".join(lines)

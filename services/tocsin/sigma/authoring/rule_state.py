"""The state of a rule or correlation for rule reports."""

from typing import Any

from tocsin.model.rule_report import RuleState
from tocsin.model.subjects import EVENT_KINDS
from tocsin.model.text import truncate
from tocsin.sigma.authoring import reachability
from tocsin.sigma.syntax.documents import Correlation, Rule

_LISTED = 16
_SAID = 5
_CHARACTERS = 500


def state_of(document: Rule | Correlation, *, hits: int, failures: int = 0, last_failure: str = "") -> RuleState:
    """The report entry of *document*, with its counts."""
    return RuleState(
        id=document.id,
        title=document.title,
        level=document.level,
        file=document.file,
        line=document.line,
        author=document.author,
        hits=hits,
        failures=failures,
        last_failure=last_failure,
        runbook=_cut(document.runbook),
        falsepositives=tuple(map(_cut, document.falsepositives[:_SAID])),
        type=document.type if isinstance(document, Correlation) else "rule",
        rules=document.rules[:_LISTED] if isinstance(document, Correlation) else (),
        **(_needs(document) if isinstance(document, Rule) else {}),
    )


def _needs(rule: Rule) -> dict[str, Any]:
    """What *rule* needs to get events."""
    requires = rule.requires
    kinds = requires.kinds or tuple(sorted(rule.kinds))
    return {
        "hooks": (requires.hooks or tuple(sorted(reachability.functions(rule.condition) or ())))[:_LISTED],
        "kinds": () if len(kinds) >= len(EVENT_KINDS) else kinds,
        "options": requires.options[:_LISTED],
        "host_only": reachability.host_only(rule.condition),
    }


def _cut(text: str) -> str:
    return truncate(text, _CHARACTERS)

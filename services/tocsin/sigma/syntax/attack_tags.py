"""ATT&CK ids and tactics out of a document's tags."""

import re

from yaml.nodes import Node

from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.suggestions import hint

TACTICS = frozenset({
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
    "exfiltration", "impact", "stealth", "defense-impairment",
})  # fmt: skip
"""Of the enterprise matrix, before and after *defense-evasion* was split in two."""
_TECHNIQUE = re.compile(r"t[0-9]{4}(?:\.[0-9]{3})?")
_OTHER = re.compile(r"(?:g|s|c|m|ta|da|dc|det|an)[0-9]{4}")
"""Groups, software, campaigns, mitigations, tactics by number, data sources."""


def techniques(page: ParseContext, tags: list[tuple[str, Node]]) -> tuple[str, ...]:
    """The techniques among *tags*, each once; what does not look like ATT&CK's is warned of, never refused."""
    found: dict[str, None] = {}
    for tag, node in tags:
        space, dot, name = tag.partition(".")
        if not dot or not name:
            page.warn(node, f"tags: {shown(tag)} has no namespace; write it like `attack.t1059.004`", "tag")
        elif space == "attack":
            name = name.lower()
            if _TECHNIQUE.fullmatch(name):
                found[name.upper()] = None
            elif not page.is_full:
                _check(page, node, name)
    return tuple(found)


def _check(page: ParseContext, node: Node, name: str) -> None:
    if _OTHER.fullmatch(name) or name.replace("_", "-") in TACTICS:
        return
    if re.match(r"t?[0-9]", name):
        told = f"tags: {shown('attack.' + name)} is no technique; write it like `attack.t1059.004`"
        page.warn(node, told, "technique")
    else:
        page.warn(node, f"tags: {shown('attack.' + name)} is no tactic; {hint(name, TACTICS)}", "tactic")

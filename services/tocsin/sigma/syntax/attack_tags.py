"""ATT&CK techniques and tactics in the tags of a document."""

import re

from yaml.nodes import Node

from tocsin.model.text import suggest
from tocsin.sigma.syntax.parse_context import ParseContext, quoted

TACTICS = frozenset({
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
    "exfiltration", "impact", "stealth", "defense-impairment",
})  # fmt: skip
"""Of the enterprise matrix, before and after *defense-evasion* was split in two."""
_TECHNIQUE = re.compile(r"t[0-9]{4}(?:\.[0-9]{3})?")
_OTHER = re.compile(r"(?:g|s|c|m|ta|da|dc|det|an)[0-9]{4}")
"""Groups, software, campaigns, mitigations, tactics by number, data sources."""


def techniques(context: ParseContext, tags: list[tuple[str, Node]]) -> tuple[str, ...]:
    """The techniques among *tags*, each once; an unknown tag is a warning, never an error."""
    ids: dict[str, None] = {}
    for tag, node in tags:
        space, dot, name = tag.partition(".")
        if not dot or not name:
            context.warn(node, f"tags: {quoted(tag)} has no namespace; write it like `attack.t1059.004`", "tag")
        elif space == "attack":
            name = name.lower()
            if _TECHNIQUE.fullmatch(name):
                ids[name.upper()] = None
            elif not context.is_full:
                _check(context, node, name)
    return tuple(ids)


def _check(context: ParseContext, node: Node, name: str) -> None:
    if _OTHER.fullmatch(name) or name.replace("_", "-") in TACTICS:
        return
    if re.match(r"t?[0-9]", name):
        message = f"tags: {quoted('attack.' + name)} is not a technique; write it like `attack.t1059.004`"
        context.warn(node, message, "technique")
    else:
        context.warn(node, f"tags: {quoted('attack.' + name)} is not a tactic; {suggest(name, TACTICS)}", "tactic")

"""What is likely not meant, or costly, in rules that load: everything beyond what the parser itself says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tocsin.model.severity import Severity
from tocsin.sigma.authoring import reachability
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.matching.required_literals import witness
from tocsin.sigma.syntax.documents import Correlation, Document, Rule
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or, Wild
from tocsin.sigma.syntax.linker import Linked, link
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import Problem

SHORTEST = 3
"""A shorter text is found nearly everywhere, and no index helps."""
_COMMAND_LINES = frozenset({"CommandLine", "ParentCommandLine"})
_CHOSEN = frozenset({
    "Image", "CommandLine", "CurrentDirectory", "ParentImage", "ParentCommandLine", "TargetFilename", "ImageLoaded",
    "exe", "comm", "name", "binary", "arguments", "cwd", "parent.binary", "parent.arguments", "parent.cwd",
    "ancestors.binary", "ancestors.arguments", "args", "target", "path", "message", "binary_properties.path",
})  # fmt: skip
"""Fields with which a container can make as many keys as it likes."""
_RARE = frozenset({"throttle", "rate_limit", "loader", "usdt", "uprobe"})
"""Kinds with few events: it costs nothing to look at each."""
_CHOSEN_PREFIXES = ("env.", "arg.", *(f"a{n}" for n in range(10)), *(f"arg{n}" for n in range(10)))


def check(
    files: Mapping[str, bytes],
    context: Mapping[str, bytes] | None = None,
    hooks: Sequence[Hook] | None = None,
) -> tuple[Problem, ...]:
    """Everything wrong with *files*, by file and line; *context* are files that they may refer to.

    *hooks*: what the TracingPolicies at hand ask for, where it is to be said which rules can never fire with them.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    for file, content in [*(context or {}).items(), *files.items()]:
        parsed = parse(file, content)
        documents += parsed.documents
        problems += [*(failed.problem for failed in parsed.failed), *parsed.warnings]
    linked = link(documents)
    problems += [*linked.problems, *_lint(linked, hooks)]
    own = (problem for problem in problems if problem.file in files)
    return tuple(sorted(own, key=lambda problem: (problem.file, problem.line, problem.column, problem.text)))


def _lint(linked: Linked, hooks: Sequence[Hook] | None) -> Iterator[Problem]:
    counting = {id for each in linked.correlations if not each.generate for id in each.rules}
    for rule in linked.rules:
        yield from _rule(rule, counting=rule.id in counting)
        if hooks is not None:
            text = reachability.why_never(rule, hooks)
            if text:
                yield _about(rule, "never-fires", text)
    for correlation in linked.correlations:
        yield from _correlation(correlation)
    yield from _muted(linked)


def _about(document: Document, code: str, text: str) -> Problem:
    return Problem(
        file=document.file, line=document.line, column=1, text=text, warning=True, rule=document.id, code=code
    )


def _at(document: Document, atom: Atom, code: str, text: str) -> Problem:
    return Problem(
        file=document.file,
        line=atom.line or document.line,
        column=atom.column or 1,
        text=text,
        warning=True,
        rule=document.id,
        code=code,
    )


def _rule(rule: Rule, *, counting: bool) -> Iterator[Problem]:
    """*counting*: it is there for correlations, which may well be about every event."""
    if isinstance(rule.condition, Const) and not rule.condition.value:
        yield _about(rule, "never-fires", "the condition can never hold: its parts contradict each other")
    elif not counting and not (rule.kinds and rule.kinds <= _RARE) and witness(rule.condition) is None:
        yield _about(
            rule,
            "no-witness",
            "looked at for every event: no text must be there for it to match; a positive condition on Image, "
            "CommandLine or function would spare most of the work",
        )
    yield from _tests(rule)
    for atom, alone in _atoms(rule.condition, alone=True):
        yield from _literal(rule, atom, alone=alone)


def _tests(rule: Rule) -> Iterator[Problem]:
    wanted = [test.get("match") for test in rule.tests if isinstance(test, dict)]
    if not wanted:
        yield _about(rule, "no-tests", "no x-tests: nothing shows that it matches what it should")
    elif True not in wanted:
        yield _about(rule, "no-tests", "no test with `match: true`")
    elif False not in wanted:
        yield _about(rule, "no-tests", "no test with `match: false`")


def _atoms(node: Node, *, alone: bool) -> Iterator[tuple[Atom, bool]]:
    """Every comparison in *node*, and whether it decides *alone*: nothing beside it asks for a text as well."""
    if isinstance(node, Atom):
        yield node, alone
    elif isinstance(node, Named):
        yield from _atoms(node.item, alone=alone)
    elif isinstance(node, Not):
        yield from _atoms(node.item, alone=True)
    elif isinstance(node, Or):
        for item in node.items:
            yield from _atoms(item, alone=alone)
    elif isinstance(node, And):
        telling = [witness(item) is not None and not _is_short(item) for item in node.items]
        for number, item in enumerate(node.items):
            yield from _atoms(item, alone=alone and not any(telling[:number] + telling[number + 1 :]))


def _is_short(node: Node) -> bool:
    return isinstance(node, Atom) and node.op in ("contains", "like") and len(_longest(node)) < SHORTEST


def _literal(rule: Rule, atom: Atom, *, alone: bool) -> Iterator[Problem]:
    if alone and _is_short(atom):
        yield _at(
            rule,
            atom,
            "short-literal",
            f"{_longest(atom)!r} is shorter than {SHORTEST} characters: it is found in nearly every text",
        )
    if atom.field in _COMMAND_LINES and _anchored(atom):
        yield _at(
            rule,
            atom,
            "anchored",
            f"{atom.field} is compared from its start, and the event does not say how the program was called: only "
            "its whole path and its last part are tried; use `contains`, or Image and `arguments`",
        )


def _longest(atom: Atom) -> str:
    if isinstance(atom.value, tuple):
        return max((part for part in atom.value if isinstance(part, str)), key=len, default="")
    return str(atom.value)


def _anchored(atom: Atom) -> bool:
    value = atom.value
    if atom.op == "like" and isinstance(value, tuple):
        return bool(value) and value[0] is not Wild.MANY
    if atom.op == "re" and isinstance(value, str):
        return value.rpartition(")")[2].startswith("^") if value.startswith("(?") else value.startswith("^")
    return atom.op in ("eq", "startswith") and bool(value)


def _correlation(correlation: Correlation) -> Iterator[Problem]:
    if not correlation.tests:
        yield _about(correlation, "no-tests", "no x-tests: nothing shows that it fires when it should")
    for key in correlation.group_by:
        for field in correlation.aliases.get(key, {}).values() or (key,):
            if field in _CHOSEN or field.startswith(_CHOSEN_PREFIXES):
                yield _about(
                    correlation,
                    "unbounded-key",
                    f"group-by {key}: a container can make as many different values of {field} as it likes, and each "
                    "is a key of its own; group by scope, pod or workload",
                )
                break


def _muted(linked: Linked) -> Iterator[Problem]:
    """Rules of medium or above that alert no more, since every correlation that names them mutes them."""
    naming: dict[str, list[Correlation]] = {}
    for correlation in linked.correlations:
        for id in correlation.rules:
            naming.setdefault(id, []).append(correlation)
    below: Iterable[Rule | Correlation] = (*linked.rules, *linked.correlations)
    for muted in below:
        by = naming.get(muted.id, [])
        if by and not any(c.generate for c in by) and muted.severity.rank >= Severity.MEDIUM.rank:
            yield _about(
                by[0],
                "mutes",
                f"generate: false mutes {muted.title!r} of level {muted.level}: it will not alert by itself any more",
            )

"""Finds likely mistakes and expensive conditions in valid rules, in addition to the parser's own warnings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tocsin.model.severity import Severity
from tocsin.sigma.authoring import reachability
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.matching.required_literals import required_literals
from tocsin.sigma.syntax.documents import Correlation, Document, Rule
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or, Wild
from tocsin.sigma.syntax.linker import Linked, link
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import Problem

SHORTEST = 3
"""A shorter text occurs nearly everywhere, so that the index does not help."""
_COMMAND_LINES = frozenset({"CommandLine", "ParentCommandLine"})
_CHOSEN = frozenset({
    "Image", "CommandLine", "CurrentDirectory", "ParentImage", "ParentCommandLine", "TargetFilename", "ImageLoaded",
    "exe", "comm", "name", "binary", "arguments", "cwd", "parent.binary", "parent.arguments", "parent.cwd",
    "ancestors.binary", "ancestors.arguments", "args", "target", "path", "message", "binary_properties.path",
})  # fmt: skip
"""Fields whose values a container can choose, so that it can create any number of keys."""
_RARE = frozenset({"throttle", "rate_limit", "loader", "usdt", "uprobe"})
"""Kinds with few events, so that judging each one is cheap."""
_CHOSEN_PREFIXES = ("env.", "arg.", *(f"a{n}" for n in range(10)), *(f"arg{n}" for n in range(10)))


def check(
    files: Mapping[str, bytes],
    context: Mapping[str, bytes] | None = None,
    hooks: Sequence[Hook] | None = None,
) -> tuple[Problem, ...]:
    """All problems of *files*, sorted by file and line; *context* are files that they may refer to.

    *hooks*: the hooks of loaded TracingPolicies; rules that can never fire with them are reported.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    for file, content in [*(context or {}).items(), *files.items()]:
        parsed = parse(file, content)
        documents += parsed.documents
        problems += [*(failed.problem for failed in parsed.failed), *parsed.warnings]
    linked = link(documents)
    problems += [*linked.problems, *_lint(linked, hooks)]
    reported = (problem for problem in problems if problem.file in files)
    return tuple(sorted(reported, key=lambda problem: (problem.file, problem.line, problem.column, problem.text)))


def _lint(linked: Linked, hooks: Sequence[Hook] | None) -> Iterator[Problem]:
    counting = {id for each in linked.correlations if not each.generate for id in each.rules}
    for rule in linked.rules:
        yield from _rule(rule, counting=rule.id in counting)
        if hooks is not None:
            text = reachability.never_fires_reason(rule, hooks)
            if text:
                yield _about(rule, "never-fires", text)
    for correlation in linked.correlations:
        yield from _correlation(correlation)
    yield from _mutes(linked)


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
    """*counting*: the rule only feeds correlations, so that it may match every event."""
    if isinstance(rule.condition, Const) and not rule.condition.value:
        yield _about(rule, "never-fires", "the condition can never hold: its parts contradict each other")
    elif not counting and not (rule.kinds and rule.kinds <= _RARE) and required_literals(rule.condition) is None:
        yield _about(
            rule,
            "no-witness",
            "evaluated for every event, because it requires no literal text; a positive condition on Image, "
            "CommandLine or function avoids most of this work",
        )
    yield from _tests(rule)
    for atom, alone in _atoms(rule.condition, alone=True):
        yield from _literal(rule, atom, alone=alone)


def _tests(rule: Rule) -> Iterator[Problem]:
    expected = [test.get("match") for test in rule.tests if isinstance(test, dict)]
    if not expected:
        yield _about(rule, "no-tests", "no x-tests: nothing shows that it matches the right events")
    elif True not in expected:
        yield _about(rule, "no-tests", "no test with `match: true`")
    elif False not in expected:
        yield _about(rule, "no-tests", "no test with `match: false`")


def _atoms(node: Node, *, alone: bool) -> Iterator[tuple[Atom, bool]]:
    """Every comparison in *node*, and whether it decides *alone*: no sibling requires a text as well."""
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
        selective = [required_literals(item) is not None and not _is_short(item) for item in node.items]
        for number, item in enumerate(node.items):
            yield from _atoms(item, alone=alone and not any(selective[:number] + selective[number + 1 :]))


def _is_short(node: Node) -> bool:
    return isinstance(node, Atom) and node.op in ("contains", "like") and len(_longest(node)) < SHORTEST


def _literal(rule: Rule, atom: Atom, *, alone: bool) -> Iterator[Problem]:
    if alone and _is_short(atom):
        yield _at(
            rule,
            atom,
            "short-literal",
            f"{_longest(atom)!r} is shorter than {SHORTEST} characters: it occurs in nearly every text",
        )
    if atom.field in _COMMAND_LINES and _anchored(atom):
        yield _at(
            rule,
            atom,
            "anchored",
            f"{atom.field} is compared from its start, but the event does not say how the program was called: only "
            "its whole path and the last part of it are compared; use `contains`, or Image and `arguments`",
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
        yield _about(correlation, "no-tests", "no x-tests: nothing shows that it fires at the right time")
    for key in correlation.group_by:
        for field in correlation.aliases.get(key, {}).values() or (key,):
            if field in _CHOSEN or field.startswith(_CHOSEN_PREFIXES):
                yield _about(
                    correlation,
                    "unbounded-key",
                    f"group-by {key}: a container can create any number of values of {field}, and each is a separate "
                    "key; group by scope, pod or workload",
                )
                break


def _mutes(linked: Linked) -> Iterator[Problem]:
    """Rules of level medium or above without alerts of their own, because correlations mute them."""
    by_id: dict[str, list[Correlation]] = {}
    for correlation in linked.correlations:
        for id in correlation.rules:
            by_id.setdefault(id, []).append(correlation)
    below: Iterable[Rule | Correlation] = (*linked.rules, *linked.correlations)
    for muted in below:
        referring = by_id.get(muted.id, [])
        if referring and not any(c.generate for c in referring) and muted.severity.rank >= Severity.MEDIUM.rank:
            yield _about(
                referring[0],
                "mutes",
                f"generate: false mutes {muted.title!r} of level {muted.level}: it raises no more alerts of its own",
            )

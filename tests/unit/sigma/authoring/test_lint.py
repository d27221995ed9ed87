"""What is likely not meant is warned of, once and at its place; what is fine is not."""

import pytest

from tocsin.sigma.authoring import lint, tracing_policies
from tocsin.sigma.syntax.problems import Problem

from support import rule_texts

_FILE_RULE = "{product: linux, category: file_event}"


def problems(*texts: str, policy: str | None = None) -> list[Problem]:
    hooks = tracing_policies.hooks(policy.encode(), "policy.yaml") if policy is not None else None
    files = {f"{number}.yml": text.encode() for number, text in enumerate(texts)}
    return list(lint.check(files, hooks=hooks))


def codes(*texts: str, policy: str | None = None) -> set[str]:
    return {problem.code for problem in problems(*texts, policy=policy)}


def policy(section: str) -> str:
    return f"kind: TracingPolicy\nmetadata: {{name: p}}\nspec: {{{section}}}\n"


def test_a_good_rule_has_no_problem() -> None:
    assert problems(rule_texts.rule()) == []


@pytest.mark.parametrize(
    ("code", "detection"),
    [
        ("no-witness", "{selection: {Image: null}, condition: selection}"),
        ("no-witness", "{selection: {Image|endswith: /sh}, condition: not selection}"),
        ("short-literal", "{selection: {CommandLine|contains: [-x, --exec]}, condition: selection}"),
        ("short-literal", "{selection: {CommandLine|contains|all: [-x, -y]}, condition: selection}"),
        ("short-literal", "{a: {Image: /bin/sh}, b: {CommandLine|contains: -x}, condition: a and not b}"),
        ("anchored", "{selection: {CommandLine|startswith: 'bash -c'}, condition: selection}"),
        ("anchored", "{selection: {ParentCommandLine: 'bash -i'}, condition: selection}"),
        ("anchored", "{selection: {CommandLine|re: '^/usr/bin/nc'}, condition: selection}"),
        ("unused-detection", "{selection: {Image|endswith: /sh}, other: {Image: /a}, condition: selection}"),
    ],
)
def test_a_likely_mistake_in_a_condition_is_warned_of(code: str, detection: str) -> None:
    found = [problem for problem in problems(rule_texts.rule(detection)) if problem.code == code]
    assert found
    assert all(problem.warning and problem.line and problem.column for problem in found)


@pytest.mark.parametrize(
    "detection",
    [
        "{selection: {CommandLine|contains: 'bash -c'}, condition: selection}",
        "{selection: {Image|endswith: /sh, CommandLine|contains: [-x, -y]}, condition: selection}",
        "{selection: {CommandLine|endswith: 'bash -c'}, condition: selection}",
        "{selection: {CommandLine|re: 'nc.*-e', CommandLine|contains: ncat}, condition: selection}",
        "{selection: {Image: /bin/sh}, filter: {CommandLine|contains: probe}, condition: selection and not filter}",
    ],
)
def test_what_is_fine_is_not_warned_of(detection: str) -> None:
    assert problems(rule_texts.rule(detection)) == []


def test_a_rule_without_tests_or_with_one_sort_of_them_is_warned_of() -> None:
    only = "x-tests:\n  - {match: true, event: {process_exec: {}}}"
    assert codes(rule_texts.rule(more="")) == {"no-tests"}
    assert "`match: false`" in problems(rule_texts.rule(more=only))[0].text


@pytest.mark.parametrize(
    ("group_by", "warned"),
    [
        ("[scope]", False),
        ("[pod.workload, exec_id]", False),
        ("[Image]", True),
        ("[scope, CommandLine]", True),
        ("[arguments]", True),
        ("[arg0]", True),
        ("[env.HOME]", True),
    ],
)
def test_a_key_that_a_container_chooses_is_warned_of(group_by: str, *, warned: bool) -> None:
    found = codes(rule_texts.rule(), rule_texts.correlation(group_by=group_by))
    assert ("unbounded-key" in found) is warned


def test_a_key_behind_an_alias_is_warned_of_too() -> None:
    aliased = rule_texts.correlation(group_by="[who]\n  aliases: {who: {a_shell: Image}}")
    assert "unbounded-key" in codes(rule_texts.rule(), aliased)


@pytest.mark.parametrize(
    ("level", "generate", "warned"),
    [("medium", "false", True), ("critical", "false", True), ("low", "false", False), ("high", "true", False)],
)
def test_muting_a_rule_that_matters_is_warned_of(level: str, generate: str, *, warned: bool) -> None:
    found = codes(rule_texts.rule(level=level), rule_texts.correlation(generate=generate))
    assert ("mutes" in found) is warned


def test_a_rule_is_not_muted_while_one_correlation_lets_it_speak() -> None:
    other = rule_texts.correlation(id="44444444-4444-4444-8444-444444444444", generate="true").replace("many_", "more_")
    assert "mutes" not in codes(rule_texts.rule(), rule_texts.correlation(generate="false"), other)


@pytest.mark.parametrize(
    ("section", "logsource", "detection", "more", "never"),
    [
        ("kprobes: [{call: fd_install}]", _FILE_RULE, "{s: {TargetFilename: /etc/x}, condition: s}", "", False),
        ("", _FILE_RULE, "{s: {TargetFilename: /etc/x}, condition: s}", "", True),
        (
            "kprobes: [{call: tcp_connect}]",
            "{product: tetragon, category: call}",
            "{s: {function: security_bpf}, condition: s}",
            "",
            True,
        ),
        (
            "lsmhooks: [{hook: bpf}]",
            "{product: tetragon, category: call}",
            "{s: {function: [security_bpf, setns]}, condition: s}",
            "",
            False,
        ),
        (
            "kprobes: [{call: security_bpf_prog_load}]",
            _FILE_RULE,
            "{s: {TargetFilename: /etc/x}, condition: s}",
            "x-requires: {hooks: [file_permission]}",
            True,
        ),
        (
            "kprobes: [{call: security_file_permission}]",
            _FILE_RULE,
            "{s: {TargetFilename: /etc/x}, condition: s}",
            "x-requires: {hooks: [path_truncate, security_file_permission]}",
            False,
        ),
        ("", "{product: linux, category: process_creation}", "{s: {Image: /bin/sh}, condition: s}", "", False),
    ],
)
def test_a_rule_that_no_policy_feeds_is_named(
    section: str, logsource: str, detection: str, more: str, *, never: bool
) -> None:
    text = rule_texts.rule(detection, logsource=logsource, more=more)
    assert ("never-fires" in codes(text, policy=policy(section))) is never
    assert "never-fires" not in codes(text)


def test_a_condition_that_contradicts_itself_is_named() -> None:
    found = rule_texts.rule("{a: {Image: /bin/sh}, condition: a and not a}")
    assert codes(found) <= {"never-fires"}


def test_problems_of_the_parser_and_of_linking_are_among_them_in_order() -> None:
    twice = rule_texts.rule(title="Another")
    unknown = rule_texts.rule("{s: {Imag: /bin/sh}, condition: s}", id="55555555-5555-4555-8555-555555555555", name="b")
    found = problems(rule_texts.rule(), twice, unknown)
    assert [(problem.file, problem.warning) for problem in found] == [("1.yml", False), ("2.yml", False)]
    assert "did you mean `Image`" in found[1].text


def test_files_that_are_only_referred_to_are_not_reported() -> None:
    bad = rule_texts.rule("{selection: {Image: null}, condition: selection}", more="")
    found = lint.check(
        {"own.yml": rule_texts.correlation(more="x-tests: [{alerts: 0, events: []}]").encode()},
        {"pack.yml": bad.encode()},
    )
    assert found == ()


def test_an_invisible_character_is_named() -> None:
    assert "invisible" in codes(rule_texts.rule(title="A\u202e shell"))


def test_a_filter_without_not_is_warned_of() -> None:
    assert "filter-without-not" in codes(rule_texts.rule(), rule_texts.filter("selection"))

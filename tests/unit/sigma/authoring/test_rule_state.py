"""What a judge tells of a rule besides what became of it."""

import msgspec
import pytest

from tocsin.model import rule_report
from tocsin.model.rule_report import RuleReport, RuleState
from tocsin.sigma.authoring import reachability
from tocsin.sigma.authoring.rule_state import state_of
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Rule

HEAD = """
title: T
id: 11111111-1111-4111-8111-111111111111
level: high
author: Me
falsepositives: [Us, Them]
x-runbook: Look at its parents.
taxonomy: tetragon
"""


def loaded(rest: str) -> Rule:
    rules = RuleSet.load({"a.yml": f"{HEAD}{rest}".encode()}, None)
    assert not [problem for problem in rules.problems if not problem.warning], rules.problems
    (rule,) = rules.rules
    return rule


CALL = "logsource: {product: tetragon, category: call}\n"
EXEC = "logsource: {product: linux, category: process_creation}\n"


def test_a_rule_is_told_with_what_people_and_gateways_need_of_it() -> None:
    rule = loaded(
        EXEC + "detection: {s: {Image|endswith: /sh}, condition: s}\nx-requires: {options: [enable-process-cred]}"
    )
    found = state_of(rule, hits=3, failures=1, last_failure="why")
    assert (found.hits, found.failures, found.last_failure, found.type, found.rules) == (3, 1, "why", "rule", ())
    assert (found.runbook, found.falsepositives) == ("Look at its parents.", ("Us", "Them"))
    assert (found.kinds, found.hooks, found.options) == (("exec",), (), ("enable-process-cred",))


def test_hooks_are_those_that_it_names_else_those_that_its_condition_compares_with() -> None:
    condition = "detection: {s: {function: [setns, __x64_sys_unshare]}, condition: s}\n"
    assert state_of(loaded(CALL + condition), hits=0).hooks == ("setns", "unshare")
    named = loaded(f"{CALL}{condition}x-requires: {{hooks: [sched/sched_process_fork]}}")
    assert state_of(named, hits=0).hooks == ("sched/sched_process_fork",)


def test_a_rule_on_all_kinds_names_none() -> None:
    rule = loaded("logsource: {product: tetragon}\ndetection: {s: {Image: /bin/x}, condition: s}")
    assert state_of(rule, hits=0).kinds == ()


@pytest.mark.parametrize(
    ("detection", "host_only"),
    [
        ('{s: {in_container: "false"}, condition: s}', True),
        ('{s: {in_container: "true"}, condition: s}', False),
        ('{s: {in_container: "true"}, t: {Image: /bin/x}, condition: t and not s}', True),
        ('{s: {in_container: "false"}, t: {Image: /bin/x}, condition: s and t}', True),
        ('{s: {in_container: "false"}, t: {Image: /bin/x}, condition: s or t}', False),
        ("{s: {container.id: null, Image: /bin/x}, condition: s}", True),
        ("{s: {Image: /bin/x}, condition: s}", False),
        ("{s: {Image: /bin/x}, condition: not s}", False),
    ],
)
def test_a_rule_on_host_processes_alone_is_known(detection: str, host_only: bool) -> None:
    rule = loaded(f"{EXEC}detection: {detection}")
    assert reachability.host_only(rule.condition) is host_only
    assert state_of(rule, hits=0).host_only is host_only


def test_a_correlation_names_what_it_counts() -> None:
    own = Correlation(file="a.yml", id="c", title="C", type="temporal", rules=("a", "b"), timespan_s=60.0)
    found = state_of(own, hits=2)
    assert (found.type, found.rules, found.hits, found.kinds, found.host_only) == ("temporal", ("a", "b"), 2, (), False)


def test_a_report_that_would_be_too_large_leaves_out_what_people_read() -> None:
    rules = [RuleState(id=str(n), title="T", level="low", runbook="x" * 500, hits=n) for n in range(6_000)]
    book = RuleReport(service="classifier", instance="a", time="", hash="h", rules=rules)
    payload = rule_report.encode(book)
    assert len(payload) < 2 << 20
    assert [rule.hits for rule in rule_report.decode(payload).rules] == list(range(6_000))
    small = msgspec.structs.replace(book, rules=rules[:10])
    assert rule_report.decode(rule_report.encode(small)) == small

"""What judges now, out of what the judges say of themselves."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.pipeline import rule_status
from tocsin.gateway.pipeline.event_kinds import KindSummary
from tocsin.gateway.pipeline.rule_reports import FORGOTTEN_S, RuleReports
from tocsin.gateway.pipeline.rule_status import RuleIssues, RulesAnswer
from tocsin.model import rule_report, subjects
from tocsin.model.rule_report import RuleProblem, RuleReport, RuleState, SilenceState

PROBLEM = RuleProblem(file="rules/a.yml", line=3, column=5, text="no field Imge, did you mean Image?", rule="r1")


def tell(books: RuleReports, instance: str, now: float, hash: str = "h1", service: str = "classifier", **more) -> None:
    book = RuleReport(service=service, instance=instance, time="", hash=hash, **more)
    books.receive(subjects.rules(service, instance), rule_report.encode(book), now)


def answer(books: RuleReports, now: float) -> RulesAnswer:
    return rule_status.answer(books.current(now), books.differing(now), now, "2026-11-24T12:00:00Z", KindSummary())


def trouble(books: RuleReports, now: float) -> RuleIssues:
    return rule_status.issues(books.current(now), books.differing(now))


def test_each_instance_is_told_with_its_hash_and_age() -> None:
    books = RuleReports()
    tell(books, "a", 0.0, loaded="2026-11-24T11:00:00Z", rules=[RuleState(id="r1", title="R", level="high")])
    tell(books, "b", 10.0, service="correlator")
    found = answer(books, 12.5)
    assert [(own.service, own.instance, own.hash, own.age_s, own.rules) for own in found.judges] == [
        ("classifier", "a", "h1", 12.5, 1),
        ("correlator", "b", "h1", 2.5, 0),
    ]
    assert found.judges[0].loaded == "2026-11-24T11:00:00Z"


def test_hits_and_failures_of_a_rule_are_summed_over_instances() -> None:
    books = RuleReports()
    one = RuleState(id="r1", title="Old title", level="medium", file="a.yml", hits=3, failures=1, last_failure="why")
    tell(books, "a", 0.0, loaded="2026-01-01T00:00:00Z", rules=[one])
    two = RuleState(id="r1", title="New title", level="high", file="a.yml", author="me", hits=4)
    tell(books, "b", 1.0, loaded="2026-01-02T00:00:00Z", rules=[two])
    (found,) = answer(books, 2.0).rules
    assert (found.title, found.level, found.author) == ("New title", "high", "me")
    assert (found.hits, found.failures, found.last_failure) == (7, 1, "why")


def test_a_later_report_of_an_instance_takes_the_place_of_the_one_before() -> None:
    books = RuleReports()
    for now, hits in ((0.0, 3), (30.0, 5)):
        tell(books, "a", now, rules=[RuleState(id="r1", title="R", level="low", hits=hits)])
    assert [rule.hits for rule in answer(books, 31.0).rules] == [5]


def test_what_a_silence_hid_is_summed_and_an_expired_one_stands_first() -> None:
    books = RuleReports()
    live = SilenceState(id="s1", title="A", owner="o", reason="why", expires="2027", hidden={"high": 2, "odd": 9})
    past = SilenceState(id="s2", title="B", expires="2026", expired=True)
    tell(books, "a", 0.0, silences=[live, past])
    tell(books, "b", 0.0, silences=[live, msgspec.structs.replace(past, expired=False)])
    first, second = answer(books, 1.0).silences
    assert (first.id, first.expired) == ("s2", True)
    assert (second.hidden.high, second.hidden.low, second.owner) == (4, 0, "o")
    assert trouble(books, 1.0) == RuleIssues(expired=1)


def test_a_silence_that_was_prolonged_is_not_expired_any_more() -> None:
    books = RuleReports()
    past = SilenceState(id="s", title="S", expires="2026", expired=True)
    tell(books, "a", 0.0, loaded="2026-01-01T00:00:00Z", silences=[past])
    prolonged = msgspec.structs.replace(past, expires="2027", expired=False)
    tell(books, "b", 0.0, loaded="2026-01-02T00:00:00Z", silences=[prolonged])
    assert not answer(books, 1.0).silences[0].expired


def test_a_document_that_nobody_could_load_is_one_problem_and_names_who_says_so() -> None:
    books = RuleReports()
    tell(books, "a", 0.0, problems=[PROBLEM, PROBLEM])
    tell(books, "b", 0.0, problems=[msgspec.structs.replace(PROBLEM, kept=True)])
    tell(books, "c", 0.0, service="correlator", problems=[RuleProblem(file="b.yml", text="no title")])
    first, second = answer(books, 1.0).problems
    assert (first.file, first.line, first.column, first.kept) == ("b.yml", 0, 0, False)
    assert second.instances == ["classifier/a", "classifier/b"]
    assert (second.line, second.column, second.text, second.kept) == (3, 5, PROBLEM.text, False)
    assert trouble(books, 1.0).problems == 2


def test_an_instance_that_is_silent_for_90_s_is_forgotten() -> None:
    books = RuleReports()
    tell(books, "a", 0.0, problems=[PROBLEM])
    assert trouble(books, FORGOTTEN_S).problems == 1
    assert answer(books, FORGOTTEN_S + 1).judges == []
    assert trouble(books, FORGOTTEN_S + 1) == RuleIssues()


def every(books: RuleReports, until_s: float, hashes: dict[str, str], start_s: float = 0.0) -> None:
    """Each instance tells its hash every 30 s."""
    now = start_s
    while now <= until_s:
        for instance, own in hashes.items():
            tell(books, instance, now, own)
        now += 30.0


def test_the_replica_whose_rules_differ_for_over_a_minute_is_named() -> None:
    books = RuleReports()
    every(books, 60.0, {"a": "new", "b": "old", "c": "new"})
    assert books.differing(60.0) == ()
    assert books.differing(61.0) == (("classifier", "b"),)
    assert answer(books, 61.0).hashes_differ == ["b"]
    assert trouble(books, 61.0).differ == ("b",)


def test_two_replicas_that_differ_are_both_named() -> None:
    books = RuleReports()
    every(books, 90.0, {"a": "new", "b": "old"})
    assert trouble(books, 90.0).differ == ("a", "b")


def test_replicas_that_take_new_rules_one_after_another_are_not_named() -> None:
    books = RuleReports()
    every(books, 60.0, {"a": "old", "b": "old"})
    tell(books, "a", 61.0, "new")
    tell(books, "b", 100.0, "new")
    every(books, 300.0, {"a": "new", "b": "new"}, 101.0)
    assert books.differing(300.0) == ()


def test_services_are_not_held_against_one_another() -> None:
    books = RuleReports()
    for now in (0.0, 30.0, 60.0, 90.0):
        tell(books, "a", now, "h1")
        tell(books, "a", now, "h2", service="correlator")
    assert books.differing(91.0) == ()


def test_a_replica_that_was_replaced_is_not_held_against_the_new_one() -> None:
    books = RuleReports()
    every(books, 60.0, {"a": "old"})
    every(books, 300.0, {"b": "new"}, 65.0)
    for now in range(65, 300, 5):
        assert books.differing(float(now)) == (), now


@pytest.mark.parametrize(
    ("subject", "payload"),
    [
        ("tocsin.rules.classifier.a", b"{"),
        ("tocsin.rules.classifier.a", b'{"service":"classifier"}'),
        ("tocsin.rules.classifier.a", b'{"rules":' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
        ("tocsin.rules.classifier.a", b'"' + b"x" * (5 << 20) + b'"'),
        ("tocsin.rules.classifier.a", b"\xff"),
        (
            "tocsin.rules.collector.a",
            rule_report.encode(RuleReport(service="classifier", instance="a", time="", hash="")),
        ),
    ],
    ids=["no JSON", "no report", "deep", "large", "no text", "of another service"],
)
def test_what_makes_no_sense_is_counted(subject: str, payload: bytes) -> None:
    books = RuleReports()
    books.receive(subject, payload, 0.0)
    assert (books.unreadable, len(books.current(0.0))) == (1, 0)


@pytest.mark.slow
def test_ever_new_instances_do_not_fill_the_memory() -> None:
    books = RuleReports()
    for n in range(400):
        tell(books, f"i{n}", float(n) / 100)
    assert len(books.current(4.0)) == 256
    assert ("classifier", "i399") in books.current(4.0)
    large = [RuleState(id=f"r{n}", title="t" * 1_000, level="low") for n in range(3_000)]
    for n in range(30):
        tell(books, f"large{n}", 5.0, rules=large)
    assert sum(judge.size for judge in books.current(5.0).values()) <= 64 << 20


@given(st.text(), st.text(max_size=40), st.text(), st.text())
def test_whatever_the_text_the_answer_is_json_that_reads_back(text: str, instance: str, title: str, file: str) -> None:
    books = RuleReports()
    problems = [RuleProblem(file=file, text=text)]
    book = RuleReport(service="classifier", instance=instance, time="", hash=text, problems=problems,
                    rules=[RuleState(id=title, title=title, level=text)])  # fmt: skip
    books.receive("tocsin.rules.classifier.x", rule_report.encode(book), 0.0)
    found = answer(books, 0.0)
    assert msgspec.json.decode(msgspec.json.encode(found), type=RulesAnswer) == found

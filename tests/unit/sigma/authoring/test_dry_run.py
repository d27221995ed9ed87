"""A trial counts what rules find, and stays bounded whatever containers call their programs."""

from tocsin.sigma.authoring import dry_run
from tocsin.sigma.authoring.dry_run import DryRun, ValueCount
from tocsin.sigma.ruleset import RuleSet

from support import rule_texts

_SILENCE = "x-silence: {owner: a, reason: b, expires: 2026-11-25}\n"


def load(*texts: str) -> RuleSet:
    return RuleSet.load({f"{number}.yml": text.encode() for number, text in enumerate(texts)})


def test_values_that_a_container_chooses_are_counted_one_by_one_only_up_to_a_bound() -> None:
    tried = DryRun(load(rule_texts.rule(more="")))
    for number in range(dry_run.MAX_VALUES + 5):
        tried.feed(rule_texts.exec_event(f"/tmp/{number}/sh"))
    (outcome,) = tried.report().outcomes
    assert outcome.hits == dry_run.MAX_VALUES + 5
    assert outcome.top["process"][0] == ValueCount("(others)", 5)


def test_silenced_hits_are_told_apart_while_the_silence_lasts() -> None:
    tried = DryRun(load(rule_texts.rule(more=""), rule_texts.filter(more=_SILENCE)))
    tried.feed(rule_texts.exec_event(arguments="probe"))
    tried.feed(rule_texts.exec_event(arguments="probe", time="2026-11-26T10:00:00Z"))
    tried.feed(rule_texts.exec_event())
    (outcome,) = tried.report().outcomes
    assert (outcome.hits, outcome.silenced) == (3, 1)


def test_a_report_is_about_the_rules_asked_for_and_names_those_without_a_hit() -> None:
    ruleset = load(rule_texts.rule(more=""), rule_texts.correlation())
    tried = DryRun(ruleset, {rule_texts.STORM_ID})
    tried.feed(rule_texts.exec_event())
    tried.feed(b"garbage")
    report = tried.report()
    assert (report.events, report.undecodable, report.matched, report.outcomes) == (2, 1, 0, ())
    assert report.without == (rule_texts.STORM_ID,)


def test_an_event_without_a_time_has_that_of_the_one_before() -> None:
    tried = DryRun(load(rule_texts.rule(more=""), rule_texts.correlation(count=2)))
    tried.feed(rule_texts.exec_event())
    tried.feed(b'{"process_exec": {"process": {"binary": "/bin/sh", "pod": {"namespace": "web", "name": "shop-1"}}}}')
    assert [outcome.title for outcome in tried.report().outcomes] == ["A shell", "Many shells"]


def test_of_no_events_there_is_an_empty_report() -> None:
    report = DryRun(load(rule_texts.rule(more=""))).report()
    assert (report.events, report.outcomes, report.without) == (0, (), (rule_texts.SHELL_ID,))

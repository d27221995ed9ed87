"""Table, rules, silences and overrides: which of them decides, and what the alert says of it."""

import msgspec
import pytest

from tocsin.classifier.judge import Judgement, Origin, judge
from tocsin.model.event import read
from tocsin.model.timestamps import NS_PER_S

from support import rulings

ORIGIN = Origin("0" * 32, "c1", "n1", 1_795_560_000 * NS_PER_S)
MEDIUM = """
profiles:
  default:
    - {severity: medium, name: exec, kind: exec, reason: A program was started.}
    - {severity: low, name: rest, reason: The rest.}
"""


def rule(id: str, level: str, *, image: str = "/bin/nc", more: str = "") -> str:
    return f"""
title: Rule {id}
id: {id}
name: {id.replace("-", "_")}
author: Somebody
level: {level}
tags: [attack.t1059.004]
logsource: {{category: process_creation, product: linux}}
detection:
  selection: {{Image: {image}}}
  condition: selection
{more}
"""


def silence(id: str, rule: str, *, expires: str = "2027-06-01T00:00:00Z", uid: int = 7) -> str:
    return f"""
title: Silence {id}
id: {id}
logsource: {{category: process_creation, product: linux}}
filter:
  rules: [{rule}]
  selection: {{uid: {uid}}}
  condition: not selection
x-silence: {{owner: platform, reason: known, expires: "{expires}"}}
"""


def verdict(
    *documents: str, severity: str = MEDIUM, uid: int = 7, flags: str = "execve", time: str = "2026-11-24T10:00:00Z"
) -> Judgement:
    ruling = rulings.of({f"r{n}.yml": text for n, text in enumerate(documents)}, severity=severity)
    assert not ruling.problems, ruling.problems
    process = {"binary": "/bin/nc", "arguments": "-e /bin/sh", "uid": uid, "flags": flags}
    line = msgspec.json.encode({"process_exec": {"process": process}, "node_name": "n1", "time": time})
    return judge(read(line), line, ORIGIN, ruling)


def test_without_a_rule_the_table_decides() -> None:
    alert = verdict().alert
    assert (alert.severity, alert.base_severity, alert.severity_from) == ("medium", "medium", "table:exec")
    assert alert.rules == ()


@pytest.mark.parametrize(
    ("level", "severity", "source"),
    [
        ("critical", "critical", "rule:net-cat"),
        ("high", "high", "rule:net-cat"),
        ("medium", "medium", "rule:net-cat"),
        ("low", "medium", "table:exec"),
        ("informational", "medium", "table:exec"),
    ],
)
def test_the_worse_of_table_and_rule_decides(level: str, severity: str, source: str) -> None:
    judged = verdict(rule("net-cat", level))
    assert (judged.alert.severity, judged.alert.severity_from) == (severity, source)
    assert judged.alert.base_severity == "medium"
    assert judged.alert.title == "Rule net-cat", "named after the rule even where the table is worse"
    assert judged.subject == f"alerts.{severity}.c1._host.net_cat"
    [hit] = judged.alert.rules
    assert (hit.level, hit.author, hit.techniques) == (level, "Somebody", ("T1059.004",))
    assert [(m.field, m.value) for m in hit.matched] == [("Image", "/bin/nc")]
    assert judged.alert.techniques == ("T1059.004",)


def test_of_several_rules_the_worst_comes_first_and_decides() -> None:
    alert = verdict(rule("b", "low"), rule("a", "critical"), rule("c", "high")).alert
    assert [hit.id for hit in alert.rules] == ["a", "c", "b"]
    assert (alert.severity, alert.severity_from, alert.title) == ("critical", "rule:a", "Rule a")
    assert "Rule a" in alert.reason


def test_a_silenced_rule_leaves_a_low_alert_that_keeps_its_name() -> None:
    judged = verdict(rule("net-cat", "critical"), silence("quiet", "net-cat"))
    alert = judged.alert
    assert (alert.severity, alert.severity_from) == ("low", "silence:quiet")
    assert (alert.silenced_by, alert.unsilenced_severity) == ("quiet", "critical")
    assert judged.subject == "alerts.low.c1._host.net_cat"
    assert "platform" in alert.reason
    assert [hit.id for hit in alert.rules] == ["net-cat"]


def test_a_silence_does_not_hide_another_rule_s_match() -> None:
    alert = verdict(rule("net-cat", "critical"), rule("other", "high"), silence("quiet", "net-cat")).alert
    assert (alert.severity, alert.severity_from, alert.title) == ("high", "rule:other", "Rule other")
    assert (alert.silenced_by, alert.unsilenced_severity) == ("quiet", "critical")


def test_where_a_silence_lowers_nothing_it_is_not_named() -> None:
    alert = verdict(rule("net-cat", "low"), rule("other", "high"), silence("quiet", "net-cat")).alert
    assert (alert.severity, alert.silenced_by, alert.unsilenced_severity) == ("high", "", "")


def test_a_silence_is_about_the_events_that_it_names() -> None:
    assert verdict(rule("net-cat", "high"), silence("quiet", "net-cat"), uid=8).alert.severity == "high"


def test_a_silence_ends_by_the_time_of_the_event() -> None:
    over = silence("quiet", "net-cat", expires="2026-11-24T09:00:00Z")
    assert verdict(rule("net-cat", "high"), over).alert.severity == "high"
    assert verdict(rule("net-cat", "high"), over, time="2026-11-24T08:59:59Z").alert.severity == "low"


def test_a_silenced_rule_still_feeds_correlations() -> None:
    counted = """
title: Many
id: many
level: high
correlation:
  type: event_count
  rules: [net-cat]
  group-by: [uid]
  timespan: 10s
  condition: {gte: 3}
  generate: true
"""
    judged = verdict(rule("net-cat", "high"), silence("quiet", "net-cat"), counted)
    assert judged.alert.severity == "low"
    assert judged.alert.signals == ("net-cat",)
    assert judged.signal is not None
    assert judged.signal.values == {"uid": "7"}


def test_a_rule_that_only_feeds_a_correlation_changes_nothing_else() -> None:
    counted = """
title: Many
id: many
level: high
correlation:
  type: event_count
  rules: [net-cat]
  group-by: [uid]
  timespan: 10s
  condition: {gte: 3}
  generate: false
"""
    judged = verdict(rule("net-cat", "critical"), counted)
    assert (judged.alert.severity, judged.alert.severity_from, judged.alert.rules) == ("medium", "table:exec", ())
    assert judged.alert.signals == ("net-cat",)


OVERRIDES = (
    MEDIUM
    + """
overrides:
  - name: our-scanner
    severity: low
    reason: Our own scanner.
    detection:
      selection: {uid: 7, rules: net-cat}
      condition: selection
  - name: nobody-is-critical
    severity: critical
    reason: Never in production.
    detection:
      selection: {uid: 9}
      condition: selection
"""
)


@pytest.mark.parametrize(
    ("uid", "severity", "source"),
    [(7, "low", "override:our-scanner"), (8, "high", "rule:net-cat"), (9, "critical", "override:nobody-is-critical")],
)
def test_overrides_have_the_last_word(uid: int, severity: str, source: str) -> None:
    alert = verdict(rule("net-cat", "high"), severity=OVERRIDES, uid=uid).alert
    assert (alert.severity, alert.severity_from) == (severity, source)


def test_what_was_already_running_matches_only_rules_that_ask_for_it() -> None:
    assert verdict(rule("net-cat", "high"), flags="execve procFS").alert.rules == ()
    asked = rule("net-cat", "high", more="x-existing: true")
    assert verdict(asked, flags="execve procFS").alert.severity == "high"


def test_an_event_that_matches_every_rule_names_the_worst_and_says_that_there_are_more() -> None:
    alert = verdict(*(rule(f"r{n:03}", "high" if n == 150 else "low") for n in range(200))).alert
    assert len(alert.rules) == 32
    assert alert.rules[0].id == "r150"
    assert "rules" in alert.truncated

"""What the page copies of an alert: the silence is loaded as it stands and silences that, the subject is that of the alert."""

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.model import subjects
from tocsin.model.event import read
from tocsin.model.severity import Severity
from tocsin.model.timestamps import parse_ns
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet

COPIED: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "ui" / "test" / "domain" / "copied.json").read_text(encoding="utf-8")
)
"""Written and held in step by `ui/test/domain/copy_formats.test.ts`."""
SILENCES = [pytest.param(case["alert"], case["yaml"], id=case["name"]) for case in COPIED["silences"]]
WITHIN_NS, OVER_NS = parse_ns("2026-11-24T18:08:11Z") or 0, parse_ns("2026-11-24T18:08:12Z") or 0


def rules(alert: dict[str, Any]) -> str:
    """A rule on shells for each that the alert names, and one that it does not."""
    ids = [*(rule["id"] for rule in alert["rules"]), "another"]
    return "---\n".join(
        f"title: Rule {n}\nid: {json.dumps(id)}\nauthor: A\nlogsource: {{category: process_creation, product: linux}}\n"
        "detection: {s: {Image: /bin/bash}, condition: s}\n"
        for n, id in enumerate(ids)
    )


def loaded(alert: dict[str, Any], copied: str) -> RuleSet:
    ruleset = RuleSet.load({"rules.yml": rules(alert).encode(), "silence.yml": copied.encode()})
    assert [str(each) for each in ruleset.problems if each.file == "silence.yml"] == []
    return ruleset


def record(alert: dict[str, Any], *, node: str = "", **pod: str) -> EventRecord:
    """A shell in the alert's pod, but for what is said of the *pod*; on the host where the alert has none."""
    process: dict[str, Any] = {"binary": "/bin/bash"}
    if alert["namespace"] or pod:
        own = {"namespace": "namespace", "name": "pod", "workload": "workload", "workload_kind": "workload_kind"}
        named = {key: alert[field] for key, field in own.items()} | pod
        process["pod"] = {key: value for key, value in named.items() if value}
    line = json.dumps({"process_exec": {"process": process}, "time": alert.get("time", "")}).encode()
    return EventRecord.of(read(line), line, cluster="c1", node=node or alert["node"])


def silenced(ruleset: RuleSet, found: EventRecord, time_ns: int = WITHIN_NS) -> set[str]:
    hits = ruleset.match(found, time_ns).hits
    assert len(hits) == len(ruleset.rules), "the rules match, silenced or not"
    return {hit.rule.id for hit in hits if hit.silenced_by is not None}


@pytest.mark.parametrize(("alert", "copied"), SILENCES)
def test_it_silences_the_alert_s_rules_for_its_workload_until_it_ends(alert: dict[str, Any], copied: str) -> None:
    ruleset = loaded(alert, copied)
    assert silenced(ruleset, record(alert)) == {rule["id"] for rule in alert["rules"]}
    assert silenced(ruleset, record(alert), OVER_NS) == set()


@pytest.mark.parametrize(("alert", "copied"), SILENCES)
def test_it_silences_nothing_elsewhere(alert: dict[str, Any], copied: str) -> None:
    ruleset = loaded(alert, copied)
    if not alert["namespace"]:
        assert silenced(ruleset, record(alert, node="worker-04")) == set()
        assert silenced(ruleset, record(alert, namespace="payments", name="on-that-node")) == set()
        return
    assert silenced(ruleset, record(alert, namespace="elsewhere")) == set()
    assert silenced(ruleset, record(alert, workload="other", name="other")) == set()
    assert silenced(ruleset, record({**alert, "namespace": ""})) == set()


def test_a_hostile_name_stays_a_name() -> None:
    alert, copied = next((case["alert"], case["yaml"]) for case in COPIED["silences"] if case["name"] == "hostile")
    (silence,) = loaded(alert, copied).silences
    assert silence.rules == tuple(rule["id"] for rule in alert["rules"])
    assert alert["title"] in silence.title
    assert silenced(loaded(alert, copied), record(alert, workload=alert["workload"].replace("*", "anything"))) == set()


@pytest.mark.parametrize("case", COPIED["subjects"], ids=lambda case: ascii(case["name"])[:20])
def test_the_subject_to_follow_is_that_of_the_alert(case: dict[str, str]) -> None:
    name = case["name"]
    subject = subjects.alert(Severity.HIGH, name, name, "x")
    assert case["line"] == f"nats sub '{subject[: subject.rindex('.')]}.*'"

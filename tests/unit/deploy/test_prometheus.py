"""The alarms: each parses, looks at metrics that exist, says what to do, and leads to a heading of the runbook."""

import re
from typing import Any

import pytest
import yaml

from support.metric_names import LABELS, OWN_LABELS, ROOT, Query, documented

_FILE = ROOT / "deploy" / "prometheus" / "rules.yaml"
_GROUPS: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text())["groups"]
_RULES: list[dict[str, Any]] = [rule for group in _GROUPS for rule in group["rules"]]
_NAMES = [rule["alert"] for rule in _RULES]
_RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
_SPAN = re.compile(r"\d+[smh]")
_USED_LABEL = re.compile(r"\$labels\.(\w+)")
_DURATION = "tocsin_process_cpu_seconds"


def _grows(name: str) -> bool:
    """Whether *name* only grows while its process lives."""
    return name.endswith("_total") or name in ("tocsin_classifier_event_lag_seconds", _DURATION)


def test_there_are_alarms_on_losses_lag_silence_and_balance() -> None:
    assert [group["name"] for group in _GROUPS][:4] == ["tocsin-loss", "tocsin-lag", "tocsin-silence", "tocsin-balance"]
    assert all(group["rules"] for group in _GROUPS)
    assert len(set(_NAMES)) == len(_NAMES)


@pytest.mark.parametrize("rule", _RULES, ids=_NAMES)
def test_an_alarm_is_complete(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"}, {"severity": "info"})
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert all(rule["annotations"].values())
    assert _SPAN.fullmatch(rule.get("for", "0s"))


@pytest.mark.parametrize("rule", _RULES, ids=_NAMES)
def test_an_alarm_looks_at_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    query = Query(rule["expr"])
    assert query.metrics
    assert query.metrics <= documented()
    assert query.labels <= LABELS.keys() | OWN_LABELS


@pytest.mark.parametrize("rule", _RULES, ids=_NAMES)
def test_what_begins_at_zero_with_its_process_is_looked_at_by_its_growth(rule: dict[str, Any]) -> None:
    query = Query(rule["expr"])
    assert query.grown == {name for name in query.metrics if _grows(name)}


@pytest.mark.parametrize("rule", _RULES, ids=_NAMES)
def test_a_text_uses_only_labels_that_its_expression_keeps(rule: dict[str, Any]) -> None:
    used = {name for text in rule["annotations"].values() for name in _USED_LABEL.findall(text)}
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", rule["expr"]))))
    assert used <= kept


@pytest.mark.parametrize("rule", _RULES, ids=_NAMES)
def test_an_alarm_leads_to_its_heading_in_the_runbook(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert re.search(rf"^### {name}$", _RUNBOOK, re.MULTILINE)


def test_the_runbook_has_no_heading_of_an_alarm_that_is_gone() -> None:
    assert set(re.findall(r"^### (Tocsin\w+)$", _RUNBOOK, re.MULTILINE)) == set(_NAMES)


@pytest.mark.parametrize("service", ["collector", "classifier", "correlator"])
def test_a_service_that_is_not_heard_raises_an_alarm(service: str) -> None:
    (rule,) = (rule for rule in _RULES if rule["alert"] == f"Tocsin{service.capitalize()}Absent")
    assert f'absent(tocsin_bus_up{{service="{service}"}})' in rule["expr"]
    assert rule["labels"]["severity"] == "critical"

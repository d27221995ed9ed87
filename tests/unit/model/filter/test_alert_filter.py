"""Filters on whole alerts: the shared cases, and that a row of the live window passes whenever its alert does."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tocsin.model.alert import Summary
from tocsin.model.filter import alert_filter, grammar

from support.rows import summary

CASES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "filter-cases.json"
shared: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8"))


def alert(fields: dict[str, Any]) -> Summary:
    known = {name: value for name, value in fields.items() if name in Summary.__struct_fields__}
    for name in ("id", "severity"):
        known.pop(name, None)
    made = summary(fields["seq"], fields["severity"], **{"kind": "", "event_type": "", **known})
    return msgspec.structs.replace(made, techniques=tuple(made.techniques))


@pytest.mark.parametrize("case", shared["match"], ids=lambda case: json.dumps(case["filter"], ensure_ascii=True))
def test_a_filter_passes_the_alerts_that_the_shared_cases_say(case: dict[str, Any]) -> None:
    filter_ = grammar.parse(case["filter"])
    passing = {name: alert_filter.passes(filter_, alert(fields)) for name, fields in shared["rows"].items()}
    assert passing == case["rows"]

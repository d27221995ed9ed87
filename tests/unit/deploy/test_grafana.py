"""The board: every expression parses and looks at metrics that exist, and its panels lie side by side."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from support.metric_names import LABELS, OWN_LABELS, ROOT, Query, documented

_BOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "tocsin.json").read_text())
_PANELS: list[dict[str, Any]] = _BOARD["panels"]
_INTERVAL = "$__rate_interval"


def _expressions() -> Iterator[tuple[str, str]]:
    for panel in _PANELS:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target["expr"]


_ALL = dict(_expressions())


@pytest.mark.parametrize("name", _ALL)
def test_an_expression_parses_and_names_metrics_and_labels_that_exist(name: str) -> None:
    query = Query(_ALL[name].replace(_INTERVAL, "5m"))
    assert query.metrics <= documented()
    assert query.labels <= LABELS.keys() | OWN_LABELS


def test_the_board_has_its_rows_and_one_variable_for_the_data_source() -> None:
    assert _BOARD["schemaVersion"] >= 39
    rows = [panel["title"] for panel in _PANELS if panel["type"] == "row"]
    assert rows == ["Flow", "Lag", "Loss", "Balance", "Resources", "Rules"]
    assert [(one["name"], one["type"], one["query"]) for one in _BOARD["templating"]["list"]] == [
        ("datasource", "datasource", "prometheus")
    ]


def test_every_panel_uses_that_data_source_and_says_what_it_shows() -> None:
    for panel in _PANELS:
        if panel["type"] != "row":
            sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
            assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
            assert panel["description"]


def test_no_two_panels_have_one_id_or_lie_over_one_another() -> None:
    assert len({panel["id"] for panel in _PANELS}) == len(_PANELS)
    places = [panel["gridPos"] for panel in _PANELS]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)

"""The metrics themselves: the documented ones are made somewhere, and no label of any can be filled by a workload."""

from pathlib import Path

import pytest

from support.metric_names import LABELS, SOURCES, constants, documented, is_made, label_uses

_MODULES = sorted(SOURCES.rglob("*.py"))
_MAKING = [path for path in _MODULES if any(label_uses(path.read_text()))]


@pytest.mark.slow
def test_every_documented_metric_is_made_by_the_sources() -> None:
    texts = constants()
    assert {name for name in documented() if not is_made(name, texts)} == set()


@pytest.mark.parametrize("path", _MAKING, ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_metric_has_a_label_that_is_not_known_to_be_safe(path: Path) -> None:
    strange = {use for use in label_uses(path.read_text()) if use[1] not in LABELS}
    assert strange == set(), "give the label a reason in support.metric_names.LABELS, or leave it out"


def test_labels_are_found_where_they_are_written() -> None:
    assert {str(path.relative_to(SOURCES)) for path in _MAKING} >= {
        "classifier/metrics.py",
        "collector/metrics.py",
        "collector/sources/agent.py",
        "correlator/metrics.py",
        "runtime/ledger_metrics.py",
    }


@pytest.mark.parametrize(
    ("source", "labels"),
    [
        ('metrics.counter("tocsin_x_total", "X.", pod=event.pod)', {"pod"}),
        ('counter("x", "X.", 1, binary=b)', {"binary"}),
        ('labels = {"image": i}\ngauge("tocsin_x", "X.", **labels)', {"image"}),
        ('gauge("tocsin_x", "X.", **event.labels)', {"**event.labels"}),
        ('gauge("tocsin_x", "X.")', set()),
    ],
)
def test_a_label_of_any_shape_is_seen(source: str, labels: set[str]) -> None:
    assert {label for _, label in label_uses(source)} == labels

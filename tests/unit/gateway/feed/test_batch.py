"""Folding, cutting and merging: nothing is lost but what is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.feed import batch
from tocsin.gateway.feed.batch import Batch, BatchBuilder
from tocsin.gateway.window.severities import SEVERITIES

from support.rows import START_MS, row

made = st.lists(st.tuples(st.sampled_from(SEVERITIES), st.sampled_from("abcdef")), max_size=80)


def test_repeats_become_one_row_the_newest_and_its_number() -> None:
    rows = [row(n, fingerprint="f", t=START_MS + at) for n, at in ((1, 5), (2, 9), (3, 1))]
    ((newest, n),) = batch.fold((own, 1) for own in rows)
    assert (newest.seq, n) == (2, 3)


def test_repeats_of_another_severity_stay_apart() -> None:
    rows = [row(1, "low", fingerprint="f"), row(2, "high", fingerprint="f")]
    assert len(batch.fold((own, 1) for own in rows)) == 2


def test_the_worst_rows_stay_and_of_equals_the_newest() -> None:
    rows = [(row(n, severity), 2) for n, severity in enumerate(("low", "low", "high", "critical", "medium", "low"), 1)]
    kept, left_out = batch.trim(rows, 4)
    assert [(own.seq, own.shape.severity) for own, _ in kept] == [
        (4, "critical"),
        (3, "high"),
        (5, "medium"),
        (6, "low"),
    ]
    assert left_out == 4


@given(made, made, st.integers(1, 12), st.booleans())
def test_whatever_is_merged_every_alert_is_in_a_row_or_left_out(
    one: list[tuple[str, str]], other: list[tuple[str, str]], limit: int, folding: bool
) -> None:
    rows = [(row(n, severity, fingerprint=fp), 1) for n, (severity, fp) in enumerate([*one, *other], 1)]
    first = Batch(0, len(one), rows[: len(one)])
    merged = batch.merge(first, Batch(len(one), len(rows), rows[len(one) :]), limit, folding=folding)
    assert (merged.after, merged.to) == (0, len(rows))
    assert len(merged.rows) <= limit
    assert sum(n for _, n in merged.rows) + merged.left_out == len(rows)
    assert folding or merged.folded == 0
    assert merged.folded == sum(n for _, n in merged.rows) - len(merged.rows)
    if rows and merged.rows:
        assert min(own.shape.index for own, _ in merged.rows) == min(own.shape.index for own, _ in rows)


@pytest.mark.slow
@pytest.mark.parametrize(("raw", "fingerprint"), [(False, ""), (True, ""), (True, "same")])
def test_what_waits_is_bounded_whatever_comes(raw: bool, fingerprint: str) -> None:
    waiting = BatchBuilder(raw=raw)
    for start in range(0, 20_000, 1_000):
        waiting.add([row(n, fingerprint=fingerprint or f"f{n}") for n in range(start + 1, start + 1_001)])
    assert len(waiting) <= 10 * batch.ROWS
    made = waiting.build(0, 20_000, 400, folding=True)
    assert not raw or made.folded == 0
    assert not raw or len(made.rows) == 400
    assert sum(n for _, n in made.rows) + made.left_out == 20_000
    assert len(waiting) == waiting.left_out == 0

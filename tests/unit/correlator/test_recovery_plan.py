"""From where SIGNALS is read, as a table."""

import pytest

from tocsin.bus import Start, Stream, StreamState
from tocsin.correlator.position import Position
from tocsin.correlator.recovery_plan import MARGIN_NS, plan
from tocsin.model.timestamps import NS_PER_S, format_ns

STORED_NS = 1_800_000_000 * NS_PER_S
HORIZON_NS = 600 * NS_PER_S
KNOWN = Position(seq=50, rebuild_from=20, stream="then", rules="same", stored=format_ns(STORED_NS))


def stream(first: int, last: int, *, created: str = "then") -> Stream:
    return Stream(created, StreamState(messages=max(0, last - first + 1), first_seq=first, last_seq=last))


def test_it_goes_on_from_what_still_counts_in_silence_up_to_the_position() -> None:
    found = plan(KNOWN, stream(1, 90), rules="same", horizon_ns=HORIZON_NS)
    assert (found.start, found.silent_to, found.partial, found.reset) == (Start(seq=20), 50, False, "")


def test_where_nothing_counts_it_begins_after_the_position() -> None:
    known = Position(seq=50, rebuild_from=51, stream="then", rules="same")
    assert plan(known, stream(1, 90), rules="same", horizon_ns=0).start == Start(seq=51)


@pytest.mark.parametrize(("first", "evicted"), [(21, 0), (51, 0), (52, 1), (91, 40)])
def test_what_was_dropped_and_still_counts_makes_it_partial(first: int, evicted: int) -> None:
    found = plan(KNOWN, stream(first, 90), rules="same", horizon_ns=HORIZON_NS)
    assert found.partial
    assert found.evicted == evicted
    assert found.silent_to == 50


def test_other_rules_look_back_from_the_position_by_stored_time() -> None:
    found = plan(KNOWN, stream(5, 90), rules="other", horizon_ns=HORIZON_NS)
    assert found.start == Start(time_ns=STORED_NS - HORIZON_NS - MARGIN_NS)
    assert found.silent_to == 50
    assert found.partial_at == 5
    assert plan(KNOWN, stream(1, 90), rules="other", horizon_ns=0).partial_at == 0


@pytest.mark.parametrize(
    ("known", "state", "why"),
    [
        (None, stream(1, 90), "no position"),
        (KNOWN, stream(1, 90, created="now"), "recreated at now"),
        (KNOWN, stream(1, 49), "ends at 49"),
    ],
)
def test_it_begins_anew_where_the_position_says_nothing(known: Position | None, state: Stream, why: str) -> None:
    found = plan(known, state, rules="same", horizon_ns=HORIZON_NS)
    assert why in found.reset
    assert (found.start, found.silent_to, found.partial) == (Start(seq=1), 0, False)


def test_a_stream_that_has_lost_its_beginning_is_partial_for_whoever_begins_anew() -> None:
    assert plan(None, stream(7, 90), rules="", horizon_ns=0).partial

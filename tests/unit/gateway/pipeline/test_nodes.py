"""Nodes that stop are named, with a reason, and soon enough; a pause is not a stop."""

from tocsin.gateway.pipeline import nodes
from tocsin.gateway.pipeline.nodes import Minutes, Nodes

NOW_MS = 1_763_906_892_000
MINUTE = NOW_MS // 60_000
HOUR_MS = 3_600_000


def watched(silent_s: float = 120.0) -> Nodes:
    return Nodes(24 * HOUR_MS, silent_s)


def silent(own: Nodes, later_s: float) -> dict[str, str]:
    return {one.node: one.why for one in own.silent(NOW_MS + int(later_s * 1_000))}


def test_a_node_that_stopped_is_named_and_one_that_sends_is_not() -> None:
    own = watched()
    own.add("a", NOW_MS, MINUTE)
    own.add("b", NOW_MS + 100_000, MINUTE)
    assert silent(own, 119) == {}
    assert silent(own, 121) == {"a": "no event has come from it for 2 min"}
    assert nodes.summary(own.silent(NOW_MS + 121_000)) == "node a is silent: no event has come from it for 2 min"
    assert nodes.summary(own.silent(NOW_MS + 400_000)) == "2 nodes are silent: a, b"


def test_a_node_that_often_pauses_gets_more_time() -> None:
    own = watched()
    for minute in (0, 9, 18):
        own.add("a", NOW_MS, MINUTE - minute)
    assert silent(own, 17 * 60) == {}
    assert list(silent(own, 19 * 60)) == ["a"]


def test_however_seldom_a_node_sends_after_an_hour_it_is_silent() -> None:
    own = watched()
    for hours in (0, 10):
        own.add("a", NOW_MS, MINUTE - 60 * hours)
    assert silent(own, 3_500) == {}
    assert list(silent(own, 3_700)) == ["a"]


def test_while_nobody_can_be_heard_nobody_is_silent() -> None:
    own = watched()
    own.add("a", NOW_MS, MINUTE)
    own.outage(NOW_MS + 600_000)
    assert silent(own, 700) == {}
    assert list(silent(own, 721)) == ["a"]


def test_the_end_of_a_nodes_collector_is_told_at_once() -> None:
    own = watched(silent_s=600.0)
    own.add("a", NOW_MS, MINUTE)
    own.collector_reported("a", NOW_MS)
    assert silent(own, 59) == {}
    assert silent(own, 61) == {"a": "its collector has not reported for 61 s"}


def test_a_node_of_which_only_the_collector_is_heard_is_silent_from_the_start() -> None:
    own = watched()
    for second in range(0, 200, 5):
        own.collector_reported("a", NOW_MS + second * 1_000)
    assert silent(own, 196) == {"a": "its collector reports, but no event has come for 3 min"}


def test_a_node_is_forgotten_after_the_window() -> None:
    own = watched()
    own.add("a", NOW_MS, MINUTE)
    own.tick(NOW_MS // 1_000 + 24 * 3_600 - 10)
    assert len(own) == 1
    own.tick(NOW_MS // 1_000 + 24 * 3_600 + 10)
    assert len(own) == 0


def test_the_number_of_nodes_has_a_bound_and_who_was_silent_for_longest_goes() -> None:
    own = watched()
    for number in range(5_001):
        own.add(f"n{number}", NOW_MS + number, MINUTE)
    assert len(own) == 5_000
    assert own.find("n0") is None


def test_the_rate_of_a_node_is_that_of_the_last_seconds() -> None:
    own = watched()
    second = NOW_MS // 1_000
    own.add("a", NOW_MS, MINUTE)
    assert own.rate("a", second) is None
    own.tick(second)
    for _ in range(50):
        own.add("a", NOW_MS, MINUTE)
    assert own.rate("a", second + 10) == 5.0
    for later in (5, 10, 15, 20):
        own.tick(second + later)
    assert own.rate("a", second + 20) == 0.0


def test_gaps_are_found_whatever_the_order() -> None:
    own = Minutes(1_440)
    assert own.longest_gap == 0
    for minute in (100, 90, 97, 103, 100, 0):
        own.add(minute)
    assert own.longest_gap == 89
    own.add(1_500)
    assert own.longest_gap == 1_396
    own.add(90_000)
    assert own.longest_gap == 0

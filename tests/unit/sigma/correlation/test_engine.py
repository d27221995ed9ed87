"""What fires, for which key and resting on what: one case after the other."""

import pytest

from tocsin.sigma.correlation import CorrelationEngine, firing_id

from support.correlation_builder import correlation, ends, feed, signal


def test_the_event_that_reaches_the_threshold_fires() -> None:
    windows = CorrelationEngine([correlation(at_least=3)])
    [firing] = feed(windows, [signal(0), signal(4), signal(10)])
    assert ends([firing]) == [10]
    assert firing.count == 3
    assert firing.from_time == "2026-09-21T14:13:20.000000000Z"
    assert firing.to_time == "2026-09-21T14:13:30.000000000Z"
    assert firing.evidence == ("at-0", "at-4", "at-10")
    assert firing.signal.id == "at-10"
    assert firing.key == {"cluster": "k1"}
    assert firing.id == firing_id("own", {"cluster": "k1"}, "at-10")
    assert len(firing.id) == 32


def test_one_nanosecond_more_than_the_timespan_is_too_long() -> None:
    windows = CorrelationEngine([correlation(at_least=2)])
    assert feed(windows, [signal(0), signal(10.000000001)]) == []


@pytest.mark.parametrize("at_least", [300, 256, 40])
def test_a_storm_fires_once_and_then_at_most_once_for_each_repeat(at_least: int) -> None:
    windows = CorrelationEngine([correlation(at_least=at_least, repeat_s=20)])
    fired = feed(windows, [signal(number * 0.01, id=str(number)) for number in range(4_000)])
    assert ends(fired) == pytest.approx([(at_least - 1) * 0.01, (at_least - 1) * 0.01 + 20], abs=0.02)
    assert fired[1].count >= min(1_000, 2 * at_least)
    assert windows.repeated == 4_000 - (at_least - 1) - 2
    assert len(fired[1].evidence) == 10


def test_evidence_is_ten_alerts_at_most_and_ends_with_the_completing_one() -> None:
    windows = CorrelationEngine([correlation(at_least=12)])
    [firing] = feed(windows, [signal(number * 0.1) for number in range(12)])
    assert firing.evidence == tuple(f"at-{number * 0.1:g}" for number in range(2, 12))


def test_keys_are_counted_apart_and_the_cluster_is_always_one() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["scope"])])
    fired = feed(
        windows,
        [
            signal(0, scope="a"),
            signal(1, scope="b"),
            signal(2, scope="a", cluster="k2"),
            signal(3, scope="b"),
            signal(4, scope="a", cluster="k2"),
        ],
    )
    assert [firing.key for firing in fired] == [{"cluster": "k1", "scope": "b"}, {"cluster": "k2", "scope": "a"}]


def test_a_signal_without_a_value_to_group_by_is_left_out_and_counted() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["scope"])])
    assert feed(windows, [signal(0, scope="a"), signal(1), signal(2)]) == []
    assert windows.missing_key == 2


def test_a_signal_that_comes_twice_counts_once() -> None:
    windows = CorrelationEngine([correlation(at_least=3)])
    assert feed(windows, [signal(0), signal(1), signal(0), signal(1)]) == []
    assert windows.duplicates == 2


def test_a_signal_that_matches_two_of_the_rules_counts_once() -> None:
    windows = CorrelationEngine([correlation("event_count", "r", "q", at_least=2)])
    assert feed(windows, [signal(0, "r", "q")]) == []
    assert len(feed(windows, [signal(1, "q")], first=2)) == 1


def test_different_values_are_counted_and_a_value_seen_again_is_as_new() -> None:
    windows = CorrelationEngine([correlation("value_count", at_least=3, field="port")])
    ports = [(0, "1"), (1, "2"), (2, "2"), (9, "1"), (12, "3")]
    [firing] = feed(windows, [signal(at, port=port) for at, port in ports])
    assert ends([firing]) == [12]
    assert firing.count == 3
    assert firing.evidence[-1] == "at-12"


def test_a_signal_without_the_counted_value_is_left_out_and_counted() -> None:
    windows = CorrelationEngine([correlation("value_count", at_least=1, field="port")])
    assert feed(windows, [signal(0)]) == []
    assert windows.missing_key == 1


def test_all_rules_in_any_order_fire_with_the_last_of_them() -> None:
    windows = CorrelationEngine([correlation("temporal", "a", "b", "c")])
    [firing] = feed(windows, [signal(0, "b"), signal(1, "x"), signal(2, "c"), signal(5, "b"), signal(11, "a")])
    assert ends([firing]) == [11]
    assert firing.count == 3
    assert firing.evidence == ("at-2", "at-5", "at-11")


def test_one_signal_may_stand_for_several_rules_in_any_order_but_not_in_an_order() -> None:
    together, ordered = correlation("temporal", "a", "b", id="t"), correlation("temporal_ordered", "a", "b", id="o")
    fired = feed(CorrelationEngine([together, ordered]), [signal(0, "a", "b")])
    assert [firing.correlation.id for firing in fired] == ["t"]


@pytest.mark.parametrize(
    ("course", "fires"),
    [
        ("abc", True),
        ("acb", False),
        ("cab", False),
        ("aabbc", True),
        ("bac", False),
        ("bacbc", True),
        ("ab" + "a" * 20 + "c", True),
    ],
)
def test_rules_fire_in_their_order_alone(course: str, fires: bool) -> None:
    windows = CorrelationEngine([correlation("temporal_ordered", "a", "b", "c", within_s=60)])
    assert bool(feed(windows, [signal(number, rule) for number, rule in enumerate(course)])) is fires


def test_a_chain_names_its_own_alerts() -> None:
    windows = CorrelationEngine([correlation("temporal_ordered", "a", "b")])
    [firing] = feed(windows, [signal(0, "a"), signal(1, "a"), signal(2, "b")])
    assert firing.evidence == ("at-1", "at-2")
    assert ends([firing]) == [2]


def test_one_rule_twice_in_a_row_is_two_events() -> None:
    windows = CorrelationEngine([correlation("temporal_ordered", "a", "a")])
    assert len(feed(windows, [signal(0, "a"), signal(1, "a")])) == 1


def test_an_alias_finds_each_rules_own_field() -> None:
    aliases = {"who": {"a": "source", "b": "target"}}
    windows = CorrelationEngine([correlation("temporal", "a", "b", by=["who"], aliases=aliases)])
    fired = feed(windows, [signal(0, "a", **{"who@a": "x"}), signal(1, "b", **{"who@b": "x"})])
    assert [firing.key for firing in fired] == [{"cluster": "k1", "who": "x"}]


# correlations of correlations


def test_repeated_enforcement_counts_the_processes_that_were_killed() -> None:
    killed = correlation("temporal_ordered", "order", "exit", id="killed", by=["exec_id"], within_s=30)
    again = correlation("event_count", "killed", id="again", by=["pod.workload"], at_least=3, within_s=300)
    windows, fired = CorrelationEngine([killed, again]), []
    for number in range(3):
        own = {"exec_id": f"e{number}", "pod__workload": "web"}
        fired += feed(
            windows,
            [
                signal(10 * number, "order", **own),
                signal(10 * number + 1, "order", **own),
                signal(10 * number + 2, "exit", **own),
            ],
            first=1 + 3 * number,
        )
    assert [firing.correlation.id for firing in fired] == ["killed", "killed", "killed", "again"]
    assert fired[-1].key == {"cluster": "k1", "pod.workload": "web"}
    assert fired[-1].evidence == tuple(firing.id for firing in fired[:3])
    assert fired[-1].count == 3


def test_what_repeat_holds_back_does_not_count_in_other_correlations() -> None:
    storm = correlation(id="storm", at_least=2, within_s=10, repeat_s=60)
    again = correlation("event_count", "storm", id="again", at_least=2, within_s=600)
    fired = feed(CorrelationEngine([storm, again]), [signal(number) for number in range(60)])
    assert [firing.correlation.id for firing in fired] == ["storm"]


def test_a_correlation_that_does_not_alert_leaves_its_signals_as_evidence() -> None:
    inner = correlation(id="inner", at_least=2)
    outer = correlation("event_count", "inner", id="outer", at_least=1, generate=False)
    fired = feed(CorrelationEngine([inner, outer]), [signal(0), signal(1)])
    assert [firing.evidence for firing in fired] == [("at-0", "at-1"), ("at-1",)]


def test_the_key_of_what_fired_goes_before_the_values_of_the_signal() -> None:
    inner = correlation("event_count", "r", id="inner", by=["who"], aliases={"who": {"r": "source"}})
    outer = correlation("event_count", "inner", id="outer", by=["who"])
    fired = feed(CorrelationEngine([inner, outer]), [signal(0, **{"who@r": "mine", "who": "another's"})])
    assert [firing.key["who"] for firing in fired] == ["mine", "mine"]


def test_time_is_required() -> None:
    broken = signal(0).__class__(id="1", time="yesterday", rules=("r",), cluster="k1")
    with pytest.raises(ValueError, match="yesterday"):
        CorrelationEngine([correlation()]).feed(broken, 1)

"""How fast numbers grow."""

from tocsin.gateway.pipeline.rates import Rate, growth, totals
from tocsin.runtime.metrics import Sample

NOW_MS = 1_763_906_892_000
MINUTE = NOW_MS // 60_000
HOUR_MS = 3_600_000


def test_a_meter_tells_the_rate_of_the_last_seconds_and_when_it_moved() -> None:
    own = Rate()
    assert (own.rate(0.0), own.known, own.idle_s(0.0)) == (None, False, None)
    for second in range(20):
        own.add(min(second, 10) * 100, float(second))
        if second == 8:
            assert own.rate(8.0) == 100.0
    assert own.rate(19.0) == 0.0
    assert own.idle_s(19.0) == 9.0
    assert own.rate(60.0) is None
    own.add(5, 20.0)
    assert own.rate(20.0) is None


def test_counters_of_a_report_are_summed_over_labels_and_begin_anew_at_zero() -> None:
    samples = [
        Sample("a", "counter", "", 3, {"severity": "low"}), Sample("a", "counter", "", 4, {"severity": "high"}),
        Sample("h", "histogram", "", 1.5, {}, {"1": 2, "+Inf": 5}),
    ]  # fmt: skip
    before = totals(samples)
    assert before == {"a": 7, "h": 1.5, "h_count": 5}
    assert growth(before, {"a": 17.0, "h": 0.5, "new": 4.0}, 5.0) == {"a": 2.0, "h": 0.1}
    assert growth(before, {"a": 9.0}, 0.0) == {}

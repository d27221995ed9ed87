"""Stats of a range: a client gets what changed since its last ones."""

from tocsin.gateway.feed.range_stats import RangeStats
from tocsin.gateway.window.counts import SecondCounts
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.top_values import TopValues

from support.rows import row

NOW = 1_763_906_892


def counted(window_s: int = 3_600) -> SecondCounts:
    own = SecondCounts(window_s)
    own.advance(NOW)
    return own


def test_a_client_is_told_only_the_bins_and_tops_that_changed() -> None:
    own, tops = counted(), TopValues(3_600)
    shape = row(1, "high", process="/bin/bash").shape
    own.add(1, NOW - 60)
    tops.add(shape, NOW - 60)
    range_ = RangeStats(900, own, tops, NOW)
    whole = range_.whole()
    assert whole["counts"] == {"critical": 0, "high": 1, "medium": 0, "low": 0}
    assert whole["top"]["process"] == [("/bin/bash", 1, "high")]
    assert whole["previous"] == dict.fromkeys(SEVERITIES, 0)
    told = range_.tick
    range_.update(NOW + 1, 2)
    assert range_.since(told)["bins"] == []
    assert "top" not in range_.since(told)
    own.add(1, NOW - 60)
    tops.add(shape, NOW - 60)
    range_.update(NOW + 3, 3)
    ((second, *counts),) = range_.since(told)["bins"]
    assert second <= NOW - 60 < second + 6
    assert counts == [0, 2, 0, 0]
    assert range_.since(told)["top"]["process"] == [("/bin/bash", 2, "high")]
    assert range_.since(range_.tick)["bins"] == []


def test_a_client_that_was_told_nothing_yet_gets_every_bin_that_is_not_empty() -> None:
    own = counted()
    for age in (5, 300, 800, 2_000):
        own.add(0, NOW - age)
    range_ = RangeStats(900, own, TopValues(3_600), NOW)
    assert sum(bin_[1] for bin_ in range_.since(0)["bins"]) == 3

"""After an outage a hundred thousand alerts come at once: each lands where it belongs, and nothing looks like an attack now."""

import msgspec
import pytest

from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.window import counts
from tocsin.model.alert import encode
from tocsin.model.timestamps import format_ns

from support.gateway import alert
from support.hubs import hub, take

NOW = 1_763_906_892
NS = 1_000_000_000
LATE = 100_000
HOUR_S = 3_600


@pytest.mark.slow
def test_an_hours_outage_is_filled_in_where_it_was() -> None:
    own = hub(NOW, rows=1_000)
    take(own, [alert(n, "medium", time_ns=(NOW - n) * NS, late_s=0) for n in range(60)], now_s=NOW)
    own.tick(NOW)
    hour, quarter = own.range_stats(HOUR_S, NOW), own.range_stats(900, NOW)
    told = hour.tick
    calm = own.rate
    assert calm == [0, 0, 60, 0]
    _flood(own)
    own.tick(NOW + 1)
    assert own.rate == [0, 0, 0, 0]
    fields = hour.since(told)
    t0, _ = counts.start(NOW + 1, HOUR_S)
    per_bin = LATE / (HOUR_S - 61) * hour.step_s
    heights = {second: high for second, _, high, _, _ in fields["bins"]}
    assert all(
        abs(high - per_bin) <= per_bin * 0.05
        for second, high in heights.items()
        if t0 < second < NOW - 61 - hour.step_s
    )
    assert heights.get(NOW // hour.step_s * hour.step_s, 0) == 0
    assert quarter.counts[1] == sum(1 for n in range(LATE) if _second(n) * 1_000 >= quarter.since_ms)
    late = own.late.fields(own.store.window.head / 1e4)["late"]
    assert (late["n"], late["most_s"], late["from"]) == (LATE, HOUR_S, (NOW - HOUR_S) * 1_000)
    assert own.late.fields(own.store.window.head / 1e4 + 61.0) == {}
    assert own.delay_ms < 2_000
    assert all(row.late_s > 60 for row in own.store.window.lanes[1])


def _second(n: int) -> int:
    return NOW - HOUR_S + n * (HOUR_S - 61) // LATE


def _flood(own: Hub) -> None:
    """High alerts evenly over the last hour but its last minute, all received now."""
    template = msgspec.json.decode(encode(alert(0, "high")))
    for n in range(LATE):
        second = _second(n)
        template["id"] = f"{n:032x}"
        template["time"] = _time(second)
        template["received"] = _time(NOW)
        seq = own.store.window.head + 1
        own.take(
            "alerts.high.c1.payments.execve",
            msgspec.json.encode(template),
            seq,
            now=float(seq) / 1e4,
            now_ms=NOW * 1_000,
        )


def _time(second: int) -> str:
    return format_ns(second * NS)

"""What an alert tells about nodes, kinds of events and clusters."""

import msgspec

from tocsin.gateway.pipeline.visibility import Visibility

from support.rows import row

NOW_MS = 1_763_906_892_000
MINUTE = NOW_MS // 60_000
HOUR_MS = 3_600_000


def test_an_alert_is_seen_by_kind_function_node_and_cluster() -> None:
    own = Visibility(24 * HOUR_MS, 120.0)
    host = "alerts.low.c1._host.execve"
    own.add(host, row(1, node="a", t=NOW_MS), "c1", b"", NOW_MS)
    call = row(2, node="a", kind="kprobe", event_type="security_file_permission", t=NOW_MS)
    own.add("alerts.low.c1.payments.x", call, "c2", b"", NOW_MS)
    own.add("alerts.low.c1.payments.x", row(3, kind="correlation", event_type="correlation", node="z"), "c1", b"", 0)
    limited = msgspec.json.encode({"event": {"rate_limit_info": {"number_of_dropped_process_events": "4"}}})
    own.add(host, row(4, node="a", kind="rate_limit", event_type="rate_limit", t=NOW_MS), "c1", limited, 0)
    throttled = row(5, node="b", kind="throttle", event_type="throttle_start", t=NOW_MS)
    own.add(host, throttled, "c1", b"", 0)
    found = own.kinds.summary(NOW_MS // 1_000)
    assert found.kinds == {"exec": 1, "kprobe": 1, "rate_limit": 1, "throttle": 1}
    assert ("kprobe", "file_permission") in found.functions
    assert (found.host, found.total, own.cluster) == (1, 4, "c1, c2")
    told = dict(own.nodes)
    assert sorted(told) == ["a", "b"]
    assert list(told["a"].dropped) == [(NOW_MS, 4)]
    assert list(told["b"].throttled) == [NOW_MS]
    assert own.kinds.summary(NOW_MS // 1_000 + 30 * 3_600).total == 0

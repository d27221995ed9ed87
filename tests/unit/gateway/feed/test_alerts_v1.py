"""The old version of the protocol: rows and top values have their former names."""

import json

from tocsin.gateway.feed import alerts_v1, frames
from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.window import rows

from support.rows import START_MS, row


def test_a_row_has_its_former_names() -> None:
    own = row(
        7, "critical", rules=("reverse-shell", "shell"), title="Reverse shell", process="/bin/bash",
        arguments="-i >& /dev/tcp", kind="kprobe", event_type="tcp_connect", namespace="payments", workload="ledger",
        pod="ledger-1", node="worker-03", container="api", target="203.0.113.7:4444", techniques=("T1059.004",),
        fingerprint="abc", late_s=61,
    )  # fmt: skip
    assert json.loads(alerts_v1.encode(own, 3)) == {
        "id": f"{7:032x}", "seq": 7, "fp": "abc", "t": START_MS + 7, "n": 3, "sev": "critical", "rule": "reverse-shell",
        "rules": ["reverse-shell", "shell"], "title": "Reverse shell", "bin": "/bin/bash", "args": "-i >& /dev/tcp",
        "event": "process_kprobe", "fn": "tcp_connect", "ns": "payments", "wl": "ledger", "pod": "ledger-1",
        "node": "worker-03", "container": "api", "target": "203.0.113.7:4444", "att": ["T1059.004"], "silenced": False,
        "late_s": 61,
    }  # fmt: skip


def test_one_rule_stands_alone_and_fields_without_a_value_are_left_out() -> None:
    old = json.loads(alerts_v1.encode(row(1, rules=("exec-storm",), kind="correlation", event_type="correlation")))
    assert (old["rule"], "rules" in old, old["event"], old["fn"]) == (
        "exec-storm", False, "correlation", "correlation",
    )  # fmt: skip
    names = {"id", "seq", "t", "n", "fp", "sev", "title", "att", "silenced", "event", "fn"}
    assert set(json.loads(alerts_v1.encode(row(1)))) == names


def test_a_batch_is_written_once_for_each_version() -> None:
    new = Batch(0, 1, [(row(1, "low"), 2)])
    old, current = (json.loads(frames.alerts(new, "e", 0, version))["rows"] for version in (1, 2))
    assert (old[0]["sev"], current[0]["severity"]) == ("low", "low")
    assert frames.alerts(new, "e", 0, 1) is frames.alerts(new, "e", 1, 1)
    assert current[0] == json.loads(rows.encode(new.rows[0][0], 2))


def test_top_values_have_their_former_names() -> None:
    top = {"event_type": [["execve", 1, "low"]], "process": [], "rules": [], "techniques": [["T1", 1, "low"]]}
    old = json.loads(frames.frame("stats", {"top": top, "matched_top": None, "t": 1}, version=1))
    assert old == {
        "k": "stats", "t": 1, "matched_top": None,
        "top": {"event": [["execve", 1, "low"]], "process": [], "rule": [], "technique": [["T1", 1, "low"]]},
    }  # fmt: skip
    assert json.loads(frames.frame("stats", {"top": top}))["top"] == top

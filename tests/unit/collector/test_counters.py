"""The few numbers taken out of an agent's metrics, of which a workload fills the labels."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.collector.counters import PLACES, Counters, CountersParser

from support import corpus

TEXT = b"""# HELP tetragon_events_exported_total Total number of events exported
# TYPE tetragon_events_exported_total counter
tetragon_events_exported_total 9000
tetragon_events_total{binary="/bin/sh",namespace="a",node_name="",pod="p",type="PROCESS_EXEC",workload="w"} 3
tetragon_events_total{binary="/bin/sh",namespace="a",node_name="worker-1",pod="p",type="PROCESS_EXEC",workload="w"} 3
tetragon_bpf_missed_events_total{error="EAGAIN",msg_op="5"} 70
tetragon_bpf_missed_events_total{error="ENOSPC",msg_op="23"} 30
tetragon_observer_ringbuf_events_lost_total 90
tetragon_observer_ringbuf_queue_events_lost_total 5
tetragon_notify_overflowed_events_total 6
tetragon_export_ratelimit_events_dropped_total 1.5e+02
tetragon_missed_prog_probes_total{attach="acct_process",policy="__base__"} 7
tetragon_missed_link_probes_total{attach="kprobe_multi (1 functions)",policy="x"} 8
tetragon_cgroup_rate_total{type="throttle_start"} 2
tetragon_cgroup_rate_total{type="throttle_stop"} 9
process_cpu_seconds_total 52.67
"""


def read(text: bytes, step: int = 65_536) -> Counters:
    reading = CountersParser()
    for start in range(0, len(text), step):
        reading.feed(text[start : start + step])
    return reading.counters()


def test_losses_are_told_by_place_and_what_two_have_counted_counts_once() -> None:
    found = read(TEXT)
    assert (found.exported, found.throttled, found.node) == (9_000, 2, "worker-1")
    assert found.lost == {"ring_buffer": 100, "queue": 5, "listener": 6, "rate_limit": 150, "probe": 15}


@given(st.integers(1, 400))
def test_it_does_not_matter_how_the_bytes_come(step: int) -> None:
    assert read(TEXT, step) == read(TEXT)


def test_a_real_agent_is_read() -> None:
    for text in corpus.scrapes():
        found = read(text, 4_096)
        assert (found.exported, found.throttled, found.node) == (351, 0, "")
        assert found.lost == dict.fromkeys(PLACES, 0)


def test_a_programs_name_cannot_pass_for_the_nodes_name() -> None:
    line = rb'tetragon_events_total{binary="/tmp/x\",node_name=\"evil",namespace="",node_name="worker-9"} 1'
    assert read(line).node == "worker-9"
    assert read(rb'tetragon_events_total{binary="/tmp/x\\",node_name="n"} 1').node == "n"
    assert read(b'tetragon_events_total{binary="a\ntetragon_events_exported_total 5').exported == 5


def test_a_line_without_end_is_passed_over() -> None:
    text = b"tetragon_events_total{" + b"x" * 1_000_000 + b"\ntetragon_events_exported_total 5\n"
    assert read(text, 1_000).exported == 5
    assert read(b"tetragon_events_exported_total 5\ntetragon_" + b"y" * 100_000, 1_000).exported == 5


def test_numbers_that_are_none_count_nothing() -> None:
    for text in (b"NaN", b"-3", b"x", b"0x10"):
        assert read(b"tetragon_events_exported_total " + text).exported == 0
    assert read(b"tetragon_events_exported_total +Inf").exported == 10**15
    assert read(b"").exported is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(text: bytes) -> None:
    read(b"tetragon_events_total" + text, 7)
    read(b"tetragon_bpf_missed_events_total{" + text)

"""From an alert to the row of a list."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.window import rows
from tocsin.gateway.window.rows import RowFactory
from tocsin.model.alert_row import AlertRow
from tocsin.model.errors import BadEvent

from support.rows import START_MS, row, summary


def decoded(own: rows.Row, n: int = 1) -> AlertRow:
    return msgspec.json.decode(rows.encode(own, n), type=AlertRow)


def test_a_row_is_what_the_design_says() -> None:
    own = row(
        7, "critical", rules=("reverse-shell", "shell"), title="Reverse shell", process="/bin/bash",
        arguments="-i >& /dev/tcp", kind="kprobe", event_type="tcp_connect", namespace="payments", workload="ledger",
        pod="ledger-1", node="worker-03", container="api", target="203.0.113.7:4444", techniques=("T1059.004",),
        fingerprint="abc",
    )  # fmt: skip
    assert decoded(own, 3) == AlertRow(
        id=f"{7:032x}", seq=7, fingerprint="abc", t=START_MS + 7, n=3, severity=own.shape.severity,
        rules=("reverse-shell", "shell"), title="Reverse shell", process="/bin/bash", arguments="-i >& /dev/tcp",
        kind="kprobe", event_type="tcp_connect", namespace="payments", workload="ledger", pod="ledger-1",
        node="worker-03", container="api", target="203.0.113.7:4444", techniques=("T1059.004",), silenced=False,
    )  # fmt: skip


def test_a_correlation_has_no_event_of_tetragons_and_no_process() -> None:
    own = row(8, "high", kind="correlation", event_type="correlation", process="", rules=("exec-storm",))
    fields = msgspec.json.decode(rows.encode(own))
    assert (fields["kind"], fields["event_type"], fields["rules"]) == ("correlation", "correlation", ["exec-storm"])
    assert not {"process", "arguments", "target"} & set(fields)


def test_fields_without_a_value_are_left_out() -> None:
    fields = msgspec.json.decode(rows.encode(row(1)))
    assert set(fields) == {
        "id",
        "seq",
        "t",
        "n",
        "fingerprint",
        "severity",
        "title",
        "techniques",
        "silenced",
        "kind",
        "event_type",
    }


def test_long_arguments_are_cut_and_marked() -> None:
    assert decoded(row(1, arguments="x" * 256)).arguments == "x" * 256
    cut = decoded(row(1, arguments="x" * 257)).arguments
    assert (len(cut), cut[-2:]) == (256, "x…")


@pytest.mark.parametrize(("late_s", "told"), [(0, 0), (60, 0), (61, 61), (3_500, 3_500)])
def test_an_alert_that_came_more_than_a_minute_late_says_so(late_s: int, told: int) -> None:
    assert decoded(row(1, late_s=late_s)).late_s == told


def test_rows_of_one_kind_share_what_they_have_in_common() -> None:
    shapes = RowFactory()
    one = shapes.row(1, summary(1, fingerprint="f"))
    other = shapes.row(2, summary(2, fingerprint="f", arguments="other"))
    assert one.shape is other.shape
    assert one.shape is not shapes.row(3, summary(3, fingerprint="g")).shape


def test_ever_new_names_do_not_fill_the_memory() -> None:
    shapes = RowFactory(limit=10)
    made = [shapes.row(n, summary(n, process=f"/tmp/{n}")) for n in range(1, 100)]
    assert len(shapes._known) <= 10
    assert made[3].shape.process == "/tmp/4"


@pytest.mark.parametrize("time", ["", "yesterday", "2025-13-01T00:00:00Z", "2025-11-23T14:08:12.641"])
def test_a_time_that_cannot_be_read_makes_no_row(time: str) -> None:
    with pytest.raises(BadEvent):
        RowFactory().row(1, msgspec.structs.replace(summary(1), time=time))


def test_times_of_other_offsets_and_precisions_are_read() -> None:
    for text in ("2025-11-23T14:08:12.641Z", "2025-11-23T15:08:12.641000+01:00", "2025-11-23T14:08:12.641999999Z"):
        assert RowFactory().row(1, msgspec.structs.replace(summary(1), time=text, received=text)).t == 1_763_906_892_641
    text = "2025-11-23T14:08:12Z"
    assert RowFactory().row(1, msgspec.structs.replace(summary(1), time=text, received=text)).t == 1_763_906_892_000


@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_the_text_a_row_is_json_that_reads_back(args: str, process: str, pod: str, target: str) -> None:
    own = decoded(row(1, arguments=args, process=process, pod=pod, target=target))
    assert own.arguments == args[:256] or len(args) > 256
    assert (own.process, own.pod) == (process, pod) or max(len(process), len(pod)) > 256

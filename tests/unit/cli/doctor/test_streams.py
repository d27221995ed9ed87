"""What is concluded of streams, readers, dead letters, the ledger and where collectors stand."""

import msgspec
import pytest

from tocsin.bus import streams
from tocsin.cli.doctor.checks import layout as checks
from tocsin.cli.doctor.checks import readers, sources
from tocsin.cli.doctor.checks.layout import differences
from tocsin.cli.doctor.observations import DeadLetters, Layout, ObservedReader, ObservedStream
from tocsin.model.checkpoint import Checkpoint, Counts, Interval
from tocsin.model.timestamps import format_ns

from support.doctor import NOW_NS, found, layout, ledger, verdicts

DAY_NS = 86_400 * 10**9


def _with(name: str, **fields: object) -> Layout:
    own = layout()
    stream = msgspec.structs.replace(own.streams[name], **fields)
    return msgspec.structs.replace(own, streams={**own.streams, name: stream})


def _reading(**fields: object) -> Layout:
    own = layout()
    rest = [reader for reader in own.readers if reader.name != fields.get("name")]
    config = next((reader.config for reader in own.readers if reader.name == fields.get("name")), {})
    return msgspec.structs.replace(own, readers=[*rest, ObservedReader(**{"config": config, **fields})])


def test_everything_as_declared_is_fine() -> None:
    assert set(verdicts(checks.check, layout=layout()).values()) == {"ok"}


def test_a_stream_that_is_missing_is_named_before_any_difference() -> None:
    own = layout()
    fewer = {name: stream for name, stream in own.streams.items() if name != "SIGNALS"}
    finding = found(checks.check, layout=msgspec.structs.replace(own, streams=fewer))["streams.declared"]
    assert finding.verdict == "fail"
    assert finding.found.startswith("SIGNALS missing")


@pytest.mark.parametrize(
    ("wanted", "is_", "text"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1}, {"a": 2}, ["a is 2; 1 is declared"]),
        ({"a": "x"}, {}, ["a is nothing; x is declared"]),
        ({"a": 0, "b": "", "c": []}, {}, []),
        ({"max_bytes": 5}, {"max_bytes": 7}, []),
        ({"max_bytes": 5}, {"max_bytes": -1}, ["max_bytes is unbounded; it must have a bound"]),
        ({"subjects": ["a", "b"]}, {"subjects": ["b", "a"]}, []),
        ({"max_age": 60_000_000_000}, {"max_age": 0}, ["max_age is none; 60 s is declared"]),
        ({"sources": [{"name": "A"}]}, {"sources": [{"name": "B", "x": 1}]}, ["sources[0].name is B; A is declared"]),
        ({"sources": [{"name": "A"}]}, {"sources": []}, ["sources has 0 entries; 1 are declared"]),
        ({"deny_delete": True}, {"deny_delete": False}, ["deny_delete is False; True is declared"]),
    ],
)
def test_differences_are_told_field_by_field(
    wanted: dict[str, object], is_: dict[str, object], text: list[str]
) -> None:
    assert list(differences(wanted, is_)) == text


def test_another_duplicate_window_than_ours_is_a_difference() -> None:
    own = layout()
    config = {**own.streams["ALERTS"].config, "duplicate_window": 1}
    finding = found(checks.check, layout=_with("ALERTS", config=config))["streams.declared"]
    assert len(finding.details) == 1
    assert "duplicate_window" in finding.details[0]


def test_durables_of_sinks_and_further_siems_are_held_against_their_declaration_too() -> None:
    stream, config = list(streams.durables(["siem-two"]))[1]
    right = ObservedReader(stream=stream, name=config["name"], config=config)
    other = ObservedReader(stream="ALERTS", name="siem-two", config={**config, "ack_policy": "none"})
    own = msgspec.structs.replace(layout(), readers=[*layout().readers, right, other])
    finding = found(checks.check, layout=own)["streams.durables"]
    assert finding.verdict == "fail"
    assert any("ALERTS/siem-two: ack_policy is none" in detail for detail in finding.details)


def test_a_backlog_at_which_collectors_stop_fails() -> None:
    full = _with("EVENTS", messages=1000, bytes=429_000_000, last_seq=1000)
    waiting = [ObservedReader(stream="EVENTS", name="classifier", waiting=900, oldest_s=9.0)]
    own = msgspec.structs.replace(full, readers=waiting)
    assert found(checks.check, layout=own)["streams.backlog"].verdict == "fail"
    some = msgspec.structs.replace(full, readers=[msgspec.structs.replace(waiting[0], waiting=100)])
    assert found(checks.check, layout=some)["streams.backlog"].verdict == "ok"


@pytest.mark.parametrize(
    ("bytes_", "age_ns", "verdict"), [(192_000_000, DAY_NS // 8, "warn"), (192_000_000, 3 * DAY_NS, "ok"), (9, 9, "ok")]
)
def test_critical_alerts_that_go_within_a_day_are_warned_of(bytes_: int, age_ns: int, verdict: str) -> None:
    own = _with("ALERTS_KEPT", messages=5, bytes=bytes_, first_ns=NOW_NS - age_ns)
    assert found(checks.check, layout=own)["streams.kept"].verdict == verdict


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, "ok"),
        ({"waiting": 5, "oldest_s": 2.0}, "ok"),
        ({"waiting": 5, "oldest_s": 60.0}, "warn"),
        ({"waiting": 5, "oldest_s": 600.0}, "fail"),
    ],
)
def test_the_classifier_is_judged_by_the_age_of_what_waits(fields: dict[str, object], verdict: str) -> None:
    own = _reading(stream="EVENTS", name="classifier", **fields)
    assert found(readers.check, layout=own, dead_letters=[], ledger=ledger())["readers.classifier"].verdict == verdict


def test_a_siem_that_nobody_has_is_no_warning_and_one_that_stopped_is() -> None:
    for used, verdict in ((False, "ok"), (True, "warn")):
        own = msgspec.structs.replace(
            layout(),
            readers=[ObservedReader(stream="ALERTS", name="siem", waiting=9, oldest_s=90_000.0, used=used)],
        )
        assert verdicts(readers.check, layout=own, dead_letters=[], ledger=ledger())["readers.alerts.siem"] == verdict


def test_old_dead_letters_are_history_and_new_ones_a_warning() -> None:
    old = DeadLetters(stream="DEAD_COLLECTOR", messages=4, newest_ns=NOW_NS - 2 * DAY_NS, reasons={"no JSON": 4})
    new = msgspec.structs.replace(old, stream="DEAD_CLASSIFIER", newest_ns=NOW_NS - 60 * 10**9)
    none = DeadLetters(stream="DEAD_CORRELATOR", messages=0)
    seen = found(readers.check, dead_letters=[old, new, none], ledger=ledger())
    assert [seen[f"letters.dead_{name}"].verdict for name in ("collector", "classifier", "correlator")] == [
        "ok",
        "warn",
        "ok",
    ]
    assert "4 in DEAD_CLASSIFIER, the newest 60 s ago" in seen["letters.dead_classifier"].found


def test_a_ledger_that_does_not_balance_fails_with_its_problems() -> None:
    last = dict.fromkeys(streams.NAMES, 0) | {"EVENTS": 7}
    finding = found(readers.check, dead_letters=[], ledger=ledger(last=last))["ledger.balance"]
    assert finding.verdict == "fail"
    assert any("EVENTS to ALERTS: 7 are missing" in detail for detail in finding.details)


def _source(node: str, age_ns: int, **counts: int) -> Checkpoint:
    return Checkpoint(
        source="file /a", cluster="c", node=node, saved=format_ns(NOW_NS - age_ns), counts=Counts(**counts)
    )


def test_a_source_that_stopped_is_named_and_one_of_a_node_that_was_taken_out_is_not() -> None:
    own = ledger(sources=[_source("n1", 10**9), _source("n2", DAY_NS // 24), _source("n3", 30 * DAY_NS)])
    seen = found(sources.check, ledger=own)
    assert [detail.partition(" ")[0] for detail in seen["sources.stopped"].details] == ["n2"]
    assert "1 of 3 sources are active" in seen["sources"].found


def test_what_was_rotated_away_unread_fails_with_its_size() -> None:
    own = ledger(sources=[_source("n1", 10**9, vanished_files=2, vanished_bytes=3 << 20)])
    finding = found(sources.check, ledger=own)["sources.vanished"]
    assert finding.verdict == "fail"
    assert finding.details == ("n1 (file /a, 0 lines): 2 files, 3 MiB known",)


def test_intervals_that_could_not_be_read_are_told_with_what_is_known_of_them() -> None:
    lost = Interval(pod="kube-system/tetragon-x", node="n1", reason="the pod was deleted", after="2026-11-24T10:00:00Z")
    source = msgspec.structs.replace(_source("n1", 10**9, unread_intervals=3), intervals=[lost])
    finding = found(sources.check, ledger=ledger(sources=[source]))["sources.unread"]
    assert finding.verdict == "fail"
    assert finding.details == (
        "n1, pod kube-system/tetragon-x, between 2026-11-24T10:00:00Z and now: the pod was deleted",
        "n1 (file /a, 0 lines): 2 older ones",
    )


def test_no_source_at_all_is_a_warning() -> None:
    assert verdicts(sources.check, ledger=ledger()) == {"sources": "warn"}


def test_a_stream_without_a_bound_is_never_full() -> None:
    assert checks.share_of(ObservedStream(config={}, bytes=5)) == 0

"""From a line to a message, a dead letter or nothing."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.bus import CLUSTER_HEADER, HASH_HEADER, LENGTH_HEADER, NODE_HEADER, RECEIVED_HEADER, SOURCE_HEADER
from tocsin.collector.normalize import DeadLetter, Origin, Publication, header, normalize
from tocsin.collector.sources.base import Line
from tocsin.model import ids
from tocsin.model.checkpoint import Position

_KEY = "collector.c.n.0123"


def _line(raw: bytes, *, place: str = "f:1", digest: str = "") -> Line:
    return Line(raw, Position(), place, len(raw) + 1, 1_700_000_000_000_000_000, digest)


def _made(raw: bytes, cluster: str = "", node: str = "") -> Publication | DeadLetter | None:
    return normalize(_line(raw), Origin(cluster, node, _KEY))


def _published(raw: bytes, cluster: str = "", node: str = "") -> Publication:
    made = _made(raw, cluster, node)
    assert isinstance(made, Publication)
    return made


_EXEC = b'{"process_exec":{"process":{}},"node_name":"Worker.1","time":"2026-01-01T00:00:00Z"}'


def test_an_event_goes_to_its_clusters_nodes_and_kinds_subject() -> None:
    made = _published(_EXEC)
    assert made.subject == "tetragon.default.worker_1.exec"
    assert made.id == ids.event_id("default", "Worker.1", _EXEC)
    assert made.headers == {
        CLUSTER_HEADER: "default",
        NODE_HEADER: "Worker.1",
        SOURCE_HEADER: _KEY,
        RECEIVED_HEADER: "1700000000000000000",
    }


def test_the_events_own_cluster_names_it_but_the_bound_one_carries_it() -> None:
    raw = b'{"process_exit":{},"cluster_name":"staging"}'
    assert _published(raw).subject == "tetragon.staging.unknown.exit"
    bound = _published(raw, cluster="prod", node="n1")
    assert bound.subject == "tetragon.prod.n1.exit"
    assert (bound.headers[CLUSTER_HEADER], bound.headers[NODE_HEADER]) == ("staging", "n1")
    assert bound.id == ids.event_id("staging", "n1", raw)


def test_an_unknown_event_key_is_carried_and_not_refused() -> None:
    assert _published(b'{"process_accept":{"x":1},"node_name":"n"}').subject == "tetragon.default.n.unknown"


@pytest.mark.parametrize("raw", [b"", b" ", b"\t\r", b"   \r"])
def test_an_empty_line_is_skipped(raw: bytes) -> None:
    assert _made(raw) is None


@pytest.mark.parametrize(
    ("raw", "kind", "word"),
    [
        (b'time="2024-01-01T00:00:00Z" level=info msg="Starting tetragon"', "agent_log", "its own log"),
        (b'{"time":"2024-01-01T00:00:00Z","level":"info","msg":"Starting"}', "agent_log", "its own log"),
        (b"failed to create fsnotify watcher: too many open files", "text", "not JSON"),
        (b"2024-05-01T10:00:00.1Z stdout F {}", "container_log", "export file"),
        (b'{"log":"{}\\n","stream":"stdout","time":"2024-05-01T10:00:00Z"}', "container_log", "json-file"),
        (b'2024-05-01T10:00:00Z {"process_exec":{}}', "timestamp", "without timestamps"),
        (b'{"a":1}', "no_event", "none of Tetragon's event keys"),
        (b'{"process_exec":{},"process_exit":{}}', "two_events", "process_exec, process_exit"),
        (b"17", "text", "not a JSON event"),
        (b"NaN", "text", "not JSON"),
        (b"[1,2]", "not_json", "not a JSON event"),
        (b'{"process_exec":{"process":{"pid":1', "not_json", "not a JSON event"),
        (b'"time":"2024-01-01T00:00:00Z"}', "text", "not a JSON event"),
        (b'{"process_exec":{}}{"process_exit":{}}', "not_json", "not a JSON event"),
        (b'{"process_exec":{}2024-05-01T10:00:00Z }', "not_json", "not a JSON event"),
        (b'\xef\xbb\xbf{"process_exec":{}}', "byte_order_mark", "byte order mark"),
        (b'{"process_exec":{"process":{"binary":"\xff"}}}', "encoding", "not UTF-8"),
        (b"\x00\x00\x00", "nul", "NUL"),
        (b"\x1f\x8b\x08\x00", "gzip", "gzip"),
        (b'{"process_exec":null}', "no_event", "none of Tetragon's event keys"),
    ],
)
def test_what_is_no_event_is_a_dead_letter_with_a_reason_for_a_person(raw: bytes, kind: str, word: str) -> None:
    made = _made(raw)
    assert isinstance(made, DeadLetter)
    assert made.kind == kind
    assert word in made.reason


def test_equal_garbage_at_two_places_is_two_dead_letters() -> None:
    origin = Origin("", "", _KEY)
    first, second = normalize(_line(b"x", place="f:2"), origin), normalize(_line(b"x", place="f:4"), origin)
    assert isinstance(first, DeadLetter)
    assert isinstance(second, DeadLetter)
    assert first.id != second.id
    again = normalize(_line(b"x", place="f:2"), origin)
    assert isinstance(again, DeadLetter)
    assert again.id == first.id


def test_a_line_over_the_limit_tells_its_length_and_hash() -> None:
    made = normalize(Line(b"x" * 10, Position(), "f:9", 5_000_001, 1, "ab12"), Origin("", "", _KEY))
    assert isinstance(made, DeadLetter)
    assert made.kind == "too_long"
    assert "5,000,001 bytes" in made.reason
    assert (made.headers[LENGTH_HEADER], made.headers[HASH_HEADER]) == ("5000001", "ab12")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"process_exec":{"process":{"binary":"\\ud800"}}}',
        b'{"process_exec":{"process":{"binary":"a\\u0000"}}}',
        b'{"process_exec":{"process":{"pid":99999999999999999999999999}}}',
        b'{"process_exec":{"process":{"pid":1e999}}}',
        b'{"process_exec":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"process_exec":{},"node_name":7}',
        b'{"node_name":"\\ud800","process_exec":{}}',
        b'{"process_exec":{},"time":"0001-01-01T00:00:00Z"}',
    ],
)
def test_hostile_json_raises_nothing(raw: bytes) -> None:
    assert isinstance(_made(raw), Publication | DeadLetter)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=80).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_whatever_the_bytes_a_line_is_an_event_a_dead_letter_or_empty(raw: bytes) -> None:
    made = _made(raw.replace(b"\n", b" "))
    if isinstance(made, Publication | DeadLetter):
        assert len(made.id) == 32
        for value in made.headers.values():
            assert all(" " < c <= "~" for c in value)
    else:
        assert made is None
        assert not raw.split()


@given(st.text(max_size=60))
def test_a_header_gives_any_name_back(name: str) -> None:
    value = header(name)
    assert all(" " < c <= "~" for c in value)
    assert unquote(value, errors="surrogatepass") == name


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_cluster_and_node_make_a_valid_subject(cluster: str, node: str) -> None:
    made = _published(b'{"process_exec":{}}', cluster=cluster, node=node)
    assert len(made.subject) < 256
    assert made.subject.count(".") == 3

"""The same bytes of the same node are the same event."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import ids

NAMES = st.text(max_size=300)


@given(NAMES, NAMES, st.binary(max_size=300))
def test_an_id_is_a_function_of_cluster_node_and_bytes(cluster: str, node: str, line: bytes) -> None:
    id = ids.event_id(cluster, node, line)
    assert id == ids.event_id(cluster, node, bytes(bytearray(line)))
    assert len(id) == 32
    assert int(id, 16) >= 0


@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=40), st.binary(min_size=1, max_size=5))
def test_other_names_or_bytes_are_another_event(cluster: str, node: str, line: bytes, more: bytes) -> None:
    id = ids.event_id(cluster, node, line)
    assert id != ids.event_id(cluster, node, line + more)
    assert id != ids.event_id(cluster + "x", node, line)
    assert id != ids.event_id(cluster, node + "x", line)


def test_names_do_not_run_into_each_other() -> None:
    assert ids.event_id("ab", "c", b"") != ids.event_id("a", "bc", b"")


@given(st.binary(max_size=100), st.text(max_size=100))
def test_equal_garbage_at_two_places_is_two_dead_letters(line: bytes, place: str) -> None:
    assert ids.dead_id(line, place) == ids.dead_id(line, place)
    assert ids.dead_id(line, place) != ids.dead_id(line, place + "1")


def test_a_path_that_is_no_unicode_has_an_id_too() -> None:
    assert len(ids.dead_id(b"", "/var/log/\udcff:0")) == 32


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_a_fingerprint_repeats_and_is_short(parts: list[str]) -> None:
    assert ids.fingerprint(*parts) == ids.fingerprint(*parts)
    assert len(ids.fingerprint(*parts)) == 16

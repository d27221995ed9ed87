"""What an alert says of processes, whatever stands in it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.queries import process_fields, process_rows
from tocsin.gateway.queries.process_fields import AlertProcesses
from tocsin.gateway.window.process_links import number
from tocsin.gateway.window.window import Window
from tocsin.model.alert import encode

from support.process_trees import process, told
from support.rows import row

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**70) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
loose = st.dictionaries(
    st.sampled_from(["exec_id", "parent_exec_id", "binary", "arguments", "pid", "uid", "start_time"]), json
)


@pytest.mark.slow
@given(loose, json | loose, json | st.lists(loose, max_size=3), json)
def test_whatever_an_event_holds_the_alert_is_read(own: Any, parent: Any, ancestors: Any, more: Any) -> None:
    event = {"node_name": "n", "process_exec": {"process": own, "parent": parent, "ancestors": ancestors, "x": more}}
    alert = {"id": "1", "exec_id": "e", "process": "/bin/x", "event": event}
    found = process_fields.read(msgspec.json.encode(alert))
    assert found.exec_id == "e"
    assert "e" in found.nodes
    assert all(0 < len(id) <= 512 and id == node.exec_id for id, node in found.nodes.items())


@given(st.binary(max_size=60))
def test_what_is_no_alert_says_nothing(payload: bytes) -> None:
    assert process_fields.read(payload).nodes == {}


def test_process_parent_and_ancestors_are_told_apart() -> None:
    found = process_fields.read(encode(told(1, process("c", "b"), process("b", "a"), process("a"))))
    assert (found.exec_id, found.ancestors) == ("c", True)
    assert {id: node.parent_exec_id for id, node in found.nodes.items()} == {"c": "b", "b": "a", "a": ""}


def test_texts_are_cut_and_an_id_that_is_none_of_the_kernels_is_no_id() -> None:
    long = process("c", "x" * 600, arguments="y" * 5_000)
    (node,) = process_fields.read(encode(told(1, long))).nodes.values()
    assert (node.parent_exec_id, len(node.arguments), node.arguments[-1]) == ("", 1_024, "…")
    assert process_fields.read(encode(told(1, process("z" * 600)))) == AlertProcesses(f"{1:032x}")


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde"), st.sampled_from(["low", "high"])), max_size=30
    ),
    st.integers(3, 12),
)
def test_rows_are_found_by_their_processes(made: list[tuple[str, str, str]], limit: int) -> None:
    window = Window(limit)
    for n, (own, parent, severity) in enumerate(made, 1):
        window.add(row(n, severity), own, parent)
    kept = {each.seq for lane in window.lanes for each in lane}
    found = process_rows.find(window.blocks(), [number("a"), number("b")])
    for name in "ab":
        assert {each.seq for each in found.own[number(name)]} == {
            n for n, (own, _, _) in enumerate(made, 1) if own == name and n in kept
        }
        children = found.children[number(name)]
        assert {each.seq for rows in children.values() for each in rows} == {
            n for n, (own, parent, _) in enumerate(made, 1) if parent == name and own not in "ab" and n in kept
        }

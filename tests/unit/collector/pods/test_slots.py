"""Keys of the bucket: as many as pods were there at once, each pod finds its own, and none takes another's."""

from tocsin.collector.pods.slots import Slots, State, key_of
from tocsin.model.checkpoint import Checkpoint, Counts, LogPlace, Position


def _page(pod: str, node: str, stored: int = 0) -> Checkpoint:
    log = LogPlace(pod=pod, name=f"ns/{pod}") if pod else None
    counts = Counts(lines=stored, stored=stored)
    return Checkpoint(source="s", cluster="c", node=node, position=Position(log=log), counts=counts)


def test_a_pod_finds_the_place_it_had() -> None:
    slots = Slots("c")
    slots.load({0: _page("a", "n1"), 1: _page("b", "n1")}, 0.0)
    assert slots.take("b", "n1").number == 1
    assert slots.take("a", "n1").number == 0


def test_a_new_pod_goes_on_where_the_old_one_of_its_node_was_left() -> None:
    slots = Slots("c")
    slots.load({0: _page("a", "n1"), 1: _page("b", "n2")}, 0.0)
    assert slots.take("new", "n2").number == 1


def test_two_pods_of_one_node_have_a_place_each() -> None:
    slots = Slots("c")
    assert {slots.take("a", "n1").number, slots.take("b", "n1").number} == {0, 1}


def test_a_place_that_was_given_up_is_used_again_and_one_that_was_left_is_not() -> None:
    slots = Slots("c")
    slots.load({0: _page("a", "n1"), 1: _page("", "n2")}, 0.0)
    assert slots.take("new", "n3").number == 1
    assert slots.take("newer", "n4").number == 2


def test_pods_that_come_and_go_use_no_more_keys_than_were_there_at_once() -> None:
    slots = Slots("c")
    for number in range(100):
        slot = slots.take(f"pod-{number}", f"node-{number}")
        slot.pod = ""
        slot.leave(float(number))
    assert len(slots.all) == 1


def test_what_was_left_is_overdue_after_a_while() -> None:
    slots = Slots("c")
    slot = slots.take("a", "n1")
    slot.pod = "a"
    slot.leave(10.0)
    assert slot.state is State.LEFT
    assert not slots.overdue(10.5, 1.0)
    assert slots.overdue(11.0, 1.0) == [slot]


def test_counts_of_what_nobody_follows_are_kept() -> None:
    slots = Slots("c")
    slots.load({0: _page("", "n1", stored=7), 2: _page("b", "n2", stored=5)}, 0.0)
    assert sum(slot.counts.stored for slot in slots.all.values()) == 12


def test_keys_differ_by_number_and_cluster() -> None:
    assert len({key_of(cluster, n) for cluster in ("a", "b") for n in range(50)}) == 100

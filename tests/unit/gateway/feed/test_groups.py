"""What clients are told: ranges that meet, and every alert in a row or in a number, whatever they do."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.feed.client import REPLAY, Client, Gap, Snapshot
from tocsin.gateway.feed.groups import Fanout
from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.window import Window
from tocsin.model.filter import EVERYTHING, Filter, grammar

from support.rows import row

HIGH = grammar.parse({"severity": ["critical", "high"]})


class World:
    """A window, its clients and a clock."""

    def __init__(self, limit: int = 25_000) -> None:
        self.window = Window(limit)
        self.window.reset("a1")
        self.fanout = Fanout(self.window)
        self.now = 100.0
        self.rows: list[Row] = []

    def come(self, severity: str = "low", fp: str = "f", seq: int = 0) -> None:
        own = row(seq or self.window.head + 1, severity, fingerprint=fp)
        self.window.head = own.seq
        self.window.add(own)
        self.rows.append(own)
        self.fanout.add(own, self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.fanout.cut_due(self.now)

    def client(
        self,
        wanted: Filter = EVERYTHING,
        cursor: tuple[str, int] | None = None,
        limit: int = 400,
        *,
        fold: bool = True,
    ) -> "Told":
        return Told(self, wanted, cursor, limit, fold=fold)


class Told:
    """A client and all that it was told."""

    def __init__(self, world: World, wanted: Filter, cursor: tuple[str, int] | None, limit: int, *, fold: bool) -> None:
        self.world = world
        self.wanted = wanted
        self.client = Client(world.fanout, lambda: None)
        self.steps: list[Gap | Snapshot | Batch] = []
        self.place: int | None = None if cursor is None else cursor[1]
        self.start = self.place
        self.counted = 0
        self.fold = fold
        self.client.open(cursor, wanted, limit, visible=True, now=world.now, fold=fold)

    def read(self, most: int = 1_000) -> None:
        """Take what may be sent now, as a socket does."""
        while most and (step := self.client.next()) is not None:
            most -= 1
            self.steps.append(step)
            if isinstance(step, Snapshot):
                self.place = self.start = step.to
                self.counted = 0
            elif isinstance(step, Batch):
                assert step.after == self.place, "frames must meet"
                assert step.to > step.after
                assert len(step.rows) <= 400
                assert self.fold or step.folded == 0
                self.place = step.to
                self.counted += sum(n for _, n in step.rows) + step.left_out

    def acknowledge(self) -> None:
        if self.place is not None:
            self.client.acknowledge("a1", self.place)

    def expected(self) -> int:
        """Alerts that match between where it began and where it stands."""
        assert self.start is not None
        assert self.place is not None
        match: Callable[[Row], bool] = matcher(self.wanted) or (lambda _: True)
        return sum(1 for own in self.world.rows if self.start < own.seq <= self.place and match(own))


actions = st.one_of(
    st.tuples(st.just("come"), st.sampled_from(SEVERITIES), st.sampled_from("abcd")),
    st.tuples(st.just("flood"), st.integers(1, 120)),
    st.tuples(st.just("hole"), st.integers(1, 5)),
    st.tuples(st.just("time"), st.sampled_from((0.02, 0.06, 0.1, 0.3, 1.1))),
    st.tuples(st.just("read"), st.integers(0, 3), st.integers(1, 3)),
    st.tuples(st.just("ack"), st.integers(0, 3)),
    st.tuples(st.just("view"), st.integers(0, 3), st.sampled_from((0, 100, 400))),
    st.tuples(st.just("resume"), st.integers(0, 3)),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(actions, max_size=60))
def test_frames_cover_without_a_hole_or_an_overlap_whatever_clients_do(script: list[tuple[Any, ...]]) -> None:
    world = World()
    clients = [world.client(), world.client(HIGH), world.client(grammar.parse({"q": "a-none"}), limit=100)]
    clients.append(world.client(fold=False))
    for name, *what in script:
        if name == "come":
            world.come(*what)
        elif name == "flood":
            for n in range(what[0]):
                world.come("low", f"x{n % 50}")
        elif name == "hole":
            world.window.head += what[0]  # an alert that made no row
        elif name == "time":
            world.pass_time(what[0])
        elif name == "read":
            clients[what[0]].read(what[1])
        elif name == "ack":
            clients[what[0]].acknowledge()
        elif name == "view":
            clients[what[0]].client.view(None, what[1], visible=None, whole=False, now=world.now)
        else:
            old = clients[what[0]]
            old.client.leave()
            cursor = None if old.place is None else ("a1", old.place)
            clients[what[0]] = world.client(old.wanted, cursor, fold=old.fold)
    for told in clients:
        told.client.view(None, 400, visible=True, whole=False, now=world.now)
        for _ in range(40):
            world.pass_time(1.1)
            told.read()
            told.acknowledge()
        assert told.place == world.window.head
        assert told.counted == told.expected()


def test_a_critical_alert_cuts_the_frame_and_a_low_one_waits() -> None:
    world = World()
    told = world.client()
    told.read()
    world.come("low")
    world.pass_time(0.06)
    told.read()
    assert told.place == 0
    world.come("critical")
    world.pass_time(0.0)
    told.read()
    assert told.place == 2


def test_clients_with_the_same_filter_get_the_same_batch() -> None:
    world = World()
    one, other, third = world.client(HIGH), world.client(HIGH), world.client()
    for told in (one, other, third):
        told.read()
    world.come("high")
    world.pass_time(0.1)
    for told in (one, other, third):
        told.read()
    assert one.steps[-1] is other.steps[-1]
    assert one.steps[-1] is not third.steps[-1]


def test_clients_that_wait_together_share_what_is_merged() -> None:
    world = World()
    slow = [world.client(), world.client()]
    for told in slow:
        told.read()
    for _ in range(5):
        world.come("low", "same")
        world.pass_time(0.3)
        for told in slow:
            told.read()
    for told in slow:
        told.acknowledge()
        told.read()
    assert slow[0].steps[-1] is slow[1].steps[-1]
    last = slow[0].steps[-1]
    assert isinstance(last, Batch)
    assert (len(last.rows), last.folded, last.left_out) == (1, 2, 0)


def test_a_client_that_wants_no_folding_gets_rows_and_numbers_of_what_is_left_out() -> None:
    world = World()
    raw, folding = world.client(limit=100, fold=False), world.client(limit=100)
    for told in (raw, folding):
        told.read()
    for _ in range(6):
        for _ in range(300):
            world.come("low", "same")
        world.pass_time(0.3)
        for told in (raw, folding):
            told.read()
    for told in (raw, folding):
        told.acknowledge()
        told.read()
        assert (told.place, told.counted) == (1_800, 1_800)
    last = raw.steps[-1]
    assert isinstance(last, Batch)
    assert (len(last.rows), last.folded, last.left_out) == (100, 0, 1_100)
    assert world.fanout.views == 2
    raw.client.view(None, None, visible=None, whole=False, now=world.now, fold=True)
    raw.read()
    assert isinstance(raw.steps[-1], Snapshot)
    assert world.fanout.views == 1


@pytest.mark.slow
def test_a_client_that_acknowledges_nothing_holds_one_batch_and_delays_nobody() -> None:
    world = World()
    stuck, fast = world.client(), world.client()
    for told in (stuck, fast):
        told.read()
    for n in range(3_000):
        world.come(SEVERITIES[n % 4], f"f{n % 700}")
        world.pass_time(0.02)
        stuck.read()
        fast.read()
        fast.acknowledge()
    assert len([step for step in stuck.steps if isinstance(step, Batch)]) == 10
    world.pass_time(1.1)
    fast.read()
    assert fast.place == 3_000
    assert fast.counted == 3_000
    stuck.acknowledge()
    stuck.read(1)
    assert stuck.place == 3_000
    assert stuck.counted == 3_000


def test_a_client_that_resumes_is_told_what_it_missed_in_order() -> None:
    world = World()
    for n in range(1_000):
        world.come("low", f"f{n}")
    told = world.client(cursor=("a1", 100))
    for _ in range(5):
        told.read()
        told.acknowledge()
    batches = [step for step in told.steps if isinstance(step, Batch)]
    assert [(own.after, own.to, own.replay) for own in batches] == [
        (100, 500, True),
        (500, 900, True),
        (900, 1_000, True),
    ]
    assert [own.seq for step in batches for own, _ in step.rows] == list(range(101, 1_001))
    assert world.fanout.counts.replays == 1


def test_a_client_that_missed_nothing_gets_no_snapshot() -> None:
    world = World()
    world.come()
    told = world.client(cursor=("a1", 1))
    told.read()
    assert told.steps == []


def test_a_client_that_missed_too_much_is_told_so_and_begins_anew() -> None:
    world = World()
    world.come()
    told = world.client(cursor=("a1", 1))
    world.window.head += REPLAY + 1
    told = world.client(cursor=("a1", 1))
    told.read()
    assert told.steps == [Gap("a1", 1, "too_far"), Snapshot(REPLAY + 2)]


def test_a_client_whose_rows_the_stream_let_go_is_told_so() -> None:
    world = World()
    for _ in range(10):
        world.come()
    world.window.evict(below_seq=6, before_ms=0)
    told = world.client(cursor=("a1", 4))
    told.read()
    assert told.steps == [Gap("a1", 4, "retention"), Snapshot(10)]
    told = world.client(cursor=("a1", 5))
    told.read()
    assert [type(step) for step in told.steps] == [Batch]


def test_a_client_of_another_stream_is_told_so() -> None:
    world = World()
    world.come()
    told = world.client(cursor=("b2", 1))
    told.read()
    assert told.steps == [Gap("b2", 1, "epoch"), Snapshot(1)]


def test_a_client_that_was_ahead_of_this_gateway_begins_anew_without_a_gap() -> None:
    world = World()
    world.come()
    told = world.client(cursor=("a1", 9))
    told.read()
    assert told.steps == [Snapshot(1)]


def test_clients_are_told_when_the_stream_was_made_anew() -> None:
    world = World()
    for _ in range(5):
        world.come()
    told = world.client()
    told.read()
    world.window.reset("b2")
    world.window.head = 2
    world.fanout.reset("a1", world.now)
    told.read()
    assert told.steps[-2:] == [Gap("a1", 5, "epoch"), Snapshot(2)]
    world.come()
    world.pass_time(0.3)
    told.read()
    assert told.place == 3


def test_what_was_not_acknowledged_of_the_old_stream_does_not_count_in_the_new() -> None:
    world = World()
    told = world.client()
    told.read()
    for _ in range(2):
        world.come()
        world.pass_time(0.3)
        told.read()
    assert told.place == 2
    world.window.reset("b2")
    world.fanout.reset("a1", world.now)
    told.read()
    world.come()
    world.pass_time(0.3)
    told.read()
    assert told.place == 1


def test_another_filter_begins_with_a_snapshot() -> None:
    world = World()
    told = world.client()
    told.read()
    world.come("low")
    told.client.view(HIGH, None, visible=None, whole=False, now=world.now)
    told.read()
    assert told.steps[-1] == Snapshot(1)
    told.client.view(HIGH, None, visible=None, whole=False, now=world.now)
    told.read()
    assert told.steps[-1] == Snapshot(1)
    assert len(told.steps) == 2


def test_a_hidden_page_is_told_nothing_and_begins_anew_when_shown() -> None:
    world = World()
    told = world.client()
    told.read()
    told.client.view(None, 0, visible=False, whole=False, now=world.now)
    world.come("critical")
    world.pass_time(0.3)
    told.read()
    assert len(told.steps) == 1
    told.client.view(None, 400, visible=True, whole=False, now=world.now)
    told.read()
    assert told.steps[-1] == Snapshot(1)


def test_a_group_without_clients_goes() -> None:
    world = World()
    one, other = world.client(HIGH), world.client()
    assert world.fanout.views == 2
    one.client.leave()
    other.client.leave()
    assert world.fanout.views == 0
    world.come()
    assert world.fanout.cut_due(world.now) is None

"""The account: kill it anywhere, and the sum over all runs is what is stored."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collector.line_account import Entry, Kind, LineAccount
from tocsin.collector.stored_messages import StoredIds, StoredMessage
from tocsin.model.checkpoint import Checkpoint, Position

_NEW = Checkpoint(source="test", cluster="c")


def _at(offset: int) -> Position:
    return Position(fingerprint="f", offset=offset)


def test_the_position_moves_only_past_what_is_settled() -> None:
    account = LineAccount(_NEW)
    first, second, third = (account.add(Kind.EVENT, _at(n), 10) for n in (10, 20, 30))
    account.settle(second, 2)
    assert account.take("now") is None
    account.settle(first, 1)
    saved = account.take("now")
    assert saved is not None
    assert (saved.position.offset, saved.floor_seq, saved.counts.lines, saved.counts.bytes) == (20, 2, 2, 20)
    assert account.take("now") is None
    account.settle(third, 3)
    saved = account.take("later")
    assert saved is not None
    assert (saved.position.offset, saved.saved) == (30, "later")


def test_a_repeat_is_counted_as_one_and_another_sources_message_too() -> None:
    account = LineAccount(_NEW)
    for seq in (1, 1, 2, 0):
        account.settle(account.add(Kind.EVENT, _at(seq), 1), seq)
    assert (account.stored, account.repeated, account.lines) == (2, 2, 4)


def test_events_and_dead_letters_have_floors_of_their_own() -> None:
    account = LineAccount(_NEW)
    account.settle(account.add(Kind.EVENT, _at(1), 1), 5)
    account.settle(account.add(Kind.DEAD, _at(2), 1), 5)
    account.add(Kind.SKIPPED, _at(3), 1)
    account.add(Kind.VANISHED, None, 99, files=1)
    saved = account.take("now")
    assert saved is not None
    counts = saved.counts
    assert (counts.stored, counts.dead, counts.skipped, counts.lines, counts.bytes) == (1, 1, 1, 3, 3)
    assert (counts.vanished_files, counts.vanished_bytes) == (1, 99)
    assert (saved.floor_seq, saved.floor_dead, saved.position.offset) == (5, 5, 3)


def test_what_was_sent_again_out_of_order_is_committed_at_once() -> None:
    account = LineAccount(_NEW)
    refused, sent = account.add(Kind.EVENT, _at(1), 1), account.add(Kind.EVENT, _at(2), 1)
    account.hold_together()  # the first was refused and sent again, behind the second
    account.settle(refused, 9)
    assert account.take("now") is None
    account.settle(sent, 8)
    saved = account.take("now")
    assert saved is not None
    assert (saved.counts.stored, saved.floor_seq, saved.position.offset) == (2, 9, 2)


def test_a_second_call_for_the_same_line_changes_nothing() -> None:
    account = LineAccount(_NEW)
    entry = account.add(Kind.EVENT, _at(1), 1)
    account.settle(entry, 4)
    account.settle(entry, 5)
    assert account.stored == 1


@dataclass
class Stream:
    """EVENTS, as far as it matters: a repeat within the duplicate window is answered with the first one's sequence."""

    ids: list[str] = field(default_factory=list)
    owner: list[str] = field(default_factory=list)
    window: set[str] = field(default_factory=set)

    def publish(self, id: str, owner: str) -> int:
        if id not in self.window:
            self.window.add(id)
            self.ids.append(id)
            self.owner.append(owner)
        return len(self.ids) - self.ids[::-1].index(id)

    def above(self, floor: int, owner: str) -> StoredIds:
        found = [
            (seq, id, who) for seq, (id, who) in enumerate(zip(self.ids, self.owner, strict=True), 1) if seq > floor
        ]
        mine = {id: StoredMessage(Kind.EVENT, seq, 1) for seq, id, who in found if who == owner}
        return StoredIds(mine, {id for _, id, who in found if who != owner})


class Life:
    """One run of a collector, from its checkpoint to its kill."""

    def __init__(self, stream: Stream, lines: list[str], saved: Checkpoint) -> None:
        self.saved = saved
        self._stream = stream
        self._lines = lines
        self._next = saved.position.offset
        self._account = LineAccount(saved)
        self._known = stream.above(saved.floor_seq, "me")
        self._account.withheld = not self._known.all_met
        self._flight: list[tuple[Entry, int]] = []
        self._refused: list[tuple[Entry, str]] = []
        self._resent = False

    @property
    def ended(self) -> bool:
        return self._next >= len(self._lines)

    def send(self, *, refused: bool = False) -> None:
        """Read and send a line; a refused one has to be sent again."""
        if self.ended:
            return
        id, self._next = self._lines[self._next], self._next + 1
        entry = self._account.add(Kind.EVENT, _at(self._next), 1)
        seq = self._known.meet(id)
        if seq is not None:
            self._account.settle(entry, seq)
            if self._account.withheld and self._known.all_met:
                self._account.withheld = False
                self._account.hold_together()
        elif refused:
            self._refused.append((entry, id))
        else:
            self._publish(entry, id)

    def send_again(self) -> None:
        """Everything that was refused."""
        self._resent = self._resent or bool(self._refused)
        for entry, id in self._refused:
            self._publish(entry, id)
        self._refused.clear()

    def hear(self) -> None:
        """The oldest PubAck that is under way."""
        if self._flight:
            if self._resent:
                self._resent = False
                self._account.hold_together()
            self._account.settle(*self._flight.pop(0))

    def save(self) -> None:
        """As far as all is settled."""
        self.saved = self._account.take("now") or self.saved

    def finish(self) -> None:
        """Read, send and hear all; stop in order."""
        while not self.ended:
            self.send()
        self.send_again()
        while self._flight:
            self.hear()
        for found in self._known.take_unmet():
            self._account.count_stored(found.kind, found.seq, 1)
        self._account.withheld = False
        self.save()
        assert len(self._account) == 0

    def _publish(self, entry: Entry, id: str) -> None:
        seq = self._stream.publish(id, "me")
        self._flight.append((entry, seq if self._stream.owner[seq - 1] == "me" else 0))


_STEPS = st.lists(st.sampled_from(["send", "send", "refuse", "again", "hear", "hear", "save"]), max_size=30)

_LETTERS = st.sampled_from("abcdefgh")


def _live(life: Life, steps: list[str]) -> Checkpoint:
    acts = {
        "send": life.send,
        "refuse": lambda: life.send(refused=True),
        "again": life.send_again,
        "hear": life.hear,
        "save": life.save,
    }
    for step in steps:
        acts[step]()
    counts = life.saved.counts
    assert counts.lines == counts.stored + counts.dead + counts.repeated + counts.skipped
    return life.saved


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.integers(0, 14), st.lists(_STEPS, max_size=4))
def test_killed_anywhere_and_away_longer_than_the_duplicate_window_nothing_is_missing_or_there_twice(
    number: int, lives: list[list[str]]
) -> None:
    lines = [f"line {n}" for n in range(number)]
    stream, saved = Stream(), _NEW
    for steps in lives:
        saved = _live(Life(stream, lines, saved), steps)
        stream.window.clear()
    last = Life(stream, lines, saved)
    last.finish()
    assert sorted(stream.ids) == sorted(lines)
    assert last.saved.counts.stored == last.saved.counts.lines == number


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(_LETTERS, max_size=14), st.lists(_LETTERS, max_size=4), st.lists(_STEPS, max_size=4))
def test_repeated_lines_and_those_of_another_source_are_counted_once(
    lines: list[str], others: list[str], lives: list[list[str]]
) -> None:
    stream, saved = Stream(), _NEW
    for steps in lives:
        saved = _live(Life(stream, lines, saved), steps)
        for id in others:
            stream.publish(id, "another")
    last = Life(stream, lines, saved)
    last.finish()
    assert set(stream.ids) >= set(lines)
    assert len(stream.ids) == len(set(stream.ids))
    assert last.saved.counts.stored == stream.owner.count("me")
    assert last.saved.counts.lines == len(lines)

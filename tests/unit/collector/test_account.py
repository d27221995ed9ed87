"""The account: kill it anywhere, and the sum over all runs is what is stored."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collector.account import Account, Kind
from tocsin.collector.readback import Found, Known
from tocsin.model.checkpoint import Checkpoint, Position

_NEW = Checkpoint(source="test", cluster="c")


def _at(offset: int) -> Position:
    return Position(fingerprint="f", offset=offset)


def test_the_position_moves_only_past_what_is_settled() -> None:
    account = Account(_NEW)
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
    account = Account(_NEW)
    for seq in (1, 1, 2, 0):
        account.settle(account.add(Kind.EVENT, _at(seq), 1), seq)
    assert (account.stored, account.repeated, account.lines) == (2, 2, 4)


def test_events_and_dead_letters_have_floors_of_their_own() -> None:
    account = Account(_NEW)
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
    account = Account(_NEW)
    refused, sent = account.add(Kind.EVENT, _at(1), 1), account.add(Kind.EVENT, _at(2), 1)
    account.hold_together()  # the first was refused and sent again, behind the second
    account.settle(refused, 9)
    assert account.take("now") is None
    account.settle(sent, 8)
    saved = account.take("now")
    assert saved is not None
    assert (saved.counts.stored, saved.floor_seq, saved.position.offset) == (2, 9, 2)


def test_a_second_call_for_the_same_line_changes_nothing() -> None:
    account = Account(_NEW)
    entry = account.add(Kind.EVENT, _at(1), 1)
    account.settle(entry, 4)
    account.settle(entry, 5)
    assert account.stored == 1


@dataclass
class Stream:
    """EVENTS, as far as it matters: ids in order, a repeat answered with the first one's sequence."""

    ids: list[str] = field(default_factory=list)
    owner: list[str] = field(default_factory=list)

    def publish(self, id: str, owner: str) -> int:
        if id not in self.ids:
            self.ids.append(id)
            self.owner.append(owner)
        return self.ids.index(id) + 1

    def above(self, floor: int, owner: str) -> Known:
        found = enumerate(zip(self.ids, self.owner, strict=True), 1)
        return Known({id: Found(Kind.EVENT, seq, who == owner, 1) for seq, (id, who) in found if seq > floor})


def _run(stream: Stream, lines: list[str], saved: Checkpoint, plan: st.DataObject, *, last: bool) -> Checkpoint:
    """One life of a collector: some lines sent, some PubAcks heard, checkpoints at any time, then a kill."""
    account = Account(saved)
    known = stream.above(saved.floor_seq, "me")
    account.withheld = not known.all_met
    flight: list[tuple[object, int]] = []
    begin = saved.position.offset
    ends = len(lines) if last else plan.draw(st.integers(begin, len(lines)), label="lines sent")
    for index in range(begin, ends):
        entry = account.add(Kind.EVENT, _at(index + 1), 1)
        found = known.meet(lines[index])
        if found is not None:
            account.settle(entry, found.seq if found.mine else 0)
            if account.withheld and known.all_met:
                account.withheld = False
                account.hold_together()
        else:
            seq = stream.publish(lines[index], "me")
            flight.append((entry, seq if stream.owner[seq - 1] == "me" else 0))
        if plan.draw(st.booleans(), label="PubAcks now"):
            heard = plan.draw(st.integers(0, len(flight)), label="how many")
            for one, seq in flight[:heard]:
                account.settle(one, seq)  # type: ignore[arg-type]
            del flight[:heard]
        if plan.draw(st.booleans(), label="save"):
            saved = account.take("now") or saved
    if last:
        for one, seq in flight:
            account.settle(one, seq)  # type: ignore[arg-type]
        for found in known.unmet():
            account.found(found.kind, found.seq, 1)
        account.withheld = False
        saved = account.take("now") or saved
    counts = saved.counts
    assert counts.lines == counts.stored + counts.dead + counts.repeated + counts.skipped
    return saved


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_killed_anywhere_and_started_again_all_is_stored_and_counted_once(plan: st.DataObject) -> None:
    lines = plan.draw(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=14), label="lines")
    other = plan.draw(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=4), label="another source's")
    stream, saved = Stream(), _NEW
    for _ in range(plan.draw(st.integers(0, 3), label="kills")):
        saved = _run(stream, lines, saved, plan, last=False)
        for id in other:
            stream.publish(id, "other")
    saved = _run(stream, lines, saved, plan, last=True)
    assert set(stream.ids) >= set(lines)
    assert saved.counts.stored == stream.owner.count("me")
    assert saved.counts.lines == len(lines)

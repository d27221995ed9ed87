"""The ledger of a collector that follows many pods."""

import msgspec

from tocsin.bus import streams
from tocsin.model.checkpoint import Checkpoint, Counts, Interval
from tocsin.runtime import ledger
from tocsin.runtime.ledger import Facts

_LAST = dict.fromkeys(
    [
        streams.RAISED, streams.ALERTS, streams.SIGNALS, streams.EVENTS, streams.dead("classifier"),
        streams.dead("collector"),
    ],
    0,
)  # fmt: skip


def _source(name: str, counts: Counts, *intervals: Interval) -> Checkpoint:
    return Checkpoint(source=name, cluster="c", counts=counts, intervals=list(intervals))


def test_many_sources_that_balance_are_one_line_and_one_that_does_not_has_its_own() -> None:
    fine = [_source(f"pod {n}", Counts(lines=2, stored=2)) for n in range(300)]
    wrong = _source("pod x", Counts(lines=3, stored=2))
    last = {**_LAST, streams.EVENTS: 602, streams.ALERTS: 602}
    found = ledger.balance(Facts(sources=[*fine, wrong], last=last, waiting=0))
    assert [line.hop for line in found.lines][:2] == ["300 sources", "source: pod x"]
    assert (found.lines[0].expected, found.lines[1].difference) == (600, 1)
    assert not found.balanced


def test_what_could_not_be_read_is_told_beside_the_equations() -> None:
    gone = Interval(pod="ns/p", node="n1", reason="the pod was deleted", after="2026-01-01T00:00:00Z", noticed="2")
    source = _source("pod", Counts(unread_intervals=3), gone)
    found = ledger.balance(Facts(sources=[source], last=_LAST, waiting=0))
    assert found.balanced
    text = ledger.render(found)
    assert "an unknown number each: 3" in text
    assert "node n1, pod ns/p" in text
    assert msgspec.json.decode(ledger.encode(found))["sources"][0]["intervals"][0]["pod"] == "ns/p"

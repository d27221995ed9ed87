"""Who reads the streams and how far behind they are, what could not be handled, and whether the counts agree."""

from collections.abc import Iterator

from tocsin.bus import streams
from tocsin.cli.doctor.checks import words
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Letters, Observed, ReaderSeen
from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime.ledger import Ledger

_LATE_S, _STUCK_S = 30.0, 300.0
"""Behind by so much the classifier is slow; by so much it does not work."""
_AWAY_S = 3_600.0
"""A reader of alerts that answers nothing for so long is away."""
_DAY_NS = 86_400 * 10**9
_READS_ALERTS = "alerts that are dropped before it comes back are never seen there; its durable waits for it"


def check(seen: Observed) -> Iterator[Finding]:
    """Lag, dead letters, balance."""
    if isinstance(seen.layout, Unseen):
        yield unknown("readers.lag", seen.layout)
    else:
        for own in seen.layout.readers:
            yield _classifier(own) if own.name == streams.CLASSIFIER else _reader(own)
    yield from _letters(seen)
    yield from _ledger(seen.ledger)


def _classifier(own: ReaderSeen) -> Finding:
    name = "readers.classifier"
    age_s = own.oldest_s or 0.0
    waits = f"{own.waiting:,} events wait for the classifier, the oldest for {words.span(age_s)}"
    if not own.waiting or age_s < _LATE_S:
        return ok(name, waits if own.waiting else "nothing waits for the classifier")
    if age_s < _STUCK_S:
        return warn(name, waits, "start more classifiers if this grows (one judges some 10,000 events a second)")
    return fail(name, waits, "look whether a classifier runs, and at its log; then start it, or more of them")


def _reader(own: ReaderSeen) -> Finding:
    name, which = f"readers.{own.stream}.{own.name}".lower(), f"{own.stream}/{own.name}"
    if not own.used:
        return ok(name, f"{which} has never been read: nobody uses it")
    age_s = own.oldest_s or 0.0
    waits = f"{own.waiting:,} alerts wait in {which}, the oldest for {words.span(age_s)}"
    if not own.waiting or age_s < _AWAY_S:
        return ok(name, waits if own.waiting else f"{which} is up to date")
    return warn(name, waits, f"look at that reader: {_READS_ALERTS}")


def _letters(seen: Observed) -> Iterator[Finding]:
    if isinstance(seen.letters, Unseen):
        yield unknown("letters", seen.letters)
        return
    for own in seen.letters:
        yield _letter(own, seen.now_ns)


def _letter(own: Letters, now_ns: int) -> Finding:
    name = f"letters.{own.stream.lower()}"
    if not own.messages:
        return ok(name, f"{own.stream} is empty")
    age_ns = now_ns - own.newest_ns
    found = f"{own.messages:,} in {own.stream}, the newest {words.span(age_ns / NS_PER_S)} ago"
    reasons = [f"{n:,} of the newest: {reason}" for reason, n in own.reasons.items()]
    if age_ns > _DAY_NS:
        return ok(name, found, details=reasons)
    return warn(
        name,
        found,
        f"look at them as the admin: nats --inbox-prefix _INBOX_admin stream view {own.stream}; the header "
        "Tocsin-Reason says why, docs/operations.md what to do",
        details=reasons,
    )


def _ledger(ledger: Ledger | Unseen) -> Iterator[Finding]:
    if isinstance(ledger, Unseen):
        yield unknown("ledger.balance", ledger)
        return
    state = "at rest" if ledger.at_rest else "while events run"
    evicted = [own for own in ledger.readers if own.evicted_unread]
    if ledger.balanced:
        yield ok("ledger.balance", f"the counts of all hops agree ({state})")
    else:
        yield fail(
            "ledger.balance",
            f"the counts of the hops do not agree ({state})",
            "`tocsin ledger` shows every hop; docs/operations.md says what each difference means",
            details=ledger.problems,
        )
    if evicted:
        yield fail(
            "ledger.evicted",
            "messages were dropped before a reader had them",
            "give the streams more room (TOCSIN_NATS_STORE_MB), and see why that reader was away",
            details=[f"{own.stream}/{own.name}: {own.evicted_unread:,}" for own in evicted],
        )

"""The durables and their lag, dead letters, and whether the counts of all stages agree."""

from collections.abc import Iterator

from tocsin.bus import streams
from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import DeadLetters, Observations, ObservedReader
from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime.ledger import Ledger

_LATE_S, _STUCK_S = 30.0, 300.0
"""With the first lag the classifier is slow, with the second it does not work."""
_AWAY_S = 3_600.0
"""A reader of alerts that acknowledges nothing for this long is stopped."""
_DAY_NS = 86_400 * 10**9
_READS_ALERTS = "it will miss alerts that the stream drops before it reads again"


def check(observations: Observations) -> Iterator[Finding]:
    """Lag, dead letters, and the ledger."""
    if isinstance(observations.layout, Unknown):
        yield unknown("readers.lag", observations.layout)
    else:
        for reader in observations.layout.readers:
            yield _classifier(reader) if reader.name == streams.CLASSIFIER else _reader(reader)
    yield from _dead_letters(observations)
    yield from _ledger(observations.ledger)


def _classifier(reader: ObservedReader) -> Finding:
    name = "readers.classifier"
    age_s = reader.oldest_s or 0.0
    waits = f"{reader.waiting:,} events wait for the classifier, the oldest for {units.span(age_s)}"
    if not reader.waiting or age_s < _LATE_S:
        return ok(name, waits if reader.waiting else "no event waits for the classifier")
    if age_s < _STUCK_S:
        return warn(name, waits, "start more classifiers if this grows (one handles some 10,000 events a second)")
    return fail(name, waits, "check that a classifier runs, and read its log; then start one, or more of them")


def _reader(reader: ObservedReader) -> Finding:
    name, label = f"readers.{reader.stream}.{reader.name}".lower(), f"{reader.stream}/{reader.name}"
    if not reader.used:
        return ok(name, f"{label} has never been read; it is not in use")
    age_s = reader.oldest_s or 0.0
    waits = f"{reader.waiting:,} alerts wait in {label}, the oldest for {units.span(age_s)}"
    if not reader.waiting or age_s < _AWAY_S:
        return ok(name, waits if reader.waiting else f"{label} is up to date")
    return warn(name, waits, f"check that reader: {_READS_ALERTS}")


def _dead_letters(observations: Observations) -> Iterator[Finding]:
    if isinstance(observations.dead_letters, Unknown):
        yield unknown("letters", observations.dead_letters)
        return
    for letters in observations.dead_letters:
        yield _dead_letters_of(letters, observations.now_ns)


def _dead_letters_of(letters: DeadLetters, now_ns: int) -> Finding:
    name = f"letters.{letters.stream.lower()}"
    if not letters.messages:
        return ok(name, f"{letters.stream} is empty")
    age_ns = now_ns - letters.newest_ns
    text = f"{letters.messages:,} in {letters.stream}, the newest {units.span(age_ns / NS_PER_S)} ago"
    reasons = [f"{n:,} of the newest: {reason}" for reason, n in letters.reasons.items()]
    if age_ns > _DAY_NS:
        return ok(name, text, details=reasons)
    return warn(
        name,
        text,
        f"read them as the admin: nats --inbox-prefix _INBOX_admin stream view {letters.stream}; the header "
        "Tocsin-Reason holds the reason, and docs/operations.md says what to do",
        details=reasons,
    )


def _ledger(ledger: Ledger | Unknown) -> Iterator[Finding]:
    if isinstance(ledger, Unknown):
        yield unknown("ledger.balance", ledger)
        return
    state = "at rest" if ledger.at_rest else "while events run"
    evicted = [reader for reader in ledger.readers if reader.evicted_unread]
    if ledger.balanced:
        yield ok("ledger.balance", f"the counts of all pipeline stages agree ({state})")
    else:
        yield fail(
            "ledger.balance",
            f"the counts of the pipeline stages do not agree ({state})",
            "`tocsin ledger` prints all counts; docs/operations.md says what each difference means",
            details=ledger.problems,
        )
    if evicted:
        yield fail(
            "ledger.evicted",
            "a stream dropped messages before a reader received them",
            "make the streams larger (TOCSIN_NATS_STORE_MB), and find out why that reader was stopped",
            details=[f"{reader.stream}/{reader.name}: {reader.evicted_unread:,}" for reader in evicted],
        )

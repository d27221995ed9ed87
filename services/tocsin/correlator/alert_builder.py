"""Build the alert of a firing, and the record that announces it."""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from tocsin.correlator.group_identity import alert_fields, namespace_token
from tocsin.model import alert as alerts
from tocsin.model import ids, subjects
from tocsin.model import raised as records
from tocsin.model.alert import Alert, Correlated, Match, RuleHit
from tocsin.model.outcome import CONFIRMED, OBSERVED
from tocsin.model.raised import Raised
from tocsin.model.severity import Severity
from tocsin.model.text import printable, truncate_middle
from tocsin.model.timestamps import format_ns
from tocsin.sigma.correlation import Firing
from tocsin.sigma.syntax.documents import Correlation

KIND = "correlation"

_WORD_CHARACTERS = 80
_TITLE_CHARACTERS = 240
_MATCHES = 8
_MATCH_CHARACTERS = 256
_NAMED_RULES = 5
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


class Publication(Struct, frozen=True):
    """The two messages of one firing: first the record, then the alert, both with `id`."""

    id: str
    severity: Severity
    record_subject: str
    record: bytes
    alert_subject: str
    alert: bytes


def build(firing: Firing, titles: Mapping[str, str], *, is_referred_to: bool, now_ns: int) -> Publication:
    """The messages of *firing*.

    *titles* maps the ids of its rules to their titles; *is_referred_to*: other correlations refer to this one.
    """
    alert_ = alert(firing, titles, is_referred_to=is_referred_to, now_ns=now_ns)
    correlation, signal = firing.correlation, firing.signal
    subject = subjects.alert(
        correlation.severity,
        signal.cluster,
        namespace_token(correlation, signal, firing.key),
        correlation.name or correlation.title,
    )
    payload = alerts.encode(alert_)
    record = Raised(
        id=firing.id,
        rule=correlation.id,
        key=firing.key,
        time=signal.time,
        seq=firing.seq,
        subject=subject,
        alert=Raw(payload),
    )
    return Publication(
        firing.id, correlation.severity, subjects.raised(correlation.id), records.encode(record), subject, payload
    )


def alert(firing: Firing, titles: Mapping[str, str], *, is_referred_to: bool, now_ns: int) -> Alert:
    """The alert of *firing*, written at *now_ns*."""
    correlation, signal = firing.correlation, firing.signal
    hit = RuleHit(
        id=correlation.id,
        title=correlation.title,
        level=correlation.level,
        author=correlation.author,
        link=correlation.link,
        techniques=correlation.techniques,
        matched=tuple(Match(field, value[:_MATCH_CHARACTERS]) for field, value in firing.key.items())[:_MATCHES],
    )
    pairs = (f"{field}={firing.key[field]}" for field in sorted(firing.key))
    return msgspec.structs.replace(
        Alert(
            id=firing.id,
            time=firing.to_time,
            received=format_ns(now_ns),
            severity=correlation.severity,
            base_severity=correlation.severity,
            severity_from=f"rule:{correlation.id}",
            title=_title(correlation, firing.key),
            reason=_reason(firing, titles),
            rules=(hit,),
            signals=(correlation.id,) if is_referred_to else (),
            techniques=correlation.techniques,
            cluster=signal.cluster,
            kind=KIND,
            event_type=KIND,
            outcome=CONFIRMED if correlation.confirms else OBSERVED,
            exec_id=firing.key.get("exec_id", firing.key.get("ProcessGuid", "")),
            fingerprint=ids.fingerprint(correlation.id, *pairs),
            correlation=Correlated(
                rule=correlation.id, key=firing.key, from_=firing.from_time, to=firing.to_time, count=firing.count
            ),
            evidence=firing.evidence,
        ),
        **alert_fields(correlation, signal),
    )


def _title(correlation: Correlation, key: Mapping[str, str]) -> str:
    """The correlation and its key on one printable line."""
    text = key_text(key)
    return truncate_middle(
        f"{_shown(correlation.title)}: {text}" if text else _shown(correlation.title), _TITLE_CHARACTERS
    )


def _reason(firing: Firing, titles: Mapping[str, str]) -> str:
    correlation = firing.correlation
    timespan, key = _duration(correlation.timespan_s), key_text(firing.key)
    titles_ = [
        truncate_middle(_shown(titles.get(rule, rule)), _WORD_CHARACTERS) for rule in correlation.rules[:_NAMED_RULES]
    ]
    if len(correlation.rules) > _NAMED_RULES:
        titles_.append(f"{len(correlation.rules) - _NAMED_RULES} more")
    if correlation.type == "event_count":
        condition = f"{firing.count:,} alerts within {timespan} ({correlation.threshold:,} or more raise this)"
    elif correlation.type == "value_count":
        field = _shown(correlation.field)
        condition = (
            f"{firing.count:,} different values of {field} within {timespan} "
            f"({correlation.threshold:,} or more raise this)"
        )
    elif correlation.type == "temporal":
        condition = f"all of these within {timespan}"
    else:
        condition = f"these in this order within {timespan}"
    listed = "; then ".join(titles_) if correlation.type == "temporal_ordered" else "; ".join(titles_)
    return f"{condition}{f', for {key}' if key else ''}: {listed}."


def key_text(key: Mapping[str, str]) -> str:
    """The key without the cluster, which every alert names anyway."""
    return ", ".join(f"{_shown(field)} {_word(value)}" for field, value in key.items() if field != "cluster")


def _word(value: str) -> str:
    return truncate_middle(_shown(value), _WORD_CHARACTERS) or '""'


def _shown(text: str) -> str:
    return printable(text, mark="?")


def _duration(seconds: float) -> str:
    whole = int(seconds)
    for unit, size in _UNITS:
        if whole and whole == seconds and whole % size == 0:
            return f"{whole // size} {unit}"
    return f"{seconds:g} s"

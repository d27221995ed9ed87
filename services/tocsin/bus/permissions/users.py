"""The rights of each user on NATS: one table for every server (embedded, compose, chart).

A user may do what its table allows, and a denial wins. A wildcard of NATS matches a whole token, so that no prefix can
allow only the consumers that a user creates. A user that may create short-lived ones on a stream is allowed any name
there and denied the name of every declared reader (architecture, section 2).

A table of subjects has one gap: a client names the subject to which JetStream sends its answer, and the server sends
it with its own rights. Accounts close that gap (`accounts`).
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tocsin.bus import streams
from tocsin.model import subjects

NAMES = ("admin", "collector", "classifier", "correlator", "gateway", "history", "forwarder", "siem", "viewer")
_VARIABLE = "TOCSIN_NATS_PASSWORD_"

_API = "$JS.API"
_INBOX = "_INBOX"
_KEYS = f"$KV.{streams.BUCKET}"
_BUCKET_GET = f"{_API}.DIRECT.GET.{streams.BUCKET_STREAM}.{_KEYS}"


class Rights(Struct, frozen=True, kw_only=True):
    """What one user may publish to and subscribe to."""

    publish: tuple[str, ...] = ()
    publish_deny: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    allow_responses: bool = False
    """It may answer requests on any reply subject."""


def table(
    *, cluster: str = "*", nodes: Sequence[str] = (), sinks: Sequence[str] = (), siems: Sequence[str] = ()
) -> dict[str, Rights]:
    """The rights of every user.

    *cluster* (a token of subjects) binds the collectors. Each of *nodes* gets a collector of its own, which is bound to
    it: ``collector-<node>``. *sinks* are those of the forwarder, each with durables of its own. Each of *siems* is one
    more SIEM with a user and durables of its own: ``siem-<name>``. ``ValueError`` if two names give the same token.
    """
    sinks, siems = _tokens("sink", sinks), _tokens("SIEM", siems)
    readers = streams.reader_names(sinks, siems)
    rights = {
        "admin": _service("admin", [f"{_API}.>", "$KV.>"]),
        "collector": _collector("collector", readers, cluster, "*"),
        "classifier": _classifier(readers),
        "correlator": _correlator(readers),
        "gateway": _gateway(readers),
        "history": _service(
            "history", _reads_alerts(streams.HISTORY), subscribe=[subjects.HISTORY_QUERY], allow_responses=True
        ),
        "forwarder": _service("forwarder", [part for sink in sinks for part in _reads_alerts(streams.forwarder(sink))]),
        "siem": _siem(streams.SIEM),
        # the default inbox, so that `nats sub` needs no option; no service of Tocsin has its inbox there
        "viewer": Rights(publish_deny=(">",), subscribe=(subjects.ALL_ALERTS, f"{_INBOX}.>")),
    }
    for node in _tokens("node", nodes):
        name = f"collector-{node}"
        rights[name] = _collector(name, readers, cluster, node)
    return rights | {name: _siem(name) for name in map(streams.siem, siems)}


def inbox(user: str) -> str:
    """The prefix of the subjects on which *user* receives answers; no other user may subscribe there."""
    return f"{_INBOX}_{user}"


def variable(user: str) -> str:
    """The environment variable with the password of *user*, for a server's configuration that refers to one."""
    return _VARIABLE + user.upper().replace("-", "_")


def _tokens(what: str, names: Iterable[str]) -> list[str]:
    """*names* as tokens of subjects."""
    tokens: dict[str, str] = {}
    for name in names:
        token = subjects.slug(name)
        if token in tokens:
            raise ValueError(f"the {what} names {tokens[token]!r} and {name!r} are both {token!r} on NATS")
        tokens[token] = name
    return list(tokens)


_ALERT_STREAMS = (streams.ALERTS, streams.ALERTS_KEPT)
_Readers = Mapping[str, Sequence[str]]


def _collector(name: str, readers: _Readers, cluster: str, node: str) -> Rights:
    events, own_keys = f"tetragon.{cluster}.{node}.>", f"{subjects.COLLECTOR_KEYS}.{cluster}.{node}.>"
    dead_letters = streams.dead("collector")
    publish = [
        events,
        _info(streams.EVENTS, streams.CLASSIFIER),
        *_ephemerals(streams.EVENTS, events),
        *_ephemerals(dead_letters, subjects.dead("collector")),
        f"{_KEYS}.{own_keys}",
        f"{_BUCKET_GET}.{own_keys}",
    ]
    return _service("collector", publish, user=name, deny=_denied(readers, streams.EVENTS, dead_letters))


def _classifier(readers: _Readers) -> Rights:
    dead_letters = streams.dead("classifier")
    publish = [
        *_reads(streams.EVENTS, streams.CLASSIFIER),
        subjects.ALL_ALERTS,
        subjects.ALL_SIGNALS,
        *_ephemerals(streams.ALERTS, ">"),
        *_ephemerals(dead_letters, ">"),
    ]
    return _service("classifier", publish, deny=_denied(readers, streams.ALERTS, dead_letters))


def _correlator(readers: _Readers) -> Rights:
    read = (streams.SIGNALS, streams.RAISED, streams.ALERTS, streams.ALERTS_KEPT, streams.dead("correlator"))
    publish = [
        *(subject for stream in read for subject in _ephemerals(stream, ">")),
        subjects.ALL_ALERTS,
        subjects.ALL_RAISED,
        f"{_KEYS}.correlator",
        f"{_BUCKET_GET}.correlator",
    ]
    return _service("correlator", publish, deny=_denied(readers, *read))


def _gateway(readers: _Readers) -> Rights:
    publish = [f"{_API}.CONSUMER.INFO.*.*", f"{_BUCKET_GET}.>", subjects.HISTORY_QUERY]
    for stream in _ALERT_STREAMS:
        publish += [
            *_ephemerals(stream, ">"),
            f"{_API}.CONSUMER.CREATE.{stream}.*",  # with several filters, or none
            f"{_API}.DIRECT.GET.{stream}",
        ]
    reports = [subjects.ALL_METRICS, subjects.ALL_RULES]
    return _service("gateway", publish, deny=_denied(readers, *_ALERT_STREAMS), subscribe=reports)


def _siem(user: str) -> Rights:
    return Rights(publish=tuple(_reads_alerts(user)), subscribe=(f"{inbox(user)}.>",))


def _service(
    name: str,
    publish: Iterable[str],
    *,
    user: str = "",
    deny: Iterable[str] = (),
    subscribe: Iterable[str] = (),
    allow_responses: bool = False,
) -> Rights:
    common = [
        f"tocsin.metrics.{name}.>",
        f"tocsin.rules.{name}.>",
        subjects.dead(name),
        f"{_API}.STREAM.INFO.*",
    ]
    return Rights(
        publish=(*common, *publish),
        publish_deny=tuple(deny),
        subscribe=(f"{inbox(user or name)}.>", *subscribe),
        allow_responses=allow_responses,
    )


def _info(stream: str, durable: str) -> str:
    return f"{_API}.CONSUMER.INFO.{stream}.{durable}"


def _reads(stream: str, durable: str) -> list[str]:
    """Pull from one durable, acknowledge, and read its state."""
    return [
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.{durable}",
        f"$JS.ACK.{stream}.{durable}.>",
        _info(stream, durable),
    ]


def _reads_alerts(durable: str) -> list[str]:
    return [part for stream in _ALERT_STREAMS for part in _reads(stream, durable)]


def _ephemerals(stream: str, filter: str) -> list[str]:
    """Create, pull and delete consumers whose filter, a part of the request's subject, lies within *filter*."""
    return [
        f"{_API}.CONSUMER.CREATE.{stream}.*.{filter}",
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.*",
        f"{_API}.CONSUMER.DELETE.{stream}.*",
    ]


def _denied(readers: _Readers, *of: str) -> list[str]:
    """What a user that may create consumers on these streams must not do to the declared ones."""
    denied = [f"{_API}.CONSUMER.DURABLE.CREATE.>"]
    for stream in of:
        for name in readers.get(stream, ()):
            denied += [
                f"{_API}.CONSUMER.CREATE.{stream}.{name}",
                f"{_API}.CONSUMER.CREATE.{stream}.{name}.>",
                f"{_API}.CONSUMER.MSG.NEXT.{stream}.{name}",
                f"{_API}.CONSUMER.DELETE.{stream}.{name}",
            ]
    return denied

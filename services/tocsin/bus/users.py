"""Who may do what on NATS: one table, from which every server of ours (embedded, compose, chart) has its users.

Allowed is what a user's table names, and what is denied wins. A wildcard of NATS stands for a whole token, so
"consumers of our own making" cannot be written as a prefix: whoever may make short-lived ones on a stream is allowed
any name there and denied the name of every declared reader (architecture, section 2).

What no table of subjects can hold: JetStream lets whoever makes a consumer choose where it delivers. Somebody with
the password of such a user can therefore have messages that it may read sent to any subject.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tocsin.bus import streams
from tocsin.model import subjects

NAMES = ("admin", "collector", "classifier", "correlator", "gateway", "history", "forwarder", "siem", "viewer")

_API = "$JS.API"
_KEYS = f"$KV.{streams.BUCKET}"
_BUCKET_GET = f"{_API}.DIRECT.GET.{streams.BUCKET_STREAM}.{_KEYS}"


class Rights(Struct, frozen=True, kw_only=True):
    """What one user may publish to and subscribe to."""

    publish: tuple[str, ...] = ()
    publish_deny: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    allow_responses: bool = False
    """It may answer requests, wherever they want their answer."""


def table(*, cluster: str = "*", node: str = "*", sinks: Sequence[str] = ()) -> dict[str, Rights]:
    """The rights of every user.

    *cluster* and *node* (tokens of subjects) bind the collector where it has credentials of its own; *sinks* are the
    sinks of the forwarder, each with durables of its own.
    """
    readers = streams.reader_names(sinks)
    return {
        "admin": _service("admin", [f"{_API}.>", "$KV.>"]),
        "collector": _collector(readers, cluster, node),
        "classifier": _classifier(readers),
        "correlator": _correlator(readers),
        "gateway": _gateway(readers),
        "history": _service(
            "history", _reads_alerts(streams.HISTORY), subscribe=[subjects.HISTORY_QUERY], allow_responses=True
        ),
        "forwarder": _service("forwarder", [part for sink in sinks for part in _reads_alerts(f"forwarder-{sink}")]),
        "siem": Rights(publish=tuple(_reads_alerts(streams.SIEM)), subscribe=("_INBOX_siem.>",)),
        # the client's usual inbox, so that `nats sub` needs no option; no service of ours has its inbox there
        "viewer": Rights(publish_deny=(">",), subscribe=(subjects.ALL_ALERTS, "_INBOX.>")),
    }


def render(passwords: Mapping[str, str], *, cluster: str = "*", node: str = "*", sinks: Sequence[str] = ()) -> str:
    """The block ``authorization { users = [...] }`` of a server's configuration; a user without a password is left out.

    ``ValueError`` where a password cannot be written, or a name is not in the table.
    """
    rights = table(cluster=cluster, node=node, sinks=sinks)
    unknown = sorted(set(passwords) - set(rights))
    if unknown:
        raise ValueError(f"no such user: {', '.join(unknown)}")
    users = [_user(name, passwords[name], own) for name, own in rights.items() if name in passwords]
    return "authorization {\n  users = [\n" + "".join(users) + "  ]\n}\n"


def quoted(text: str) -> str:
    """*text* as a string of a server's configuration; ``ValueError`` where it cannot be one."""
    if not text.isprintable():
        raise ValueError("a control character cannot stand in the server's configuration")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ALERT_STREAMS = (streams.ALERTS, streams.ALERTS_KEPT)
_Readers = Mapping[str, Sequence[str]]


def _collector(readers: _Readers, cluster: str, node: str) -> Rights:
    events, own_keys = f"tetragon.{cluster}.{node}.>", f"{subjects.COLLECTOR_KEYS}.{cluster}.{node}.>"
    letters = streams.dead("collector")
    publish = [
        events,
        _info(streams.EVENTS, streams.CLASSIFIER),
        *_ephemerals(streams.EVENTS, events),
        *_ephemerals(letters, subjects.dead("collector")),
        f"{_KEYS}.{own_keys}",
        f"{_BUCKET_GET}.{own_keys}",
    ]
    return _service("collector", publish, deny=_spared(readers, streams.EVENTS, letters))


def _classifier(readers: _Readers) -> Rights:
    letters = streams.dead("classifier")
    publish = [
        *_reads(streams.EVENTS, streams.CLASSIFIER),
        subjects.ALL_ALERTS,
        subjects.ALL_SIGNALS,
        *_ephemerals(streams.ALERTS, ">"),
        *_ephemerals(letters, ">"),
    ]
    return _service("classifier", publish, deny=_spared(readers, streams.ALERTS, letters))


def _correlator(readers: _Readers) -> Rights:
    read = (streams.SIGNALS, streams.RAISED, streams.ALERTS, streams.ALERTS_KEPT, streams.dead("correlator"))
    publish = [
        *(subject for stream in read for subject in _ephemerals(stream, ">")),
        subjects.ALL_ALERTS,
        subjects.ALL_RAISED,
        f"{_KEYS}.correlator",
        f"{_BUCKET_GET}.correlator",
    ]
    return _service("correlator", publish, deny=_spared(readers, *read))


def _gateway(readers: _Readers) -> Rights:
    publish = [f"{_API}.CONSUMER.INFO.*.*", f"{_BUCKET_GET}.>", subjects.HISTORY_QUERY]
    for stream in _ALERT_STREAMS:
        publish += [
            *_ephemerals(stream, ">"),
            f"{_API}.CONSUMER.CREATE.{stream}.*",  # with several filters, or none
            f"{_API}.DIRECT.GET.{stream}",
        ]
    hears = [subjects.ALL_METRICS, subjects.ALL_RULES]
    return _service("gateway", publish, deny=_spared(readers, *_ALERT_STREAMS), subscribe=hears)


def _service(
    name: str,
    publish: Iterable[str],
    *,
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
        subscribe=(f"_INBOX_{name}.>", *subscribe),
        allow_responses=allow_responses,
    )


def _info(stream: str, durable: str) -> str:
    return f"{_API}.CONSUMER.INFO.{stream}.{durable}"


def _reads(stream: str, durable: str) -> list[str]:
    """Pull, acknowledge and look at one durable."""
    return [
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.{durable}",
        f"$JS.ACK.{stream}.{durable}.>",
        _info(stream, durable),
    ]


def _reads_alerts(durable: str) -> list[str]:
    return [part for stream in _ALERT_STREAMS for part in _reads(stream, durable)]


def _ephemerals(stream: str, filter: str) -> list[str]:
    """Make, pull and drop consumers whose filter, which stands in the subject of the request, lies within *filter*."""
    return [
        f"{_API}.CONSUMER.CREATE.{stream}.*.{filter}",
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.*",
        f"{_API}.CONSUMER.DELETE.{stream}.*",
    ]


def _spared(readers: _Readers, *of: str) -> list[str]:
    """What nobody who may make consumers on these streams may do to the declared ones."""
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


def _user(name: str, password: str, own: Rights) -> str:
    """One entry of the list; a password that reads as a bcrypt hash is one to the server."""
    publish = _lists(own.publish, own.publish_deny)
    lines = [f"publish = {publish}", f"subscribe = {_lists(own.subscribe, ())}"]
    if own.allow_responses:
        lines.append("allow_responses = true")
    inner = "".join(f"        {line}\n" for line in lines)
    head = f"    {{ user = {quoted(name)}, password = {quoted(password)}\n"
    return f"{head}      permissions = {{\n{inner}      }}\n    }}\n"


def _lists(allow: Sequence[str], deny: Sequence[str]) -> str:
    parts = []
    for word, entries in (("allow", allow), ("deny", deny)):
        if entries:
            parts.append(f"{word} = [{', '.join(map(quoted, entries))}]")
    return "{ " + ", ".join(parts) + " }"

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


def table(*, cluster: str = "*", node: str = "*", sinks: Iterable[str] = ()) -> dict[str, Rights]:
    """The rights of every user.

    *cluster* and *node* (tokens of subjects) bind the collector where it has credentials of its own; *sinks* are the
    sinks of the forwarder, each with durables of its own.
    """
    readers = streams.reader_names(sinks)
    forwarded = tuple(f"forwarder-{sink}" for sink in sinks)
    events = f"tetragon.{cluster}.{node}.>"
    position = f"{_KEYS}.{subjects.COLLECTOR_KEYS}.{cluster}.{node}.>"
    return {
        "admin": _service("admin", [f"{_API}.>", "$KV.>"]),
        "collector": _service(
            "collector",
            [
                events,
                _info(streams.EVENTS, streams.CLASSIFIER),
                *_ephemerals(streams.EVENTS, events),
                *_ephemerals(streams.dead("collector"), subjects.dead("collector")),
                position,
                f"{_BUCKET_GET}.{subjects.COLLECTOR_KEYS}.{cluster}.{node}.>",
            ],
            deny=_spared(readers, streams.EVENTS, streams.dead("collector")),
        ),
        "classifier": _service(
            "classifier",
            [
                *_reads(streams.EVENTS, streams.CLASSIFIER),
                subjects.ALL_ALERTS,
                subjects.ALL_SIGNALS,
                *_ephemerals(streams.ALERTS, ">"),
                *_ephemerals(streams.dead("classifier"), ">"),
            ],
            deny=_spared(readers, streams.ALERTS, streams.dead("classifier")),
        ),
        "correlator": _service(
            "correlator",
            [
                *_ephemerals(streams.SIGNALS, ">"),
                *_ephemerals(streams.RAISED, ">"),
                subjects.ALL_ALERTS,
                subjects.ALL_RAISED,
                f"{_KEYS}.correlator",
                f"{_BUCKET_GET}.correlator",
            ],
            deny=_spared(readers, streams.SIGNALS, streams.RAISED),
        ),
        "gateway": _service(
            "gateway",
            [
                *(part for name in _ALERT_STREAMS for part in (*_ephemerals(name, ">"), f"{_API}.DIRECT.GET.{name}")),
                *(f"{_API}.CONSUMER.CREATE.{name}.*" for name in _ALERT_STREAMS),  # with several filters, or none
                f"{_API}.CONSUMER.INFO.*.*",
                f"{_BUCKET_GET}.>",
                subjects.HISTORY_QUERY,
            ],
            deny=_spared(readers, *_ALERT_STREAMS),
            subscribe=[subjects.ALL_METRICS, subjects.ALL_RULES],
        ),
        "history": _service(
            "history",
            [part for name in _ALERT_STREAMS for part in _reads(name, streams.HISTORY)],
            subscribe=[subjects.HISTORY_QUERY],
            allow_responses=True,
        ),
        "forwarder": _service(
            "forwarder", [part for own in forwarded for name in _ALERT_STREAMS for part in _reads(name, own)]
        ),
        "siem": Rights(
            publish=tuple(part for name in _ALERT_STREAMS for part in _reads(name, streams.SIEM)),
            subscribe=("_INBOX_siem.>",),
        ),
        # the client's usual inbox, so that `nats sub` needs no option; no service of ours has its inbox there
        "viewer": Rights(publish_deny=(">",), subscribe=(subjects.ALL_ALERTS, "_INBOX.>")),
    }


def render(passwords: Mapping[str, str], *, cluster: str = "*", node: str = "*", sinks: Iterable[str] = ()) -> str:
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


def _ephemerals(stream: str, filter: str) -> list[str]:
    """Make, pull and drop consumers whose filter, which stands in the subject of the request, lies within *filter*."""
    return [
        f"{_API}.CONSUMER.CREATE.{stream}.*.{filter}",
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.*",
        f"{_API}.CONSUMER.DELETE.{stream}.*",
    ]


def _spared(readers: Mapping[str, Sequence[str]], *of: str) -> list[str]:
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

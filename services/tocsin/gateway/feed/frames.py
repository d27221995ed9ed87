"""The frames of the WebSocket: those that a client may send, and how the gateway writes its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tocsin.gateway.feed import alerts_v1, batch
from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.window import rows
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.severities import by_severity

Version = Literal[1, 2]
VERSION: Version = 2
"""The version of rows and top values with the names of the alert; version 1 has others, for one release."""
SUBPROTOCOLS: Mapping[str, Version] = {"alerts.v2": 2, "alerts.v1": 1}
FRAME_BYTES = 262_144
"""A hint for clients; 400 rows of hostile length may pass it."""
CLIENT_FRAME_BYTES = 65_536
SIGNED_OUT = 4401
"""The code that closes a socket whose client has to sign in."""

WINDOWS: Mapping[str, int] = {
    "1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "3h": 10_800, "6h": 21_600, "12h": 43_200,
    "24h": 86_400,
}  # fmt: skip
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Text = Annotated[str, Meta(max_length=64)]
Rows = Annotated[int, Meta(ge=0, le=100_000)]


class ProtocolError(ValueError):
    """A client's frame is well-formed but out of place."""


class Open(Struct, tag_field="k", tag="open", frozen=True):
    """The first frame of a client: its place in the stream, and its view."""

    cursor: Text | None = None
    window: Annotated[str, Meta(pattern=r"^\d{1,6}[smhd]$")] = "15m"
    filter: dict[str, Any] = {}
    rows: Rows = batch.ROWS
    visible: bool = True
    fold: bool = True
    """Whether repeats may be one row in a flood."""


class View(Struct, tag_field="k", tag="view", frozen=True):
    """A change of the view; what is absent stays."""

    filter: dict[str, Any] | None = None
    window: Annotated[str, Meta(pattern=r"^\d{1,6}[smhd]$")] | None = None
    rows: Rows | None = None
    visible: bool | None = None
    fold: bool | None = None


class Ack(Struct, tag_field="k", tag="ack", frozen=True):
    """The client has all frames up to `to`."""

    to: Text
    painted_ms: float | None = None


class Pong(Struct, tag_field="k", tag="pong", frozen=True):
    """The answer to a ping."""

    t: float = 0


_Kind = msgspec.defstruct("_Kind", [("k", str)])
_kinds = msgspec.json.Decoder(_Kind)
_KNOWN: dict[str, msgspec.json.Decoder[Open | View | Ack | Pong]] = {
    "open": msgspec.json.Decoder(Open),
    "view": msgspec.json.Decoder(View),
    "ack": msgspec.json.Decoder(Ack),
    "pong": msgspec.json.Decoder(Pong),
}

_encode = msgspec.json.Encoder().encode
_ENCODE: Mapping[Version, Callable[..., bytes]] = {1: alerts_v1.encode, 2: rows.encode}


def decode(text: str | bytes) -> Open | View | Ack | Pong | None:
    """A client's frame, ``None`` for an unknown kind; ``msgspec.DecodeError`` if it is not a frame."""
    try:
        decoder = _KNOWN.get(_kinds.decode(text).k)  # type: ignore[attr-defined]
        return decoder.decode(text) if decoder else None
    except RecursionError as error:
        raise msgspec.DecodeError("the frame is nested too deeply") from error


def window_s(text: str) -> int:
    """The length of the range for a client that asks for *text*: the next longer one, at most 24 h."""
    seconds = int(text[:-1]) * _UNITS[text[-1]]
    return next((length for length in WINDOWS.values() if length >= seconds), WINDOWS["24h"])


def frame(k: str, fields: Mapping[str, Any], listed: Iterable[Row] | None = None, version: Version = VERSION) -> bytes:
    """A frame of kind *k*; *listed* become its ``rows``."""
    head = _encode({"k": k, **(alerts_v1.renamed(fields) if version == 1 else fields)})
    return head if listed is None else _with_rows(head, [_ENCODE[version](row) for row in listed])


def alerts(new: Batch, epoch: str, now_ms: float, version: Version = VERSION) -> bytes:
    """The frame of a batch, written once for all clients that get it."""
    wire = new.wire.get(version)
    if wire is None:
        head = _encode(
            {
                "k": "alerts",
                "sent": round(now_ms, 1),
                "from": f"{epoch}:{new.after}",
                "to": f"{epoch}:{new.to}",
                "replay": new.replay,
                "folded": new.folded,
                "left_out": new.left_out,
            }
        )
        listed: list[tuple[Row, int]] = sorted(new.rows, key=lambda counted: rows.newest_first(counted[0]))
        wire = new.wire[version] = _with_rows(head, [_ENCODE[version](row, n) for row, n in listed])
    return wire


def hello(epoch: str, *, head: int, oldest: int, now_ms: int, version: Version = VERSION) -> bytes:
    """The first frame to a client."""
    return frame(
        "hello",
        {
            "v": version,
            "head": f"{epoch}:{head}",
            "oldest": f"{epoch}:{oldest}",
            "now": now_ms,
            "limits": {"rows": batch.ROWS, "frame_bytes": FRAME_BYTES},
        },
    )


def gap(
    after: str, to: str, why: Literal["retention", "too_far", "epoch"], counts: Sequence[int], missing: int | None
) -> bytes:
    """What cannot be replayed: *counts* are the stream's own, *missing* is how many alerts there were in all."""
    total = {} if missing is None else {"missing": missing}
    return frame("gap", {"from": after, "to": to, "counts": by_severity(counts), **total, "why": why, "history": False})


def ping(now_ms: int) -> bytes:
    """The client has to answer."""
    return frame("ping", {"t": now_ms})


def bye(why: Literal["shutdown", "auth", "protocol"], retry_ms: int, text: str = "") -> bytes:
    """The last frame; *text* is for authors of clients."""
    return frame("bye", {"why": why, "retry_ms": retry_ms, **({"text": text} if text else {})})


def _with_rows(head: bytes, listed: Sequence[bytes]) -> bytes:
    return b"".join((head[:-1], b',"rows":[', b",".join(listed), b"]}"))

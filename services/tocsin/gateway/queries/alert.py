"""One whole alert, read from the stream."""

import msgspec

from tocsin.bus import Bus, streams
from tocsin.gateway.errors import HttpError
from tocsin.gateway.window.store import AlertStore
from tocsin.model.errors import Gone


async def alert(bus: Bus, store: AlertStore, id: str, seq: int = 0) -> bytes:
    """The alert of this id as it is in the stream; *seq* is its sequence, in case the window does not have it.

    `HttpError` (404) if there is none, `Gone` if the stream has removed it.
    """
    window = store.window
    row = window.find(id)
    sequence = seq or (row.seq if row else window.left(id))
    if not sequence:
        raise HttpError(404, "no alert of this id is in the live window; its seq finds older ones")
    try:
        stored = await bus.message(streams.ALERTS, sequence)
    except Gone as error:
        if sequence > max(store.stream.last_seq, window.head):
            raise HttpError(404, "no alert of this id") from error
        raise Gone("the stream does not hold this alert any more") from error
    if _id(stored.payload) != id:
        raise HttpError(404, f"the alert at {sequence} has another id")
    return stored.payload


class _Id(msgspec.Struct):
    id: str = ""


def _id(payload: bytes) -> str:
    """The alert's id; empty if the payload is not an alert."""
    try:
        return msgspec.json.decode(payload, type=_Id).id
    except (msgspec.DecodeError, RecursionError):
        return ""

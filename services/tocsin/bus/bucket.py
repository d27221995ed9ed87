"""The key-value bucket with the positions that services save."""

import msgspec
from msgspec import Struct

from tocsin.bus import jetstream_api, streams
from tocsin.bus.connection import Connection
from tocsin.bus.jetstream_types import Stored, Stream
from tocsin.model.errors import BusUnavailable, Conflict, Gone

_EXPECTED_LAST = "Nats-Expected-Last-Subject-Sequence"
_WRONG_LAST_SEQUENCE = 10071
"""JetStream's error number if another value was saved since."""
_PREFIX = f"$KV.{streams.BUCKET}."


class _Saved(Struct):
    stream: str = ""
    seq: int = 0
    error: dict[str, object] | None = None


class Bucket:
    """Values by key; each has the sequence of the message that holds it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def load(self, key: str) -> bytes | None:
        """The last value saved under *key*, or ``None``."""
        entry = await self.entry(key)
        return None if entry is None else entry.payload

    async def entry(self, key: str) -> Stored | None:
        """The last value saved under *key*, with its sequence: `save` takes that as *after*."""
        try:
            return await jetstream_api.direct_get(self._connection, f"{streams.BUCKET_STREAM}.{_PREFIX}{key}")
        except Gone:
            return None

    async def save(self, key: str, value: bytes, *, after: int | None = None) -> int:
        """Save *value* under *key* and return its sequence once it is stored; `BusUnavailable` if it may not be stored.

        *after* is the sequence of the value that it replaces, 0 if there is none. `Conflict` says that another value
        was saved since.
        """
        headers = None if after is None else {_EXPECTED_LAST: str(after)}
        answer = await jetstream_api.ask(self._connection, f"{_PREFIX}{key}", value, headers=headers)
        try:
            saved = msgspec.json.decode(answer.data, type=_Saved)
        except msgspec.DecodeError as error:
            raise BusUnavailable(f"{key} was not stored: the answer is not JetStream's") from error
        if saved.error is not None and saved.error.get("err_code") == _WRONG_LAST_SEQUENCE:
            raise Conflict(f"{key} was saved by another process since")
        if saved.error is not None or not saved.seq:
            raise BusUnavailable(f"{key} was not stored: {saved.error}")
        return saved.seq

    async def keys(self, prefix: str) -> list[str]:
        """The keys that begin with *prefix* (the user needs the right to read the stream's subjects)."""
        request = {"subjects_filter": f"{_PREFIX}{prefix}.>"}
        answer = await jetstream_api.call(self._connection, f"STREAM.INFO.{streams.BUCKET_STREAM}", request)
        state = msgspec.json.decode(answer, type=Stream).state
        return sorted(subject.removeprefix(_PREFIX) for subject in state.subjects)

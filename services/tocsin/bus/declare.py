"""Creating and updating what `streams` declares, and looking whether it is all there."""

import logging
import time
from typing import Any

import msgspec
from msgspec import Struct

from tocsin.bus import api, streams
from tocsin.bus.connection import Connection
from tocsin.model.errors import Gone
from tocsin.model.times import parse_ns

log = logging.getLogger(__name__)


class _State(Struct):
    bytes: int = 0
    messages: int = 0
    first_ts: str = ""


class _Existing(Struct):
    config: dict[str, Any]
    state: _State


async def declare(connection: Connection, sizes: streams.Sizes, *, duplicate_window_s: float) -> None:
    """Make streams, bucket and durables as declared; as often as one likes.

    An update that would drop messages is not made, and said. `ApiRefused` names what JetStream does not let us change.
    """
    for config in streams.declarations(sizes, duplicate_window_s=duplicate_window_s):
        await _stream(connection, config)
    for stream, config in streams.durables(duplicate_window_s=duplicate_window_s):
        request = {"stream_name": stream, "config": config}
        await api.call(connection, f"CONSUMER.DURABLE.CREATE.{stream}.{config['name']}", request)
    log.info("streams.declared", extra={"bytes": msgspec.structs.asdict(sizes)})


async def _stream(connection: Connection, config: dict[str, Any]) -> None:
    """Ask first: for one that exists the server would check whether a second one has room, before it says so."""
    name = config["name"]
    try:
        existing = msgspec.json.decode(await api.call(connection, f"STREAM.INFO.{name}"), type=_Existing)
    except Gone:
        await api.call(connection, f"STREAM.CREATE.{name}", config)
        return
    await api.call(connection, f"STREAM.UPDATE.{name}", {**config, **_kept(name, config, existing)})


def _kept(name: str, config: dict[str, Any], existing: _Existing) -> dict[str, Any]:
    """What stays as it is, since the declared value would drop messages that the stream holds now."""
    kept: dict[str, Any] = {}
    size, old_size = config.get("max_bytes"), existing.config.get("max_bytes")
    if size is not None and size < existing.state.bytes:
        kept["max_bytes"] = old_size
    age, old_age = config.get("max_age"), existing.config.get("max_age", 0)
    first_ns = parse_ns(existing.state.first_ts)
    outlived = existing.state.messages and first_ns is not None and time.time_ns() - first_ns > (age or 0)
    if age and outlived and (not old_age or old_age > age):
        kept["max_age"] = old_age
    for field, value in kept.items():
        log.warning(
            "stream.kept",
            extra={"stream": name, "field": field, "is": value, "declared": config[field]},
        )
    if size is not None and old_size is not None and size < old_size and not kept:
        log.info("stream.shrunk", extra={"stream": name, "from_bytes": old_size, "to_bytes": size})
    return kept


async def missing(connection: Connection) -> list[str]:
    """The streams that do not exist; a collector publishes nothing before there are none."""
    absent = []
    for name in streams.NAMES:
        try:
            await api.call(connection, f"STREAM.INFO.{name}")
        except Gone:
            absent.append(name)
    return absent

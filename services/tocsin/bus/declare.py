"""Creating and updating what `streams` declares, and looking whether it is all there."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from nats.aio.client import Client

from tocsin.bus import api, streams
from tocsin.bus.api import ApiRefused
from tocsin.model.errors import Gone

log = logging.getLogger(__name__)

_STREAM_EXISTS = 10058


class _Config(Struct):
    config: dict[str, Any]


async def declare(client: Client, sizes: streams.Sizes, *, duplicate_window_s: float) -> None:
    """Make streams, bucket and durables as declared. A refused update names what JetStream does not let us change."""
    for config in streams.declarations(sizes, duplicate_window_s=duplicate_window_s):
        await _stream(client, config)
    for stream, config in streams.durables(duplicate_window_s=duplicate_window_s):
        request = {"stream_name": stream, "config": config}
        await api.call(client, f"CONSUMER.DURABLE.CREATE.{stream}.{config['name']}", request)
    log.info("streams.declared", extra={"bytes": msgspec.structs.asdict(sizes)})


async def _stream(client: Client, config: Mapping[str, Any]) -> None:
    name = config["name"]
    try:
        await api.call(client, f"STREAM.CREATE.{name}", config)
    except ApiRefused as error:
        if error.number != _STREAM_EXISTS:
            raise
        await api.call(client, f"STREAM.UPDATE.{name}", config)


async def missing(client: Client) -> list[str]:
    """The streams that do not exist; a collector publishes nothing before there are none."""
    names = [
        streams.EVENTS, streams.ALERTS, streams.ALERTS_KEPT, streams.SIGNALS, streams.RAISED, streams.BUCKET_STREAM,
        streams.dead("collector"), streams.dead("classifier"),
    ]  # fmt: skip
    absent = []
    for name in names:
        try:
            await api.call(client, f"STREAM.INFO.{name}")
        except Gone:
            absent.append(name)
    return absent

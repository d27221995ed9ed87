"""Creating and updating what `streams` declares, and checking that all of it exists."""

import logging
import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tocsin.bus import jetstream_api, streams
from tocsin.bus.connection import Connection
from tocsin.model.errors import Gone
from tocsin.model.timestamps import parse_ns

log = logging.getLogger(__name__)

_OPERATOR_FIELDS = ("placement", "description", "metadata", "compression")
"""Fields that an operator may have set on a stream; no declaration changes them."""


class Kept(Struct, frozen=True):
    """A field that keeps its value, because the declared one would drop stored messages."""

    field: str
    value: Any
    declared: Any


class Outcome(Struct, frozen=True, kw_only=True):
    """The result for one stream or durable."""

    stream: str
    durable: str = ""
    """Empty for the stream itself."""
    done: Literal["created", "updated", "unchanged", "refused"]
    changed: tuple[str, ...] = ()
    """Fields that an update has changed."""
    kept: tuple[Kept, ...] = ()
    reason: str = ""
    """Why JetStream refused."""


class _State(Struct, frozen=True):
    bytes: int = 0
    messages: int = 0
    first_ts: str = ""


class _Existing(Struct):
    config: dict[str, Any]
    state: _State = _State()


async def declare(connection: Connection, sizes: streams.Sizes, *, duplicate_window_s: float) -> None:
    """Create and update streams, bucket and durables as declared; a repeated call changes nothing.

    An update that would drop messages is not made, and is logged. `ApiRefused` names what JetStream does not change.
    """
    await apply(connection, sizes, duplicate_window_s=duplicate_window_s)
    log.info("streams.declared", extra={"bytes": msgspec.structs.asdict(sizes)})


async def apply(
    connection: Connection,
    sizes: streams.Sizes,
    *,
    duplicate_window_s: float,
    readers: Sequence[str] = (streams.SIEM,),
    replicas: int = 0,
    go_on: bool = False,
) -> list[Outcome]:
    """The same for *readers* of alerts (see `streams.durables`), with the outcomes as result.

    With *replicas* 0 existing streams keep theirs, and new ones have one. With *go_on* a refusal is an outcome instead
    of an `ApiRefused`.
    """
    outcomes: list[Outcome] = []
    for config in streams.declarations(sizes, duplicate_window_s=duplicate_window_s, replicas=replicas or 1):
        try:
            outcomes.append(await _stream(connection, config, keep_replicas=not replicas))
        except jetstream_api.ApiRefused as error:
            _refused(outcomes, error, config["name"], "", go_on=go_on)
    for stream, config in streams.durables(readers, duplicate_window_s=duplicate_window_s):
        try:
            outcomes.append(await _durable(connection, stream, config))
        except (jetstream_api.ApiRefused, Gone) as error:  # `Gone` if its stream was refused
            _refused(outcomes, error, stream, config["name"], go_on=go_on)
    return outcomes


def _refused(outcomes: list[Outcome], error: Exception, stream: str, durable: str, *, go_on: bool) -> None:
    if not go_on:
        raise error
    outcomes.append(Outcome(stream=stream, durable=durable, done="refused", reason=str(error)))


async def _stream(connection: Connection, config: dict[str, Any], *, keep_replicas: bool) -> Outcome:
    """Ask first: when a stream exists the server still checks the disk for a second one before it says so."""
    name = config["name"]
    try:
        existing = await _existing(connection, f"STREAM.INFO.{name}")
    except Gone:
        await jetstream_api.call(connection, f"STREAM.CREATE.{name}", config)
        return Outcome(stream=name, done="created")
    kept = _kept(name, config, existing)
    unchanged = [*_OPERATOR_FIELDS, *(["num_replicas"] if keep_replicas else [])]
    request = (
        config
        | {field: existing.config[field] for field in unchanged if field in existing.config}
        | {each.field: each.value for each in kept}
    )
    after = msgspec.json.decode(await jetstream_api.call(connection, f"STREAM.UPDATE.{name}", request), type=_Existing)
    return _compared(existing, after, Outcome(stream=name, done="unchanged", kept=tuple(kept)))


async def _durable(connection: Connection, stream: str, config: dict[str, Any]) -> Outcome:
    name = config["name"]
    request = {"stream_name": stream, "config": config}
    try:
        existing = await _existing(connection, f"CONSUMER.INFO.{stream}.{name}")
    except Gone:
        await jetstream_api.call(connection, f"CONSUMER.DURABLE.CREATE.{stream}.{name}", request)
        return Outcome(stream=stream, durable=name, done="created")
    answer = await jetstream_api.call(connection, f"CONSUMER.DURABLE.CREATE.{stream}.{name}", request)
    after = msgspec.json.decode(answer, type=_Existing)
    return _compared(existing, after, Outcome(stream=stream, durable=name, done="unchanged"))


async def _existing(connection: Connection, question: str) -> _Existing:
    return msgspec.json.decode(await jetstream_api.call(connection, question), type=_Existing)


def _compared(before: _Existing, after: _Existing, outcome: Outcome) -> Outcome:
    """*outcome*, as an update if the configuration in the server's answer differs from the one before."""
    fields = sorted(before.config.keys() | after.config.keys())
    changed = tuple(field for field in fields if before.config.get(field) != after.config.get(field))
    return msgspec.structs.replace(outcome, done="updated", changed=changed) if changed else outcome


def _kept(name: str, config: dict[str, Any], existing: _Existing) -> list[Kept]:
    """The fields that stay, because the declared value would drop messages that are stored now."""
    kept: list[Kept] = []
    size, old_size = config.get("max_bytes"), existing.config.get("max_bytes")
    if size is not None and size < existing.state.bytes:
        kept.append(Kept("max_bytes", old_size, size))
    age, old_age = config.get("max_age"), existing.config.get("max_age", 0)
    first_ns = parse_ns(existing.state.first_ts)
    outlived = existing.state.messages and first_ns is not None and time.time_ns() - first_ns > (age or 0)
    if age and outlived and (not old_age or old_age > age):
        kept.append(Kept("max_age", old_age, age))
    for each in kept:
        log.warning(
            "stream.kept",
            extra={"stream": name, "field": each.field, "is": each.value, "declared": each.declared},
        )
    if size is not None and old_size is not None and size < old_size and not kept:
        log.info("stream.shrunk", extra={"stream": name, "from_bytes": old_size, "to_bytes": size})
    return kept


async def missing(connection: Connection) -> list[str]:
    """The streams that do not exist; a collector publishes nothing until all of them do."""
    absent = []
    for name in streams.NAMES:
        try:
            await jetstream_api.call(connection, f"STREAM.INFO.{name}")
        except Gone:
            absent.append(name)
    return absent

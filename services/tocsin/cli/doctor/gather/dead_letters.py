"""The newest dead letters of each service, and the size of the store."""

from collections import Counter

import msgspec
from msgspec import Struct

from tocsin.bus import REASON_HEADER, Bus, Message, Start, streams
from tocsin.bus.jetstream_api import call
from tocsin.cli.doctor.observations import DeadLetters, Layout, ObservedStream, Store

_READ_S = 10.0
_REASONS_OF = 200
"""The reasons of this many of the newest dead letters are read."""
_REASONS = 5


class _Limits(Struct, frozen=True):
    """Limits of an account; -1 is no limit."""

    max_storage: int = -1


class _Account(Struct, frozen=True):
    """What an account uses, as JetStream reports it."""

    storage: int = 0
    limits: _Limits = _Limits()


async def newest(bus: Bus, layout: Layout) -> list[DeadLetters]:
    """The newest dead letters of each service that can have some."""
    letters = []
    for service in streams.DEAD_LETTER_SERVICES:
        name = streams.dead(service)
        if name in layout.streams:
            letters.append(await _of_service(bus, name, layout.streams[name]))
    return letters


async def _of_service(bus: Bus, name: str, stream: ObservedStream) -> DeadLetters:
    if not stream.messages:
        return DeadLetters(stream=name, messages=0)
    reasons: Counter[str] = Counter()
    newest_ns = 0

    def take(message: Message) -> None:
        nonlocal newest_ns
        newest_ns = max(newest_ns, message.stored_ns)
        reasons[message.headers.get(REASON_HEADER, "unknown")] += 1

    start = Start(seq=max(stream.first_seq, stream.last_seq - _REASONS_OF + 1))
    await bus.read(name, take, filters=[], start=start, headers_only=True, timeout_s=_READ_S)
    return DeadLetters(
        stream=name, messages=stream.messages, newest_ns=newest_ns, reasons=dict(reasons.most_common(_REASONS))
    )


async def store(bus: Bus, disk_free: int | None) -> Store:
    """What the account uses; *disk_free* is known if the streams are on this machine."""
    account = msgspec.json.decode(await call(bus.connection, "INFO"), type=_Account)
    return Store(used=account.storage, limit=max(0, account.limits.max_storage), disk_free=disk_free)

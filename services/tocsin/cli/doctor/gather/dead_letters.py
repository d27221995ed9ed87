"""The newest dead letters of each service, and how much room there is."""

from collections import Counter

import msgspec
from msgspec import Struct

from tocsin.bus import REASON_HEADER, Bus, Message, Start, streams
from tocsin.bus.jetstream_api import call
from tocsin.cli.doctor.observations import Layout, Letters, Store, StreamSeen

_READ_S = 10.0
_REASONS_OF = 200
"""So many of the newest dead letters are asked for their reason."""
_REASONS = 5


class _Limits(Struct, frozen=True):
    """What an account may have; -1 is no limit."""

    max_storage: int = -1


class _Account(Struct, frozen=True):
    """What an account has, as JetStream tells it."""

    storage: int = 0
    limits: _Limits = _Limits()


async def letters(bus: Bus, found: Layout) -> list[Letters]:
    """The newest dead letters of each service that may have some."""
    newest = []
    for service in streams.BURIERS:
        name = streams.dead(service)
        if name in found.streams:
            newest.append(await _letters(bus, name, found.streams[name]))
    return newest


async def _letters(bus: Bus, name: str, own: StreamSeen) -> Letters:
    if not own.messages:
        return Letters(stream=name, messages=0)
    reasons: Counter[str] = Counter()
    newest = 0

    def take(message: Message) -> None:
        nonlocal newest
        newest = max(newest, message.stored_ns)
        reasons[message.headers.get(REASON_HEADER, "unknown")] += 1

    start = Start(seq=max(own.first_seq, own.last_seq - _REASONS_OF + 1))
    await bus.read(name, take, filters=[], start=start, headers_only=True, timeout_s=_READ_S)
    return Letters(stream=name, messages=own.messages, newest_ns=newest, reasons=dict(reasons.most_common(_REASONS)))


async def store(bus: Bus, disk_free: int | None) -> Store:
    """What the account takes; *disk_free* is known where the streams lie on this machine."""
    account = msgspec.json.decode(await call(bus.connection, "INFO"), type=_Account)
    return Store(used=account.storage, limit=max(0, account.limits.max_storage), disk_free=disk_free)

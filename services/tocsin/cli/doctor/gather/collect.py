"""One look at all places, each with a time limit of its own: what does not answer leaves the others to be looked at."""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from tocsin.bus import Bus, NatsSettings, credentials
from tocsin.cli.doctor.finding import Unseen
from tocsin.cli.doctor.gather import cluster, dead_letters, export, jetstream, page, rights, sample, server_info
from tocsin.cli.doctor.observations import Layout, Observed, Rights
from tocsin.cli.rules import files
from tocsin.model.errors import BusError, TocsinError
from tocsin.runtime import ledger
from tocsin.sigma.syntax.documents import Rule

T = TypeVar("T")

_STEP_S = 30.0
_NO_NATS = Unseen("NATS cannot be asked (see nats.server and nats.login)")
_NO_RIGHT = "run this as the admin"


class Places(Struct, frozen=True, kw_only=True):
    """Where to look."""

    nats: NatsSettings
    environ: Mapping[str, str]
    gateway: str
    token: str = ""
    viewer_password: str = ""
    store: str = ""
    """Folder of the streams, where it is this machine's."""
    export: str = ""
    kubeconfig: str = ""
    namespace: str = ""
    events: int = 1_000
    """How many events of each kind are looked into."""


async def everything(places: Places) -> Observed:
    """All of it; nothing of what is looked at can make this raise."""
    seen = Observed(now_ns=time.time_ns(), environ=places.environ, nats=places.nats)
    told, found = await asyncio.gather(
        cluster.cluster(places.kubeconfig, places.namespace, places.environ), page.page(places.gateway, places.token)
    )
    seen.agent, seen.policies, seen.page = told.agent, told.policies, found
    seen.exports = await asyncio.to_thread(export.exports, places.environ, places.export)
    seen.rules = await asyncio.to_thread(_rules, places.environ)
    seen.server = await server_info.server(places.nats)
    seen.layout = seen.store = seen.letters = seen.ledger = seen.rights = seen.sample = _NO_NATS
    if not isinstance(seen.server, Unseen) or places.nats.url.startswith(("ws://", "wss://")):
        await _bus(places, seen)
    seen.now_ns = time.time_ns()
    return seen


async def _bus(places: Places, seen: Observed) -> None:
    try:
        async with jetstream.connected(places.nats) as bus:
            seen.rights = await _step(rights.rights(places.nats, places.viewer_password))
            seen.ledger = await _step(ledger.take(bus))
            refused = seen.rights.refused if isinstance(seen.rights, Rights) else ()
            why = Unseen(f"the user {credentials.who(places.nats)} may not ask for it", _NO_RIGHT)
            seen.layout = seen.store = seen.letters = seen.sample = why
            if not _any(refused, ".STREAM.INFO.", ".CONSUMER.INFO."):  # each such question would wait in vain
                seen.layout = await _step(jetstream.layout(bus, refused))
            if isinstance(seen.layout, Layout):
                await _streams(bus, places, seen, seen.layout, refused)
    except TocsinError as error:
        seen.login = str(error)


async def _streams(bus: Bus, places: Places, seen: Observed, layout: Layout, refused: Sequence[str]) -> None:
    free = export.disk_free(Path(places.store)) if places.store else None
    if not _any(refused, "API.INFO"):
        seen.store = await _step(dead_letters.store(bus, free))
    if not _any(refused, ".CONSUMER.CREATE."):
        seen.letters = await _step(dead_letters.letters(bus, layout))
        seen.sample = await _step(sample.sample(bus, places.events))


def _any(refused: Sequence[str], *parts: str) -> bool:
    return any(part in subject for subject in refused for part in parts)


async def _step(looking: Awaitable[T]) -> T | Unseen:
    try:
        async with asyncio.timeout(_STEP_S):
            return await looking
    except BusError as error:
        return Unseen(str(error), _NO_RIGHT)
    except TocsinError as error:
        return Unseen(str(error))
    except TimeoutError:
        return Unseen(f"it took longer than {_STEP_S:g} s")


def _rules(environ: Mapping[str, str]) -> list[Rule] | Unseen:
    """Those that a classifier with this environment would load."""
    try:
        return list(files.read([], environ).load().rules)
    except (TocsinError, OSError) as error:
        return Unseen(f"the rules cannot be read: {error}")

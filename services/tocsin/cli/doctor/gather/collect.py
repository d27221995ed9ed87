"""Gathers all observations, each with its own time limit: a target that does not answer does not affect the others."""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from tocsin.bus import Bus, NatsSettings, credentials
from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.gather import cluster, dead_letters, export, gateway, jetstream, rights, sample, server_info
from tocsin.cli.doctor.observations import Layout, Observations, Rights
from tocsin.cli.rules import files
from tocsin.model.errors import BusError, TocsinError
from tocsin.runtime import ledger
from tocsin.sigma.syntax.documents import Rule

T = TypeVar("T")

_STEP_S = 30.0
_NO_NATS = Unknown("NATS is not reachable (see nats.server and nats.login)")
_NO_RIGHT = "run this as the admin"


class Targets(Struct, frozen=True, kw_only=True):
    """What to check, and with which credentials."""

    nats: NatsSettings
    environ: Mapping[str, str]
    gateway: str
    token: str = ""
    viewer_password: str = ""
    store: str = ""
    """Folder of the streams, if it is on this machine."""
    export: str = ""
    kubeconfig: str = ""
    namespace: str = ""
    events: int = 1_000
    """Sample size for each kind of event."""


async def collect(targets: Targets) -> Observations:
    """All observations; no failing target makes this raise."""
    observations = Observations(now_ns=time.time_ns(), environ=targets.environ, nats=targets.nats)
    cluster_, gateway_ = await asyncio.gather(
        cluster.cluster(targets.kubeconfig, targets.namespace, targets.environ),
        gateway.fetch(targets.gateway, targets.token),
    )
    observations.agent, observations.policies, observations.gateway = cluster_.agent, cluster_.policies, gateway_
    observations.exports = await asyncio.to_thread(export.exports, targets.environ, targets.export)
    observations.rules = await asyncio.to_thread(_rules, targets.environ)
    observations.server = await server_info.server(targets.nats)
    observations.layout = observations.store = observations.dead_letters = observations.ledger = observations.rights = (
        observations.sample
    ) = _NO_NATS
    if not isinstance(observations.server, Unknown) or targets.nats.url.startswith(("ws://", "wss://")):
        await _bus(targets, observations)
    observations.now_ns = time.time_ns()
    return observations


async def _bus(targets: Targets, observations: Observations) -> None:
    try:
        async with jetstream.connected(targets.nats) as bus:
            observations.rights = await _step(rights.rights(targets.nats, targets.viewer_password))
            observations.ledger = await _step(ledger.take(bus))
            refused = observations.rights.refused if isinstance(observations.rights, Rights) else ()
            why = Unknown(f"the user {credentials.who(targets.nats)} may not read it", _NO_RIGHT)
            observations.layout = observations.store = observations.dead_letters = observations.sample = why
            if not _any(refused, ".STREAM.INFO.", ".CONSUMER.INFO."):  # without permission, each request would time out
                observations.layout = await _step(jetstream.layout(bus, refused))
            if isinstance(observations.layout, Layout):
                await _streams(bus, targets, observations, observations.layout, refused)
    except TocsinError as error:
        observations.login = str(error)


async def _streams(
    bus: Bus, targets: Targets, observations: Observations, layout: Layout, refused: Sequence[str]
) -> None:
    free = export.disk_free(Path(targets.store)) if targets.store else None
    if not _any(refused, "API.INFO"):
        observations.store = await _step(dead_letters.store(bus, free))
    if not _any(refused, ".CONSUMER.CREATE."):
        observations.dead_letters = await _step(dead_letters.newest(bus, layout))
        observations.sample = await _step(sample.sample(bus, targets.events))


def _any(refused: Sequence[str], *tokens: str) -> bool:
    return any(part in subject for subject in refused for part in tokens)


async def _step(gathering: Awaitable[T]) -> T | Unknown:
    try:
        async with asyncio.timeout(_STEP_S):
            return await gathering
    except BusError as error:
        return Unknown(str(error), _NO_RIGHT)
    except TocsinError as error:
        return Unknown(str(error))
    except TimeoutError:
        return Unknown(f"it took longer than {_STEP_S:g} s")


def _rules(environ: Mapping[str, str]) -> list[Rule] | Unknown:
    """The rules that a classifier with this environment would load."""
    try:
        return list(files.read([], environ).load().rules)
    except (TocsinError, OSError) as error:
        return Unknown(f"the rules cannot be read: {error}")

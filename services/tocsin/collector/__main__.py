"""Wires settings, bus and service."""

import os
import sys
from collections.abc import Mapping

from tocsin.bus import NatsSettings, open_bus
from tocsin.collector import service
from tocsin.collector.settings import Settings
from tocsin.runtime import launch, settings


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Collect until stopped, or until standard input ends."""
    own = settings.load(Settings, os.environ, prefix="TOCSIN_COLLECTOR", flags=flags)
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    async with (
        launch.stop_on_signal() as stop,
        open_bus(nats, "collector", instance=launch.instance(), duplicate_window_s=nats.duplicate_window_s) as bus,
    ):
        await service.run(bus, own, stop)


if __name__ == "__main__":
    sys.exit(launch.run("collector", main))

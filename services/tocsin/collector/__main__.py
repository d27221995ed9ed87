"""Wires settings, bus and service."""

import os
import sys
from collections.abc import Mapping

from tocsin.bus import NatsSettings, open_bus
from tocsin.collector import redaction, service
from tocsin.collector.settings import Settings
from tocsin.model.errors import BusUnavailable
from tocsin.runtime import launch, settings


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Collect until stopped, or until standard input ends."""
    config = settings.load(Settings, os.environ, prefix="TOCSIN_COLLECTOR", flags=flags)
    redaction.make(config)  # a wrong pattern is reported before the first event
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    async with launch.stop_on_signal() as stop:
        try:
            async with open_bus(nats, "collector", instance=launch.instance(), stop=stop) as bus:
                await service.run(bus, config, stop)
        except BusUnavailable:
            if not stop.is_set():  # else the stop came before NATS answered
                raise


if __name__ == "__main__":
    sys.exit(launch.run("collector", main))

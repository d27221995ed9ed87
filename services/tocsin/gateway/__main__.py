"""Wires settings, server and bus; wrong settings are found before the first alert is read."""

import os
import sys
from collections.abc import Mapping

from tocsin.bus import NatsSettings, open_bus
from tocsin.gateway import service
from tocsin.gateway.settings import Settings
from tocsin.model.errors import BusUnavailable, SettingsError
from tocsin.runtime import launch, settings


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Run the gateway until a signal."""
    if flags and "token" in flags:
        raise SettingsError(
            "--token: every user of this machine can read a command line; set TOCSIN_GATEWAY_TOKEN_FILE"
        )
    own = settings.load(Settings, os.environ, prefix="TOCSIN_GATEWAY", flags=flags)
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    async with launch.stop_on_signal() as stop, service.listening(own) as face:
        try:
            async with open_bus(nats, "gateway", instance=launch.instance(), stop=stop) as bus:
                await service.run(bus, face, own, stop)
        except BusUnavailable:
            if not stop.is_set():
                raise


if __name__ == "__main__":
    sys.exit(launch.run("gateway", main))

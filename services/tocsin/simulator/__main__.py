"""Wires settings and service; the simulator needs no NATS."""

import logging
import os
import sys
from collections.abc import Mapping

from tocsin.model.errors import SettingsError
from tocsin.runtime import launch, settings
from tocsin.simulator import service
from tocsin.simulator.settings import Settings


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Write events up to the configured number or time, or until a signal; `SettingsError` if a setting is wrong."""
    config = settings.load(Settings, os.environ, prefix="TOCSIN_SIMULATOR", flags=flags)
    if config.path == "-":
        if config.first_number == "auto":
            raise SettingsError("--first-number auto reads the last number from a file: give one with --path")
        _log_to_stderr()
    async with launch.stop_on_signal() as stop:
        await service.run(config, stop)


def _log_to_stderr() -> None:
    """Keep standard output for the events."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)


if __name__ == "__main__":
    sys.exit(launch.run("simulator", main))

"""Wire the simulator's parts; it needs no NATS."""

import logging
import os
import sys
from collections.abc import Mapping

from tocsin.model.errors import SettingsError
from tocsin.runtime import launch, settings
from tocsin.simulator import service
from tocsin.simulator.settings import Settings


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Write events until the number, the time or a signal ends it; `SettingsError` where a setting is wrong."""
    own = settings.load(Settings, os.environ, prefix="TOCSIN_SIMULATOR", flags=flags)
    if own.path == "-":
        if own.first_number == "auto":
            raise SettingsError("--first-number auto needs a file to look into; give --path")
        _log_to_stderr()
    async with launch.stop_on_signal() as stop:
        await service.run(own, stop)


def _log_to_stderr() -> None:
    """Standard output is for the events alone."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)


if __name__ == "__main__":
    sys.exit(launch.run("simulator", main))

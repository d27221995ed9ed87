"""`tocsin correlator`: wires settings, policies and bus, and checks them before the first signal."""

import os
import sys
from collections.abc import Mapping

from tocsin.bus import NatsSettings, open_bus
from tocsin.correlator import correlation_set, service
from tocsin.correlator.settings import Settings
from tocsin.model.errors import BusUnavailable
from tocsin.runtime import launch, settings
from tocsin.runtime.policy_files import Policies

_PREFIX = "TOCSIN_CORRELATOR"


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Correlate until a signal stops the process."""
    config = settings.load(Settings, os.environ, prefix=_PREFIX, flags=flags)
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    policies = Policies(config.policies, config.rules, prefix=_PREFIX)
    first = correlation_set.build(policies.read())
    async with launch.stop_on_signal() as stop:
        try:
            async with open_bus(nats, "correlator", instance=launch.instance(), stop=stop) as bus:
                await service.run(bus, policies, first, config, stop)
        except BusUnavailable:
            if not stop.is_set():  # else the process was stopped before NATS answered
                raise


if __name__ == "__main__":
    sys.exit(launch.run("correlator", main))

"""`tocsin correlator`: wires settings, policies and bus; what is wrong with them is found before any signal."""

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
    """Correlate until a signal asks to stop."""
    own = settings.load(Settings, os.environ, prefix=_PREFIX, flags=flags)
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    policies = Policies(own.policies, own.rules, prefix=_PREFIX)
    first = correlation_set.build(policies.read())
    async with launch.stop_on_signal() as stop:
        try:
            async with open_bus(nats, "correlator", instance=launch.instance(), stop=stop) as bus:
                await service.run(bus, policies, first, own, stop)
        except BusUnavailable:
            if not stop.is_set():  # else we were asked to stop before NATS answered
                raise


if __name__ == "__main__":
    sys.exit(launch.run("correlator", main))

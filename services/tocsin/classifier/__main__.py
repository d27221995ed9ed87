"""`tocsin classifier`: wires settings, policies and bus, and checks them before the first event."""

import os
import sys
from collections.abc import Mapping

from tocsin.bus import NatsSettings, open_bus
from tocsin.classifier import policy_set, service
from tocsin.classifier.settings import Settings
from tocsin.model.errors import BusUnavailable
from tocsin.runtime import launch, settings
from tocsin.runtime.policy_files import Policies


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Judge events until a signal stops the process."""
    config = settings.load(Settings, os.environ, prefix="TOCSIN_CLASSIFIER", flags=flags)
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    policies = Policies(config.policies, config.rules)
    first = policy_set.build(policies.read(), config.profile)
    async with launch.stop_on_signal() as stop:
        try:
            async with open_bus(nats, "classifier", instance=launch.instance(), stop=stop) as bus:
                await service.run(bus, policies, first, config, stop)
        except BusUnavailable:
            if not stop.is_set():  # else the process was stopped before NATS answered
                raise


if __name__ == "__main__":
    sys.exit(launch.run("classifier", main))

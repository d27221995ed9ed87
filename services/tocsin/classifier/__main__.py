"""`tocsin classifier`: wires settings, severity table and bus; what is wrong with them is found before any event."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import tocsin
from tocsin.bus import NatsSettings, open_bus
from tocsin.classifier import policy, service
from tocsin.classifier.settings import Settings
from tocsin.classifier.table import Table
from tocsin.model.errors import BusUnavailable, SettingsError
from tocsin.runtime import launch, settings

_FILE = "severity.yaml"
_MAX_BYTES = 1 << 20


async def main(flags: Mapping[str, str] | None = None) -> None:
    """Judge events until a signal asks to stop."""
    own = settings.load(Settings, os.environ, prefix="TOCSIN_CLASSIFIER", flags=flags)
    nats = settings.load(NatsSettings, os.environ, prefix="TOCSIN_NATS")
    table = load_table(own)
    async with launch.stop_on_signal() as stop:
        try:
            async with open_bus(nats, "classifier", instance=launch.instance(), stop=stop) as bus:
                await service.run(bus, table, own, stop)
        except BusUnavailable:
            if not stop.is_set():  # else we were asked to stop before NATS answered
                raise


def load_table(own: Settings) -> Table:
    """The severity table that the settings name; `SettingsError` says what is wrong with it."""
    path = _policies(own.policies) / _FILE
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise SettingsError(f"{path}: more than {_MAX_BYTES:,} bytes")
        return policy.load(content.decode(), str(path), own.profile)
    except OSError as error:
        raise SettingsError(f"TOCSIN_CLASSIFIER_POLICIES: cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}") from error


def _policies(chosen: str) -> Path:
    """The folder of policies: the one chosen, else beside the package, else that of the repository."""
    if chosen:
        return Path(chosen)
    package = Path(tocsin.__file__).parent
    beside = package / "policies"
    return beside if beside.is_dir() else package.parents[1] / "policies"


if __name__ == "__main__":
    sys.exit(launch.run("classifier", main))

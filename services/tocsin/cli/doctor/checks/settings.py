"""TOCSIN_ variables of this environment: unknown names, and values that no service accepts."""

from collections.abc import Iterator, Mapping

from tocsin.bus import NatsSettings
from tocsin.classifier.settings import Settings as ClassifierSettings
from tocsin.cli.doctor.finding import Finding, fail, ok
from tocsin.cli.doctor.observations import Observations
from tocsin.collector.settings import Settings as CollectorSettings
from tocsin.correlator.settings import Settings as CorrelatorSettings
from tocsin.gateway.settings import Settings as GatewaySettings
from tocsin.model.errors import SettingsError
from tocsin.runtime import launch, liveness, settings
from tocsin.simulator.settings import Settings as SimulatorSettings

_KINDS: Mapping[str, type] = {
    "TOCSIN_NATS": NatsSettings,
    "TOCSIN_COLLECTOR": CollectorSettings,
    "TOCSIN_CLASSIFIER": ClassifierSettings,
    "TOCSIN_CORRELATOR": CorrelatorSettings,
    "TOCSIN_GATEWAY": GatewaySettings,
    "TOCSIN_SIMULATOR": SimulatorSettings,
    "TOCSIN_LOG": launch.Process,
}
_OTHERS = (launch.STATE_DIR, "TOCSIN_PAGE_URL", liveness.VARIABLE)
"""Variables of single commands and of their environment."""
_LINKS = ("_SERVICE_HOST", "_SERVICE_PORT", "_PORT_")
"""Suffixes of variables that Kubernetes injects for a Service whose name begins with ``tocsin``."""


def check(observations: Observations) -> Iterator[Finding]:
    """Checks every variable separately, so that all errors are reported at once."""
    variables = {name: value for name, value in observations.environ.items() if name.startswith("TOCSIN_")}
    errors = {name: why for name, value in variables.items() if (why := _wrong(name, value))}
    if not errors:
        yield ok(
            "settings.environment",
            f"{len(variables)} TOCSIN_ variables, all valid" if variables else "no TOCSIN_ variable is set",
        )
        return
    linked = any(part in name for name in errors for part in _LINKS)
    advice = "correct or unset them: a service with one of them does not start"
    if linked:
        advice = "set enableServiceLinks: false in the pod, because Kubernetes injects these; " + advice
    yield fail(
        "settings.environment",
        f"{len(errors)} of {len(variables)} variables are wrong",
        advice,
        details=errors.values(),
    )


def _wrong(name: str, value: str) -> str:
    """Why no service starts with this variable; empty if it is valid."""
    prefix = next((prefix for prefix in _KINDS if name.startswith(f"{prefix}_")), "")
    try:
        if prefix:
            settings.load(_KINDS[prefix], {name: value}, prefix=prefix)
        else:
            settings.check_environ({name: value}, [*_KINDS], _OTHERS)
    except SettingsError as error:
        return str(error)
    return ""

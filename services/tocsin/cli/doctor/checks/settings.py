"""Variables of ours in this environment: those that nobody knows, and values that no service would start with."""

from collections.abc import Iterator, Mapping

from tocsin.bus import NatsSettings
from tocsin.classifier.settings import Settings as ClassifierSettings
from tocsin.cli.doctor.finding import Finding, fail, ok
from tocsin.cli.doctor.observations import Observed
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
"""Variables of single commands and of what surrounds them."""
_LINKS = ("_SERVICE_HOST", "_SERVICE_PORT", "_PORT_")
"""What Kubernetes injects for a Service whose name begins with ours."""


def check(seen: Observed) -> Iterator[Finding]:
    """Every variable by itself, so that all that is wrong is told at once."""
    own = {name: value for name, value in seen.environ.items() if name.startswith("TOCSIN_")}
    wrong = {name: why for name, value in own.items() if (why := _wrong(name, value))}
    if not wrong:
        yield ok("settings.environment", f"{len(own)} variables of ours, all known" if own else "none set: defaults")
        return
    linked = any(part in name for name in wrong for part in _LINKS)
    advice = "correct or unset them: a service with one of them does not start"
    if linked:
        advice = "set enableServiceLinks: false in the pod, since Kubernetes injects these; " + advice
    yield fail(
        "settings.environment", f"{len(wrong)} of {len(own)} variables are wrong", advice, details=wrong.values()
    )


def _wrong(name: str, value: str) -> str:
    """Why no service would start with this variable; empty where each would."""
    prefix = next((prefix for prefix in _KINDS if name.startswith(f"{prefix}_")), "")
    try:
        if prefix:
            settings.load(_KINDS[prefix], {name: value}, prefix=prefix)
        else:
            settings.check_environ({name: value}, [*_KINDS], _OTHERS)
    except SettingsError as error:
        return str(error)
    return ""

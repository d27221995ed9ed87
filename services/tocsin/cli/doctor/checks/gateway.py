"""The gateway: whether it answers, what it reports as failing, who can see the alerts, and the active rules."""

from collections import defaultdict
from collections.abc import Iterator

from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Gateway, Judge, Observations

_OK = 200
_REFUSED = frozenset({401, 403})
_RULES = "run `tocsin rules check`, which names line and column"


def check(observations: Observations) -> Iterator[Finding]:
    """The gateway, its login, and the classifiers and correlators that it knows."""
    gateway = observations.gateway
    if isinstance(gateway, Unknown):
        yield unknown("page", gateway)
        return
    if gateway.broken:
        yield fail(
            "page",
            f"the gateway at {gateway.url} reports failing parts",
            "see docs/operations.md, When something is red",
            details=[f"{hop}: {why}" for hop, why in gateway.broken.items()],
        )
    else:
        yield ok("page", f"the gateway at {gateway.url} is ready")
    yield _login(gateway)
    yield from _judges(gateway)


def _login(gateway: Gateway) -> Finding:
    name = "page.login"
    if gateway.open_status in _REFUSED:
        return ok(name, "it requires a login")
    if gateway.open_status != _OK:
        return unknown(name, Unknown(f"it answers {gateway.open_status} to an unauthenticated client"))
    if gateway.loopback:
        return ok(name, "it requires no login, and listens only on this machine")
    return fail(
        name,
        "it requires no login and is reached over the network: every client can read all alerts",
        "set TOCSIN_GATEWAY_AUTH=token with TOCSIN_GATEWAY_TOKEN_FILE, or =proxy behind an SSO proxy",
    )


def _judges(gateway: Gateway) -> Iterator[Finding]:
    judges = gateway.judges
    if isinstance(judges, Unknown):
        yield unknown("rules.judges", judges)
        return
    services = defaultdict(list)
    for judge in judges:
        services[judge.service].append(judge)
    for service in ("classifier", "correlator"):
        yield _alike(service, services[service], gateway.differing)
    if gateway.problems:
        yield fail(
            "rules.problems",
            f"{len(gateway.problems)} rule documents failed to load",
            _RULES,
            details=gateway.problems,
        )
    elif judges:
        yield ok("rules.problems", "every rule document is loaded")


def _alike(service: str, judges: list[Judge], differing: object) -> Finding:
    name = f"rules.{service}"
    hashes = {judge.hash for judge in judges}
    if not judges:
        return fail(name, f"no {service} reports its rules", f"start one (`tocsin {service}`), or read its log")
    if len(hashes) == 1:
        return ok(name, f"{len(judges)} x {service}, all with the same rules ({hashes.pop()[:12]})")
    details = [f"{judge.instance}: {judge.hash[:12]}" for judge in judges]
    if differing:
        return fail(
            name,
            f"the replicas of {service} have different rules",
            "give all of them the same rule folders",
            details=details,
        )
    return warn(
        name,
        f"the replicas of {service} have different rules at the moment",
        "check again in a minute",
        details=details,
    )

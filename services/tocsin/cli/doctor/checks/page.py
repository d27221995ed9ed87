"""The gateway: whether it answers, what it says is broken, who may see the page, and by which rules is judged."""

from collections import defaultdict
from collections.abc import Iterator

from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Judging, Observed, Page

_OK = 200
_REFUSED = frozenset({401, 403})
_RULES = "`tocsin rules check` says what is wrong with them, with line and column"


def check(seen: Observed) -> Iterator[Finding]:
    """The page, its door, and the judges that it hears."""
    page = seen.page
    if isinstance(page, Unseen):
        yield unknown("page", page)
        return
    if page.broken:
        yield fail(
            "page",
            f"the gateway at {page.url} says what is broken",
            "docs/operations.md, When something is red",
            details=[f"{hop}: {why}" for hop, why in page.broken.items()],
        )
    else:
        yield ok("page", f"the gateway at {page.url} is ready")
    yield _door(page)
    yield from _judges(page)


def _door(page: Page) -> Finding:
    name = "page.login"
    if page.open_status in _REFUSED:
        return ok(name, "it asks for a login")
    if page.open_status != _OK:
        return unknown(name, Unseen(f"it answers {page.open_status} to somebody without a login"))
    if page.loopback:
        return ok(name, "it asks for no login, and is reached on this machine's own address")
    return fail(
        name,
        "whoever reaches the page sees every alert: it asks for no login and is reached over the network",
        "set TOCSIN_GATEWAY_AUTH=token with TOCSIN_GATEWAY_TOKEN_FILE, or =proxy behind an SSO proxy",
    )


def _judges(page: Page) -> Iterator[Finding]:
    judges = page.judges
    if isinstance(judges, Unseen):
        yield unknown("rules.judges", judges)
        return
    services = defaultdict(list)
    for judge in judges:
        services[judge.service].append(judge)
    for service in ("classifier", "correlator"):
        yield _alike(service, services[service], page.differing)
    if page.problems:
        yield fail(
            "rules.problems",
            f"{len(page.problems)} rule documents are not loaded as they stand",
            _RULES,
            details=page.problems,
        )
    elif judges:
        yield ok("rules.problems", "every rule document is loaded as it stands")


def _alike(service: str, judges: list[Judging], differing: object) -> Finding:
    name = f"rules.{service}"
    hashes = {judge.hash for judge in judges}
    if not judges:
        return fail(
            name, f"no {service} tells by which rules it judges", f"start one, or look at its log: `tocsin {service}`"
        )
    if len(hashes) == 1:
        return ok(name, f"{len(judges)} of {service}: all of one set of rules ({hashes.pop()[:12]})")
    named = [f"{judge.instance}: {judge.hash[:12]}" for judge in judges]
    if differing:
        return fail(
            name,
            f"replicas of {service} judge by different rules",
            "give all of them the same folders of rules",
            details=named,
        )
    return warn(
        name, f"replicas of {service} judge by different rules at this moment", "look again in a minute", details=named
    )

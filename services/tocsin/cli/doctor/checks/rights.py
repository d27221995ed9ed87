"""Whether the bus lets us do what we need, and keeps people's user from what it must not do."""

from collections.abc import Iterator

from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Observed


def check(seen: Observed) -> Iterator[Finding]:
    """Ours first, then the viewer's."""
    if isinstance(seen.rights, Unseen):
        yield unknown("rights.own", seen.rights)
        return
    rights = seen.rights
    if rights.refused:
        yield warn(
            "rights.own",
            f"the user {rights.user} may not look at everything: what depends on it is unknown here",
            "run this as the admin (TOCSIN_NATS_USER=admin with its password)",
            details=rights.refused,
        )
    else:
        yield ok("rights.own", f"the user {rights.user} may look at all of it")
    viewer = rights.viewer
    if isinstance(viewer, Unseen):
        yield unknown("rights.viewer", viewer)
        return
    could = [what for what, allowed in viewer.items() if allowed]
    if could:
        yield fail(
            "rights.viewer",
            "the user viewer, whose password people have, can do more than read alerts",
            "give the server the users that `tocsin nats users` writes, and reload it",
            details=[f"it can {what}" for what in could],
        )
    else:
        yield ok("rights.viewer", f"the user viewer was refused all of: {', '.join(viewer)}")

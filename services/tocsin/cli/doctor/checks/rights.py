"""Whether this command has the permissions that it needs, and the user viewer none that it must not have."""

from collections.abc import Iterator

from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Observations


def check(observations: Observations) -> Iterator[Finding]:
    """The permissions of this command's user, then the viewer's."""
    if isinstance(observations.rights, Unknown):
        yield unknown("rights.own", observations.rights)
        return
    rights = observations.rights
    if rights.refused:
        yield warn(
            "rights.own",
            f"the user {rights.user} lacks some permissions, so that some checks are unknown",
            "run this as the admin (TOCSIN_NATS_USER=admin with its password)",
            details=rights.refused,
        )
    else:
        yield ok("rights.own", f"the user {rights.user} has all permissions that this command needs")
    viewer = rights.viewer
    if isinstance(viewer, Unknown):
        yield unknown("rights.viewer", viewer)
        return
    allowed_actions = [action for action, allowed in viewer.items() if allowed]
    if allowed_actions:
        yield fail(
            "rights.viewer",
            "the user viewer can do more than read alerts",
            "configure the users that `tocsin nats users` prints, and reload the server",
            details=[f"it can {action}" for action in allowed_actions],
        )
    else:
        yield ok("rights.viewer", f"the user viewer cannot {', '.join(viewer)}")

"""Clocks: the server's and this machine's, and for each node those of kernel, collector and server."""

from collections.abc import Iterator

from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import NodeClock, Observations
from tocsin.model.timestamps import MAX_AHEAD_NS, NS_PER_S

_SERVER_S = 2.0
_AHEAD_S = 2.0
_STORED_S = 2.0
_BELIEVED_S = MAX_AHEAD_NS / NS_PER_S
_LATE_S = 60.0
_SYNC = "synchronize the node's clock (chrony, systemd-timesyncd); `timedatectl` shows its state"


def check(observations: Observations) -> Iterator[Finding]:
    """The clock of the server, then those of the nodes in the sample."""
    yield _server(observations)
    if isinstance(observations.sample, Unknown):
        yield unknown("clock.nodes", observations.sample)
        return
    clocks = observations.sample.clocks
    if not clocks:
        yield unknown("clock.nodes", Unknown("there are no events to compare clocks with"))
        return
    wrong = [(node, text, bad) for node, clock in clocks.items() for text, bad in _node(clock)]
    if not wrong:
        yield ok("clock.nodes", f"the clocks of {len(clocks)} nodes agree with their collectors' and the server's")
        return
    details = [f"{node}: {text}" for node, text, _ in wrong]
    finding = fail if any(bad for _, _, bad in wrong) else warn
    yield finding(
        "clock.nodes", f"the clocks of {len({node for node, _, _ in wrong})} nodes differ", _SYNC, details=details
    )


def _server(observations: Observations) -> Finding:
    name = "clock.server"
    if isinstance(observations.layout, Unknown):
        return unknown(name, observations.layout)
    offset_s = observations.layout.offset_s
    if offset_s is None:
        return unknown(name, Unknown("the server did not report its time"))
    if abs(offset_s) > _SERVER_S:
        direction = "ahead of" if offset_s > 0 else "behind"
        return warn(name, f"the server's clock is {units.span(abs(offset_s))} {direction} ours", _SYNC)
    return ok(name, f"the server's clock and ours differ by {units.span(abs(offset_s))}")


def _node(clock: NodeClock) -> Iterator[tuple[str, bool]]:
    """What is wrong, and whether it affects the times of alerts."""
    ahead_s = -clock.least_late_s
    if ahead_s > _BELIEVED_S:
        yield f"its kernel is {units.span(ahead_s)} ahead of its collector: alerts get the collector's time", True
    elif ahead_s > _AHEAD_S:
        yield f"its kernel is {units.span(ahead_s)} ahead of its collector", False
    elif clock.least_late_s > _LATE_S and clock.newest_late_s > _LATE_S:
        late = units.span(clock.newest_late_s)
        yield (
            f"events are read {late} after they happened: the collector is catching up, or the node's clock is behind",
            False,
        )
    if clock.least_stored_s < -_STORED_S:
        yield f"its collector is {units.span(-clock.least_stored_s)} ahead of the server", False

"""Clocks: the server's against ours, and of each node the kernel's, the collector's and the server's."""

from collections.abc import Iterator

from tocsin.cli.doctor.checks import words
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import NodeClock, Observed
from tocsin.model.timestamps import MAX_AHEAD_NS, NS_PER_S

_SERVER_S = 2.0
_AHEAD_S = 2.0
_STORED_S = 2.0
_BELIEVED_S = MAX_AHEAD_NS / NS_PER_S
_LATE_S = 60.0
_SYNC = "let the node's clock be set (chrony, systemd-timesyncd): `timedatectl` shows how it is"


def check(seen: Observed) -> Iterator[Finding]:
    """Of the server, then of the nodes in the sample."""
    yield _server(seen)
    if isinstance(seen.sample, Unseen):
        yield unknown("clock.nodes", seen.sample)
        return
    clocks = seen.sample.clocks
    if not clocks:
        yield unknown("clock.nodes", Unseen("there are no events to compare clocks by"))
        return
    wrong = [(node, text, bad) for node, clock in clocks.items() for text, bad in _node(clock)]
    if not wrong:
        yield ok("clock.nodes", f"the clocks of {len(clocks)} nodes agree with their collectors' and the server's")
        return
    details = [f"{node}: {text}" for node, text, _ in wrong]
    make = fail if any(bad for _, _, bad in wrong) else warn
    yield make("clock.nodes", f"clocks of {len({node for node, _, _ in wrong})} nodes differ", _SYNC, details=details)


def _server(seen: Observed) -> Finding:
    name = "clock.server"
    if isinstance(seen.layout, Unseen):
        return unknown(name, seen.layout)
    offset_s = seen.layout.offset_s
    if offset_s is None:
        return unknown(name, Unseen("the server did not tell its time"))
    if abs(offset_s) > _SERVER_S:
        way = "ahead of" if offset_s > 0 else "behind"
        return warn(name, f"the server's clock is {words.span(abs(offset_s))} {way} ours", _SYNC)
    return ok(name, f"the server's clock and ours differ by {words.span(abs(offset_s))}")


def _node(clock: NodeClock) -> Iterator[tuple[str, bool]]:
    """What is wrong, and whether it makes times of alerts wrong."""
    ahead_s = -clock.least_late_s
    if ahead_s > _BELIEVED_S:
        yield f"its kernel is {words.span(ahead_s)} ahead of its collector: times of alerts are the collector's", True
    elif ahead_s > _AHEAD_S:
        yield f"its kernel is {words.span(ahead_s)} ahead of its collector", False
    elif clock.least_late_s > _LATE_S and clock.newest_late_s > _LATE_S:
        late = words.span(clock.newest_late_s)
        yield (
            f"events are read {late} after they happened: the collector catches up, or the node's clock is behind",
            False,
        )
    if clock.least_stored_s < -_STORED_S:
        yield f"its collector is {words.span(-clock.least_stored_s)} ahead of the server", False

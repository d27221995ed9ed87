"""Tetragon's export file on this node: where it is, whether it can be read, and for how long it lasts as a buffer."""

from collections.abc import Iterator

from tocsin.cli.doctor.checks import words
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import ExportFile, Observed
from tocsin.model.timestamps import NS_PER_S

OLD_PATH, NEW_PATH = "/var/run/cilium/tetragon/tetragon.log", "/var/log/tetragon/tetragon.log"
"""Up to 1.7, where it lies in memory on most nodes, and since."""
_STALE_S = 600.0
_SHORT_S, _VERY_SHORT_S = 900.0, 120.0
"""How long an outage the file bridges: a restart of NATS, and one with somebody looking into it."""
_MANY = 2
"""With fewer rotated files nothing can be said of how fast they come."""
_ROOM = "set tetragon.exportFileMaxSizeMB: 100 and tetragon.exportFileMaxBackups: 20 in Tetragon's chart (2 GB)"
_LOOK = "on a node: ls -l /var/log/tetragon /var/run/cilium/tetragon"


def check(seen: Observed) -> Iterator[Finding]:
    """Which file there is, then whether the collector's is the one that grows, then how long it lasts."""
    there = [own for own in seen.exports if own.exists]
    if not there:
        places = ", ".join(own.path for own in seen.exports)
        yield unknown("agent.file", Unseen(f"no export file on this machine ({places})", _LOOK))
        return
    for own in there:
        yield _file(own, seen.now_ns)
    yield from _chosen(seen, there)


def _file(own: ExportFile, now_ns: int) -> Finding:
    name = "agent.file"
    if own.problem:
        return fail(
            name,
            f"{own.path} cannot be read: {own.problem}",
            "run the collector as root, or in the file's group (tetragon.exportFilePerm: 640)",
        )
    total = own.size + sum(size for size, _ in own.rotated)
    found = f"{own.path}: {words.size(own.size)}, {len(own.rotated)} rotated files, {words.size(total)} in all"
    lasts_s = _lasts_s(own, now_ns)
    if lasts_s is None:
        return ok(name, found)
    held = f"{found}; they hold the last {words.span(lasts_s)}"
    if lasts_s < _VERY_SHORT_S:
        return fail(name, f"{held}: a collector that is away for longer loses events", _ROOM)
    if lasts_s < _SHORT_S:
        return warn(name, f"{held}: a collector that is away for longer loses events", _ROOM)
    return ok(name, held)


def _lasts_s(own: ExportFile, now_ns: int) -> float | None:
    """For how long a line stays: from when the oldest file ended; ``None`` where too few were rotated to say."""
    if len(own.rotated) < _MANY:
        return None
    return max(0.0, (now_ns - own.rotated[0][1]) / NS_PER_S)


def _chosen(seen: Observed, there: list[ExportFile]) -> Iterator[Finding]:
    """Whether the file that the collector is told to follow is the one that grows."""
    name, told = "agent.path", seen.environ.get("TOCSIN_COLLECTOR_PATH", OLD_PATH)
    newest = max(there, key=lambda own: own.changed_ns)
    age_s = (seen.now_ns - newest.changed_ns) / NS_PER_S
    if newest.path != told and "TOCSIN_COLLECTOR_PATH" in seen.environ:
        yield fail(
            name,
            f"the collector is told to follow {told}, but the agent writes {newest.path}",
            f"set TOCSIN_COLLECTOR_PATH={newest.path}",
        )
    elif age_s > _STALE_S:
        yield warn(
            name,
            f"{newest.path} was last written {words.span(age_s)} ago",
            "look whether the agent runs: kubectl -n kube-system get pods -l app.kubernetes.io/name=tetragon",
        )
    else:
        where = " (in memory on most nodes)" if newest.path == OLD_PATH else ""
        yield ok(name, f"the agent writes {newest.path}{where}, last {words.span(age_s)} ago")

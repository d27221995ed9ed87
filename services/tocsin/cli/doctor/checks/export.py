"""Tetragon's export file on this node: where it is, whether it can be read, and how long it buffers events."""

from collections.abc import Iterator

from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import ExportFile, Observations
from tocsin.model.timestamps import NS_PER_S

OLD_PATH, NEW_PATH = "/var/run/cilium/tetragon/tetragon.log", "/var/log/tetragon/tetragon.log"
"""The path up to Tetragon 1.7, which is in memory on most nodes, and the path since then."""
_STALE_S = 600.0
_SHORT_S, _VERY_SHORT_S = 900.0, 120.0
"""Shortest outages that the file should cover: one that somebody investigates, and a restart of NATS."""
_MANY = 2
"""With fewer rotated files, their rate is unknown."""
_ROOM = "set tetragon.exportFileMaxSizeMB: 100 and tetragon.exportFileMaxBackups: 20 in Tetragon's chart (2 GB)"
_LOOK = "on a node: ls -l /var/log/tetragon /var/run/cilium/tetragon"


def check(observations: Observations) -> Iterator[Finding]:
    """One finding per file, then whether the collector follows the one that the agent writes."""
    files = [file for file in observations.exports if file.exists]
    if not files:
        places = ", ".join(file.path for file in observations.exports)
        yield unknown("agent.file", Unknown(f"no export file on this machine ({places})", _LOOK))
        return
    for file in files:
        yield _file(file, observations.now_ns)
    yield from _followed(observations, files)


def _file(file: ExportFile, now_ns: int) -> Finding:
    name = "agent.file"
    if file.problem:
        return fail(
            name,
            f"{file.path} cannot be read: {file.problem}",
            "run the collector as root, or with the file's group (tetragon.exportFilePerm: 640)",
        )
    total = file.size + sum(size for size, _ in file.rotated)
    text = f"{file.path}: {units.size(file.size)}, {len(file.rotated)} rotated files, {units.size(total)} in all"
    lasts_s = _lasts_s(file, now_ns)
    if lasts_s is None:
        return ok(name, text)
    text = f"{text}; they hold the last {units.span(lasts_s)}"
    if lasts_s < _VERY_SHORT_S:
        return fail(name, f"{text}: a longer outage of the collector loses events", _ROOM)
    if lasts_s < _SHORT_S:
        return warn(name, f"{text}: a longer outage of the collector loses events", _ROOM)
    return ok(name, text)


def _lasts_s(file: ExportFile, now_ns: int) -> float | None:
    """How long a line is kept: since the end of the oldest file; ``None`` if too few files were rotated."""
    if len(file.rotated) < _MANY:
        return None
    return max(0.0, (now_ns - file.rotated[0][1]) / NS_PER_S)


def _followed(observations: Observations, files: list[ExportFile]) -> Iterator[Finding]:
    """Whether the file that the collector is told to follow is the one that grows."""
    name, configured = "agent.path", observations.environ.get("TOCSIN_COLLECTOR_PATH", OLD_PATH)
    newest = max(files, key=lambda file: file.changed_ns)
    age_s = (observations.now_ns - newest.changed_ns) / NS_PER_S
    if newest.path != configured and "TOCSIN_COLLECTOR_PATH" in observations.environ:
        yield fail(
            name,
            f"the collector follows {configured}, but the agent writes {newest.path}",
            f"set TOCSIN_COLLECTOR_PATH={newest.path}",
        )
    elif age_s > _STALE_S:
        yield warn(
            name,
            f"{newest.path} was last written {units.span(age_s)} ago",
            "check that the agent runs: kubectl -n kube-system get pods -l app.kubernetes.io/name=tetragon",
        )
    else:
        where = " (in memory on most nodes)" if newest.path == OLD_PATH else ""
        yield ok(name, f"the agent writes {newest.path}{where}, last {units.span(age_s)} ago")

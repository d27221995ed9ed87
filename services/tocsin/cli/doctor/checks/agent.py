"""Tetragon's own settings, where its ConfigMap may be read: what it exports, hides, cuts, and how much it keeps."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tocsin.cli.doctor.checks.events import HIDDEN
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Observed

_LEAST_BYTES = 500 << 20
_RATE_OFF = frozenset({"", "-1", "0"})


def check(seen: Observed) -> Iterator[Finding]:
    """Setting by setting; options that loaded rules need among them."""
    if isinstance(seen.agent, Unseen):
        yield unknown("agent.settings", seen.agent)
        return
    agent = seen.agent
    if not agent.get("export-filename"):
        yield fail("agent.export", "the agent writes no export file", "set tetragon.exportFilename: tetragon.log")
        return
    yield ok("agent.export", f"the agent writes {agent['export-filename']}")
    yield _room(agent)
    yield _denied(agent)
    yield _allowed(agent)
    yield _limited(agent)
    yield from _filtered(agent)
    if not isinstance(seen.rules, Unseen):
        wanted = sorted({option for rule in seen.rules for option in rule.requires.options})
        yield _options(agent, wanted)


def _room(agent: Mapping[str, str]) -> Finding:
    size, backups = _number(agent, "export-file-max-size-mb", 10), _number(agent, "export-file-max-backups", 5)
    total = (size << 20) * (backups + 1)
    found = f"{backups} rotated files of {size} MB: {total >> 20:,} MB"
    if total < _LEAST_BYTES:
        return warn(
            "agent.rotation",
            f"{found}, some {total // 2_000:,} events, are all that bridges an outage",
            "set tetragon.exportFileMaxSizeMB: 100 and tetragon.exportFileMaxBackups: 20",
        )
    return ok("agent.rotation", found)


def _denied(agent: Mapping[str, str]) -> Finding:
    hidden = sorted(
        {_named(space) for entry in _entries(agent, "export-denylist") for space in _list(entry, "namespace")}
    )
    if not hidden:
        return ok("agent.denylist", "no namespace is hidden")
    host = "processes of the host" in hidden
    return (fail if host else warn)(
        "agent.denylist",
        f"hidden by tetragon.exportDenyList: {', '.join(hidden)}",
        "take them out of it: what a deny list hides reaches no rule",
    )


def _allowed(agent: Mapping[str, str]) -> Finding:
    entries = _entries(agent, "export-allowlist")
    if not entries:
        return ok("agent.allowlist", "every kind of event is exported")
    kinds = {str(kind) for entry in entries for kind in _list(entry, "event_set")}
    missing = [kind for kind in HIDDEN if kinds and f"PROCESS_{kind.upper()}" not in kinds]
    if missing:
        return warn(
            "agent.allowlist",
            f"not exported: events of kind {', '.join(missing)}",
            "add "
            + ", ".join(f"PROCESS_{kind.upper()}" for kind in missing)
            + " to event_set in tetragon.exportAllowList",
        )
    return ok("agent.allowlist", "every kind of event that rules know is exported")


def _limited(agent: Mapping[str, str]) -> Finding:
    rate = agent.get("export-rate-limit", "").strip()
    if rate in _RATE_OFF:
        return ok("agent.rate_limit", "exports are not limited")
    return warn(
        "agent.rate_limit",
        f"beyond {rate} events a minute the agent drops what it should export",
        "set tetragon.exportRateLimit: -1; what is too much is better silenced here, where it is counted",
    )


def _filtered(agent: Mapping[str, str]) -> Iterator[Finding]:
    if any(_entries(agent, "field-filters")):
        yield warn(
            "agent.fields",
            "tetragon.fieldFilters takes fields out of events: rules that look at them see nothing",
            "take the filter out, or see with `tocsin rules test` which rules need those fields",
        )


def _options(agent: Mapping[str, str], wanted: list[str]) -> Finding:
    off = [option for option in wanted if agent.get(option, "").strip().lower() in ("", "false", "0")]
    if off:
        return warn(
            "agent.options",
            f"rules look at what the agent tells only with {', '.join(off)}",
            "set tetragon.enableProcessCred: true, or the others through tetragon.extraArgs",
        )
    return ok("agent.options", "the agent's options that rules need are on")


def _number(agent: Mapping[str, str], key: str, default: int) -> int:
    text = agent.get(key, "").strip()
    return int(text) if text.isdecimal() else default


def _entries(agent: Mapping[str, str], key: str) -> list[dict[str, Any]]:
    """The filters of one list, one JSON object a line; lines that are none are left out."""
    found = []
    for line in agent.get(key, "").splitlines():
        try:
            entry = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found


def _list(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key)
    return value if isinstance(value, list) else []


def _named(space: object) -> str:
    return f"namespace {space}" if space else "processes of the host"

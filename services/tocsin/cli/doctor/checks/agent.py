"""Tetragon's settings, if its ConfigMap may be read: what it exports, hides and limits, and how much it keeps."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tocsin.cli.doctor.checks.events import HIDDEN
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Observations

_LEAST_BYTES = 500 << 20
_RATE_OFF = frozenset({"", "-1", "0"})


def check(observations: Observations) -> Iterator[Finding]:
    """One finding per setting, with the options that loaded rules need."""
    if isinstance(observations.agent, Unknown):
        yield unknown("agent.settings", observations.agent)
        return
    agent = observations.agent
    if not agent.get("export-filename"):
        yield fail("agent.export", "the agent writes no export file", "set tetragon.exportFilename: tetragon.log")
        return
    yield ok("agent.export", f"the agent writes {agent['export-filename']}")
    yield _rotation(agent)
    yield _denied(agent)
    yield _allowed(agent)
    yield _limited(agent)
    yield from _filtered(agent)
    if not isinstance(observations.rules, Unknown):
        options = sorted({option for rule in observations.rules for option in rule.requires.options})
        yield _options(agent, options)


def _rotation(agent: Mapping[str, str]) -> Finding:
    size, backups = _number(agent, "export-file-max-size-mb", 10), _number(agent, "export-file-max-backups", 5)
    total = (size << 20) * (backups + 1)
    text = f"{backups} rotated files of {size} MB: {total >> 20:,} MB"
    if total < _LEAST_BYTES:
        return warn(
            "agent.rotation",
            f"{text}; an outage longer than some {total // 2_000:,} events loses events",
            "set tetragon.exportFileMaxSizeMB: 100 and tetragon.exportFileMaxBackups: 20",
        )
    return ok("agent.rotation", text)


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
        "remove them from it: no rule sees what a deny list hides",
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
        f"the agent drops events beyond {rate} a minute",
        "set tetragon.exportRateLimit: -1; silence noisy alerts instead, which are counted then",
    )


def _filtered(agent: Mapping[str, str]) -> Iterator[Finding]:
    if any(_entries(agent, "field-filters")):
        yield warn(
            "agent.fields",
            "tetragon.fieldFilters removes fields from events: rules on these fields cannot match",
            "remove the filter, or check with `tocsin rules test` which rules need these fields",
        )


def _options(agent: Mapping[str, str], options: list[str]) -> Finding:
    disabled = [option for option in options if agent.get(option, "").strip().lower() in ("", "false", "0")]
    if disabled:
        return warn(
            "agent.options",
            f"rules need data that the agent exports only with {', '.join(disabled)}",
            "set tetragon.enableProcessCred: true, and other options in tetragon.extraArgs",
        )
    return ok("agent.options", "the agent's options that rules need are on")


def _number(agent: Mapping[str, str], key: str, default: int) -> int:
    text = agent.get(key, "").strip()
    return int(text) if text.isdecimal() else default


def _entries(agent: Mapping[str, str], key: str) -> list[dict[str, Any]]:
    """The filters of one list, one JSON object per line; other lines are ignored."""
    entries = []
    for line in agent.get(key, "").splitlines():
        try:
            entry = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def _list(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key)
    return value if isinstance(value, list) else []


def _named(space: object) -> str:
    return f"namespace {space}" if space else "processes of the host"

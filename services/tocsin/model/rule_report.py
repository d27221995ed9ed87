"""The report of one instance on its active rules: loaded, refused, matched, silenced (subject ``tocsin.rules.…``)."""

import msgspec
from msgspec import Struct

_WORDY_BYTES = 2 << 20
"""A larger report leaves out the texts of each rule; a gateway accepts 4 MiB at most."""


class RuleState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule or correlation as loaded, with its counts since this instance started."""

    id: str
    title: str
    level: str
    type: str = "rule"
    """``rule``, or a correlation's type."""
    file: str = ""
    line: int = 0
    author: str = ""
    hits: int = 0
    failures: int = 0
    """Events for which it failed and was skipped."""
    last_failure: str = ""
    hooks: tuple[str, ...] = ()
    """Functions, or tracepoints as ``subsystem/name``, of which it needs the events of any one."""
    kinds: tuple[str, ...] = ()
    """Kinds of events that it matches; empty if it matches any kind."""
    options: tuple[str, ...] = ()
    """Options of the agent without which its events lack the fields of the rule."""
    host_only: bool = False
    """It matches no process in a container."""
    rules: tuple[str, ...] = ()
    """Of a correlation: ids of the rules and correlations that it counts."""
    runbook: str = ""
    """What to do first."""
    falsepositives: tuple[str, ...] = ()


class SilenceState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One silence, and the number of alerts that it lowered since this instance started."""

    id: str
    title: str
    owner: str = ""
    reason: str = ""
    expires: str = ""
    expired: bool = False
    hidden: dict[str, int] = {}
    """Alerts lowered, by the severity that they would have had."""


class RuleProblem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document that is not loaded as it stands."""

    file: str
    line: int = 0
    column: int = 0
    text: str
    rule: str = ""
    kept: bool = False
    """Its last good version stays active."""


class RuleReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it, of one instance at one time."""

    service: str
    instance: str
    time: str
    hash: str
    """Of all that judges: two instances with one hash judge alike."""
    loaded: str = ""
    """When this set began to judge."""
    rules: list[RuleState] = []
    silences: list[SilenceState] = []
    problems: list[RuleProblem] = []


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(RuleReport)


def encode(rulebook: RuleReport) -> bytes:
    """The report as JSON."""
    payload = _encoder.encode(rulebook)
    if len(payload) <= _WORDY_BYTES:
        return payload
    short = [msgspec.structs.replace(rule, runbook="", falsepositives=()) for rule in rulebook.rules]
    return _encoder.encode(msgspec.structs.replace(rulebook, rules=short))


def decode(payload: bytes) -> RuleReport:
    """A report from its JSON; ``msgspec.DecodeError`` if it is not one."""
    return _decoder.decode(payload)

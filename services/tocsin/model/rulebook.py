"""What a judge says of the rules it judges by: loaded, refused, matched, silenced (subject ``tocsin.rules.…``)."""

import msgspec
from msgspec import Struct


class RuleState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule or correlation as loaded, and what became of it since this instance started."""

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


class SilenceState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One silence, and what it hid since this instance started."""

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
    """Its last good version judges on."""


class Rulebook(Struct, frozen=True, kw_only=True, omit_defaults=True):
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
_decoder = msgspec.json.Decoder(Rulebook)


def encode(rulebook: Rulebook) -> bytes:
    """The report as JSON."""
    return _encoder.encode(rulebook)


def decode(payload: bytes) -> Rulebook:
    """A report from its JSON; ``msgspec.DecodeError`` where it is none."""
    return _decoder.decode(payload)

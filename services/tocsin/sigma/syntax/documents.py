"""The parsed documents of rule files: rules, correlations and filters."""

from typing import Any, Literal

from msgspec import Struct

from tocsin.model.severity import Severity
from tocsin.sigma.syntax.ir import Node

Level = Literal["informational", "low", "medium", "high", "critical"]

SEVERITY: dict[Level, Severity] = {
    "informational": Severity.LOW,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}


class Metadata(Struct, frozen=True, kw_only=True):
    """The fields that every document has."""

    file: str
    line: int = 1
    """The line of the document's first key."""
    id: str
    name: str = ""
    """Correlations may refer to it by this name; also the last token of its alerts' subject (default: the title)."""
    title: str
    status: str = ""
    description: str = ""
    author: str = ""
    references: tuple[str, ...] = ()
    license: str = ""
    date: str = ""
    modified: str = ""
    tags: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    """ATT&CK ids of the tags, ``T1059.004``."""
    falsepositives: tuple[str, ...] = ()
    link: str = ""
    """Where to read more: ``x-link``, else the first reference."""
    runbook: str = ""
    """``x-runbook``: what to do first."""
    hash: str = ""
    """Hash of the document's text: versions with the same hash are the same rule."""


class Logsource(Struct, frozen=True, kw_only=True):
    """The events that a rule selects, as written."""

    category: str = ""
    product: str = ""
    service: str = ""


class Requires(Struct, frozen=True, kw_only=True):
    """``x-requires``: what the rule needs to get events at all."""

    hooks: tuple[str, ...] = ()
    """Functions of kprobe and lsm hooks, and tracepoints (``subsystem/name``), normalised; one of them is enough."""
    kinds: tuple[str, ...] = ()
    """Event kinds that the agent must export."""
    options: tuple[str, ...] = ()
    """Options of the agent, ``enable-process-cred``."""
    version: str = ""
    """Lowest version of the agent."""


class Rule(Metadata, frozen=True, kw_only=True):
    """One detection: a condition on a single event."""

    level: Level = "medium"
    logsource: Logsource = Logsource()
    native: bool = False
    """``taxonomy: tetragon``: native names are allowed beside Sigma's."""
    kinds: frozenset[str] = frozenset()
    """Event kinds of its logsource."""
    condition: Node
    """Includes the conditions of the logsource, without filters."""
    existing: bool = False
    """``x-existing``: it also judges processes that were running when the agent started."""
    requires: Requires = Requires()
    tests: tuple[dict[str, Any], ...] = ()
    """``x-tests`` as written; see `tocsin.sigma.authoring.rule_tests`."""

    @property
    def severity(self) -> Severity:
        """The level as a severity."""
        return SEVERITY[self.level]


CorrelationType = Literal["event_count", "value_count", "temporal", "temporal_ordered"]


class Correlation(Metadata, frozen=True, kw_only=True):
    """A pattern over time, in events that match other rules."""

    level: Level = "medium"
    type: CorrelationType
    rules: tuple[str, ...]
    """Ids or names of rules and correlations, in order, as written; ids once linked."""
    group_by: tuple[str, ...] = ()
    """Fields or aliases."""
    timespan_s: float
    threshold: int = 1
    """Fires at this count or more (``gt: 4`` is 5); for temporal kinds the number of rules."""
    field: str = ""
    """The field of a value_count."""
    aliases: dict[str, dict[str, str]] = {}
    """Alias to rule (id once linked) to that rule's field."""
    generate: bool = True
    """Whether the rules that it refers to raise alerts of their own."""
    repeat_s: float = 0.0
    """After firing, it is silent for this long (``x-repeat``; by default the timespan)."""
    confirms: bool = False
    """``x-outcome: confirmed``: its last step proves that the action of the first one succeeded."""
    tests: tuple[dict[str, Any], ...] = ()

    @property
    def severity(self) -> Severity:
        """The level as a severity."""
        return SEVERITY[self.level]


class Silence(Struct, frozen=True, kw_only=True):
    """``x-silence`` of a filter: excluded events still raise alerts, but the rule does not affect their severity."""

    owner: str
    reason: str
    expires: str
    """RFC 3339."""
    expires_ns: int


class Filter(Metadata, frozen=True, kw_only=True):
    """Excludes events from other rules."""

    rules: tuple[str, ...]
    """Ids or names; empty for any rule of the logsource. Ids once linked."""
    logsource: Logsource = Logsource()
    native: bool = False
    condition: Node
    """A rule matches only if this holds, too (so an exclusion is written ``not selection``)."""
    silence: Silence | None = None


Document = Rule | Correlation | Filter

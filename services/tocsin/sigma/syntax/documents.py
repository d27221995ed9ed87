"""What a rule file holds, once read: rules, correlations and filters, with everything their users need of them."""

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
    """What every document says of itself."""

    file: str
    line: int = 1
    """Of the document's first key."""
    id: str
    name: str = ""
    """By which correlations may refer to it; also the last token of its alerts' subject (else its title's slug)."""
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
    """Of the document's text: two versions with one hash are the same rule."""


class Logsource(Struct, frozen=True, kw_only=True):
    """Which events a rule is about."""

    category: str = ""
    product: str = ""
    service: str = ""


class Requires(Struct, frozen=True, kw_only=True):
    """``x-requires``: what must be there for the rule to see anything."""

    hooks: tuple[str, ...] = ()
    """Functions of kprobe and lsm hooks and tracepoints (``subsystem/name``), normalised; any one of them is enough."""
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
    """Event kinds that it looks at (the logsource's)."""
    condition: Node
    """With what the logsource demands of an event, and without filters."""
    existing: bool = False
    """``x-existing``: it looks at processes that the agent found running, too."""
    requires: Requires = Requires()
    tests: tuple[dict[str, Any], ...] = ()
    """``x-tests`` as written; see `tocsin.sigma.testing`."""

    @property
    def severity(self) -> Severity:
        """The level as a severity."""
        return SEVERITY[self.level]


CorrelationType = Literal["event_count", "value_count", "temporal", "temporal_ordered"]


class Correlation(Metadata, frozen=True, kw_only=True):
    """What shows only over time, in events that match other rules."""

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
    """Whether the rules that it refers to alert by themselves."""
    repeat_s: float = 0.0
    """After firing, silent for this long (``x-repeat``; the timespan where it is not given)."""
    confirms: bool = False
    """``x-outcome: confirmed``: its last step proves that what the first one ordered was done."""
    tests: tuple[dict[str, Any], ...] = ()

    @property
    def severity(self) -> Severity:
        """The level as a severity."""
        return SEVERITY[self.level]


class Silence(Struct, frozen=True, kw_only=True):
    """``x-silence`` of a filter: what it excludes still alerts, graded as if the rule had not matched."""

    owner: str
    reason: str
    expires: str
    """RFC 3339."""
    expires_ns: int


class Filter(Metadata, frozen=True, kw_only=True):
    """What is taken out of other rules."""

    rules: tuple[str, ...]
    """Ids or names; empty for any rule of the logsource. Ids once linked."""
    logsource: Logsource = Logsource()
    native: bool = False
    condition: Node
    """A rule matches only where this holds too (so an exclusion is written ``not selection``)."""
    silence: Silence | None = None


Document = Rule | Correlation | Filter

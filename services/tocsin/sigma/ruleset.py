"""Everything that judges, as one value: loaded from files, held against events, replaced as a whole."""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from tocsin.model.alert import Match
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching import signal_values
from tocsin.sigma.matching.candidates import Selection
from tocsin.sigma.matching.compiled_rule import Compiled, Hit, applying, compiled
from tocsin.sigma.matching.evidence import matched
from tocsin.sigma.syntax.documents import Correlation, Document, Filter, Rule
from tocsin.sigma.syntax.loader import Loaded, LoadProblem, load

__all__ = ("NONE", "Hit", "Hits", "RuleSet")

_HASH_BYTES = 8
_LEVELS = ("critical", "high", "medium", "low", "informational")
_ERROR_CHARACTERS = 200


class Hits(Struct, frozen=True, gc=False):
    """What matched an event."""

    hits: tuple[Hit, ...] = ()
    """Worst first."""
    failed: tuple[tuple[str, str], ...] = ()
    """Rules that were skipped, by id, and why."""


NONE = Hits()


class RuleSet:
    """Rules, correlations and filters that were loaded together; it never changes."""

    def __init__(self, loaded: Loaded, previous: "RuleSet | None" = None) -> None:
        self._loaded = loaded
        linked = loaded.linked
        problems = list(loaded.problems)
        self._filters = applying(linked.filters, linked.rules)
        self._compiled: dict[str, Compiled] = {}
        before = previous._compiled if previous is not None else {}
        for rule in linked.rules:
            try:
                self._compiled[rule.id] = compiled(rule, self._filters.get(rule.id, ()), before)
            except ValueError as error:
                problems.append(_uncompiled(rule, error))
        self.rules: tuple[Rule, ...] = tuple(each.rule for each in self._compiled.values())
        self.correlations: tuple[Correlation, ...] = linked.correlations
        self.filters: tuple[Filter, ...] = linked.filters
        self.silences: tuple[Filter, ...] = tuple(each for each in linked.filters if each.silence is not None)
        self.problems: tuple[LoadProblem, ...] = tuple(problems)
        self._wanted = signal_values.wanted(self.correlations)
        naming = _naming(self.correlations, self._compiled)
        self.counted: frozenset[str] = frozenset(naming)
        self.silent: frozenset[str] = frozenset(
            id for id, by in naming.items() if not any(each.generate for each in by)
        )
        self.hash = _hash([*self.rules, *self.correlations, *self.filters])
        self._selection = Selection(sorted(self._compiled.values(), key=_worst_first))

    @classmethod
    def load(cls, files: Mapping[str, bytes], previous: "RuleSet | None" = None) -> "RuleSet":
        """The rules of *files* (name to content); what is unchanged since *previous* is taken over."""
        return cls(load(files, previous._loaded.files if previous is not None else {}), previous)

    def match(self, record: EventRecord, time_ns: int) -> Hits:
        """Every rule that matches, with the silence of *time_ns* that is in force for it."""
        try:
            candidates = self._selection.candidates(record)
        except Exception:  # a field that cannot be had: the rules that need it are named below, the others match
            candidates = self._selection.every(record)
        if not candidates:
            return NONE
        hits: list[Hit] = []
        failed: list[tuple[str, str]] = []
        for candidate in candidates:
            try:
                if candidate.holds(record):
                    hits.append(_hit(candidate, record, time_ns) if candidate.silences else candidate.hit)
            except Exception as error:  # one rule that fails is left out of this event; the stream goes on
                failed.append((candidate.rule.id, f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]))
        return Hits(tuple(hits), tuple(failed)) if hits or failed else NONE

    def matched(self, rule: Rule, record: EventRecord) -> tuple[Match, ...]:
        """The fields and values that made *rule* match."""
        return matched(rule, record)

    def filters_of(self, rule: Rule) -> tuple[Filter, ...]:
        """All filters that apply to *rule*, silences among them."""
        return self._filters.get(rule.id, ())

    def signal_values(self, ids: Iterable[str], record: EventRecord) -> dict[str, str]:
        """What the correlations over the rules *ids* need of an event that they matched."""
        return signal_values.values(self._wanted, ids, record)


def _hit(candidate: Compiled, record: EventRecord, time_ns: int) -> Hit:
    for each, passes in candidate.silences:
        if each.silence is not None and time_ns < each.silence.expires_ns and not passes(record):
            return Hit(candidate.rule, each)
    return candidate.hit


def _worst_first(candidate: Compiled) -> tuple[int, str]:
    return _LEVELS.index(candidate.rule.level), candidate.rule.id


def _naming(correlations: Iterable[Correlation], rules: Mapping[str, Compiled]) -> dict[str, list[Correlation]]:
    """Rule id to the correlations that refer to it directly."""
    found: dict[str, list[Correlation]] = {}
    for each in correlations:
        for id in each.rules:
            if id in rules:
                found.setdefault(id, []).append(each)
    return found


def _uncompiled(rule: Rule, error: ValueError) -> LoadProblem:
    return LoadProblem(file=rule.file, line=rule.line, text=str(error), rule=rule.id, code="compile")


def _hash(documents: Iterable[Document]) -> str:
    """Of all that judges; the order and the files do not matter."""
    parts = sorted(f"{type(each).__name__}\0{each.id}\0{each.hash or repr(each)}" for each in documents)
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()

"""The active rules as one value: loaded from files, matched against events, replaced as a whole."""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from tocsin.model.alert import Match
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching import signal_values
from tocsin.sigma.matching.candidates import CandidateFinder
from tocsin.sigma.matching.compiled_rule import CompiledRule, Hit, compile_rule, filters_by_rule
from tocsin.sigma.matching.evidence import matched_fields
from tocsin.sigma.syntax.documents import Correlation, Document, Filter, Rule
from tocsin.sigma.syntax.loader import LoadProblem, LoadResult, load

__all__ = ("NO_HITS", "Hit", "Hits", "RuleSet")

_HASH_BYTES = 8
_LEVELS = ("critical", "high", "medium", "low", "informational")
_ERROR_CHARACTERS = 200


class Hits(Struct, frozen=True, gc=False):
    """The rules that match an event."""

    hits: tuple[Hit, ...] = ()
    """Worst first."""
    failed: tuple[tuple[str, str], ...] = ()
    """Rules that were skipped, by id, and why."""


NO_HITS = Hits()


class RuleSet:
    """Rules, correlations and filters that were loaded together; immutable."""

    def __init__(self, loaded: LoadResult, previous: "RuleSet | None" = None) -> None:
        self._loaded = loaded
        linked = loaded.linked
        problems = list(loaded.problems)
        self._filters = filters_by_rule(linked.filters, linked.rules)
        self._compiled: dict[str, CompiledRule] = {}
        before = previous._compiled if previous is not None else {}
        for rule in linked.rules:
            try:
                self._compiled[rule.id] = compile_rule(rule, self._filters.get(rule.id, ()), before)
            except ValueError as error:
                problems.append(_uncompiled(rule, error))
        self.rules: tuple[Rule, ...] = tuple(each.rule for each in self._compiled.values())
        self.correlations: tuple[Correlation, ...] = linked.correlations
        self.filters: tuple[Filter, ...] = linked.filters
        self.silences: tuple[Filter, ...] = tuple(each for each in linked.filters if each.silence is not None)
        self.problems: tuple[LoadProblem, ...] = tuple(problems)
        self._wanted = signal_values.value_sources(self.correlations)
        referring = _referring_correlations(self.correlations, self._compiled)
        self.counted: frozenset[str] = frozenset(referring)
        self.silent: frozenset[str] = frozenset(
            id for id, by in referring.items() if not any(each.generate for each in by)
        )
        self.hash = _hash([*self.rules, *self.correlations, *self.filters])
        self._selection = CandidateFinder(sorted(self._compiled.values(), key=_worst_first))

    @classmethod
    def load(cls, files: Mapping[str, bytes], previous: "RuleSet | None" = None) -> "RuleSet":
        """The rules of *files* (name to content); unchanged ones are taken from *previous*."""
        return cls(load(files, previous._loaded.files if previous is not None else {}), previous)

    def match(self, record: EventRecord, time_ns: int) -> Hits:
        """Every rule that matches, with the silence that is active for it at *time_ns*."""
        try:
            candidates = self._selection.candidates(record)
        except Exception:  # a field cannot be read: rules that need it are reported below, the others still match
            candidates = self._selection.every(record)
        if not candidates:
            return NO_HITS
        hits: list[Hit] = []
        failed: list[tuple[str, str]] = []
        for candidate in candidates:
            try:
                if candidate.holds(record):
                    hits.append(_hit(candidate, record, time_ns) if candidate.silences else candidate.hit)
            except Exception as error:  # a rule that fails is skipped for this event
                failed.append((candidate.rule.id, f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]))
        return Hits(tuple(hits), tuple(failed)) if hits or failed else NO_HITS

    def matched(self, rule: Rule, record: EventRecord) -> tuple[Match, ...]:
        """The fields and values for which *rule* matches."""
        return matched_fields(rule, record)

    def filters_of(self, rule: Rule) -> tuple[Filter, ...]:
        """All filters that apply to *rule*, silences among them."""
        return self._filters.get(rule.id, ())

    def signal_values(self, ids: Iterable[str], record: EventRecord) -> dict[str, str]:
        """The values that correlations over the rules *ids* need from an event that these rules match."""
        return signal_values.read_values(self._wanted, ids, record)


def _hit(candidate: CompiledRule, record: EventRecord, time_ns: int) -> Hit:
    for each, passes in candidate.silences:
        if each.silence is not None and time_ns < each.silence.expires_ns and not passes(record):
            return Hit(candidate.rule, each)
    return candidate.hit


def _worst_first(candidate: CompiledRule) -> tuple[int, str]:
    return _LEVELS.index(candidate.rule.level), candidate.rule.id


def _referring_correlations(
    correlations: Iterable[Correlation], rules: Mapping[str, CompiledRule]
) -> dict[str, list[Correlation]]:
    """The correlations that refer to each rule directly, by rule id."""
    by_rule: dict[str, list[Correlation]] = {}
    for each in correlations:
        for id in each.rules:
            if id in rules:
                by_rule.setdefault(id, []).append(each)
    return by_rule


def _uncompiled(rule: Rule, error: ValueError) -> LoadProblem:
    return LoadProblem(file=rule.file, line=rule.line, text=str(error), rule=rule.id, code="compile")


def _hash(documents: Iterable[Document]) -> str:
    """The hash of all documents, independent of order and files."""
    parts = sorted(f"{type(each).__name__}\0{each.id}\0{each.hash or repr(each)}" for each in documents)
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()

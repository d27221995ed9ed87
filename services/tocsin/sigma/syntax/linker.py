"""Links documents: rejects duplicates, resolves references to ids, and sorts correlations by dependency."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tocsin.model.text import suggest
from tocsin.sigma.syntax.documents import Correlation, Document, Filter, Rule
from tocsin.sigma.syntax.parse_context import quoted
from tocsin.sigma.syntax.problems import Problem

_MOST_HINTS = 25
"""A suggestion costs up to a tenth of a second with thousands of names."""
_MOST_SHOWN = 8
"""Members of a cycle that a message names."""


class Linked(Struct, frozen=True, kw_only=True):
    """The documents that are active together."""

    rules: tuple[Rule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    """Each after those that it refers to; `rules` and `aliases` name ids."""
    filters: tuple[Filter, ...] = ()
    problems: tuple[Problem, ...] = ()


class _LinkError(Exception):
    """Why one document cannot be linked."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class _References:
    """Rules and correlations by id and by name."""

    def __init__(self, documents: Iterable[Rule | Correlation]) -> None:
        self._hints = 0
        self.by_id: dict[str, Rule | Correlation] = {}
        self.by_name: dict[str, list[Rule | Correlation]] = defaultdict(list)
        for document in documents:
            self.by_id[document.id] = document
            if document.name:
                self.by_name[document.name].append(document)

    def find(self, reference: str) -> Rule | Correlation:
        """The document that *reference* names."""
        document = self.by_id.get(reference)
        if document is not None:
            return document
        named = self.by_name.get(reference, [])
        if len(named) > 1:
            places = " and ".join(f"{document.file}:{document.line}" for document in named[:2])
            raise _LinkError(
                f"the name {quoted(reference)} belongs to several rules ({places}); use the id", "ambiguous"
            )
        if not named:
            raise _LinkError(
                f"{quoted(reference)} is not the id or name of a rule; {self._hint(reference)}", "unknown-rule"
            )
        return named[0]

    def _hint(self, reference: str) -> str:
        self._hints += 1
        if self._hints > _MOST_HINTS:
            return "check that its file is loaded"
        return suggest(reference, [*self.by_name, *self.by_id])


def link(documents: Iterable[Document]) -> Linked:
    """All *documents* that can be linked, and problems for the others; of duplicates the first one is used."""
    problems: list[Problem] = []
    unique = _unique(documents, problems)
    rules = [document for document in unique if isinstance(document, Rule)]
    written = [document for document in unique if isinstance(document, Correlation)]
    names = _References([*rules, *written])
    _warn_of_names(names, problems)
    correlations = _ordered(_resolved(written, names, problems), written, problems)
    filters = []
    for document in unique:
        if isinstance(document, Filter):
            try:
                filters.append(_filter(document, names))
            except _LinkError as refused:
                problems.append(_problem(document, str(refused), refused.code))
    return Linked(
        rules=tuple(rules), correlations=tuple(correlations), filters=tuple(filters), problems=tuple(problems)
    )


def _problem(document: Document, text: str, code: str, *, warning: bool = False) -> Problem:
    return Problem(
        file=document.file, line=document.line, column=1, text=text, rule=document.id, code=code, warning=warning
    )


def _unique(documents: Iterable[Document], problems: list[Problem]) -> list[Document]:
    """The first document of each id."""
    kept: dict[str, Document] = {}
    for document in documents:
        first = kept.setdefault(document.id, document)
        if first is document:
            continue
        same = bool(document.hash) and first.hash == document.hash
        fix = "remove one of the two" if same else "give it another id, created with `uuidgen`"
        what = "the same document" if same else f"the id {quoted(document.id)}"
        text = f"{what} exists already in {first.file}:{first.line}; {fix}"
        problems.append(_problem(document, text, "duplicate-id", warning=same))
    return list(kept.values())


def _warn_of_names(names: _References, problems: list[Problem]) -> None:
    for name, documents in names.by_name.items():
        for later in documents[1:]:
            first = documents[0]
            text = f"the name {quoted(name)} is also used in {first.file}:{first.line}; correlations cannot refer to it"
            problems.append(_problem(later, text, "duplicate-name", warning=True))


def _filter(document: Filter, names: _References) -> Filter:
    ids = []
    for reference in document.rules:
        document_ = names.find(reference)
        if isinstance(document_, Correlation):
            raise _LinkError(
                f"{quoted(reference)} is a correlation, but a filter applies to rules; name its rules", "filter"
            )
        ids.append(document_.id)
    return replace(document, rules=tuple(dict.fromkeys(ids)))


def _resolved(
    correlations: Iterable[Correlation], names: _References, problems: list[Problem]
) -> dict[str, Correlation]:
    """The correlations with valid references, by id."""
    resolved: dict[str, Correlation] = {}
    for document in correlations:
        try:
            ids = {reference: names.find(reference).id for reference in document.rules}
            if len(set(ids.values())) < len(ids):
                raise _LinkError("a rule appears twice, by its id and by its name; remove one", "correlation")
        except _LinkError as refused:
            problems.append(_problem(document, f"correlation.rules: {refused}", refused.code))
            continue
        aliases = {alias: {ids[rule]: of[rule] for rule in of} for alias, of in document.aliases.items()}
        resolved[document.id] = replace(document, rules=tuple(ids.values()), aliases=aliases)
    return resolved


def _ordered(
    resolved: Mapping[str, Correlation], written: Iterable[Correlation], problems: list[Problem]
) -> list[Correlation]:
    """Each after those that it refers to; an error for those in a cycle, and for those that refer to a rejected one."""
    ids = {document.id for document in written}
    waiting = {id: {rule for rule in document.rules if rule in ids} for id, document in resolved.items()}
    users: dict[str, list[str]] = defaultdict(list)
    for id, references in waiting.items():
        for rule in references:
            users[rule].append(id)
    ready = deque(id for id, references in waiting.items() if not references)
    order = []
    while ready:
        id = ready.popleft()
        order.append(resolved[id])
        for user in users[id]:
            waiting[user].discard(id)
            if not waiting[user]:
                ready.append(user)
    next_of = {id: min(references) for id, references in waiting.items() if references}
    cycles = _cycles(next_of)
    problems.extend(_problem(resolved[id], *_why(id, next_of, cycles[id], resolved)) for id in next_of)
    return order


def _cycles(next_of: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The cycle that each unresolved correlation leads to; empty if it leads to a rejected one."""
    cycles_: dict[str, frozenset[str]] = {}
    for start in next_of:
        path: dict[str, None] = {}
        at = start
        while at in next_of and at not in cycles_ and at not in path:
            path[at] = None
            at = next_of[at]
        members = list(path)
        cycle = frozenset(members[members.index(at) :]) if at in path else cycles_.get(at, frozenset())
        cycles_.update(dict.fromkeys(members, cycle))
    return cycles_


def _why(
    id: str, next_of: Mapping[str, str], cycle: frozenset[str], resolved: Mapping[str, Correlation]
) -> tuple[str, str]:
    """Why the correlation *id* cannot be ordered."""
    if id not in cycle:
        below = next_of[id]
        named = quoted(resolved[below].name or below) if below in resolved else quoted(below)
        return f"correlation.rules: {named} is not loaded; fix that one first", "refused-rule"
    path = [id]
    while next_of[path[-1]] != id and len(path) < _MOST_SHOWN:
        path.append(next_of[path[-1]])
    end = id if next_of[path[-1]] == id else ""
    names = " -> ".join([quoted(resolved[one].name or one) for one in path])
    names += f" -> {quoted(resolved[end].name or end)}" if end else " -> …"
    return f"correlation.rules: they form a cycle: {names}; remove one reference", "cycle"

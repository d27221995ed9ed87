"""Documents joined: duplicates refused, references resolved to ids, correlations in the order of their dependence."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tocsin.sigma.syntax.documents import Correlation, Document, Filter, Rule
from tocsin.sigma.syntax.parse_context import shown
from tocsin.sigma.syntax.problems import Problem
from tocsin.sigma.syntax.suggestions import hint

_MOST_HINTS = 25
"""Looking for what was meant costs up to a tenth of a second among thousands of names."""
_MOST_SHOWN = 8
"""Members of a circle that a message names."""


class Linked(Struct, frozen=True, kw_only=True):
    """What judges together."""

    rules: tuple[Rule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    """Each after those that it refers to; `rules` and `aliases` name ids."""
    filters: tuple[Filter, ...] = ()
    problems: tuple[Problem, ...] = ()


class _Refused(Exception):
    """Why one document cannot be linked."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class _Names:
    """By id and by name, what documents may refer to."""

    def __init__(self, documents: Iterable[Rule | Correlation]) -> None:
        self._hints = 0
        self.by_id: dict[str, Rule | Correlation] = {}
        self.by_name: dict[str, list[Rule | Correlation]] = defaultdict(list)
        for document in documents:
            self.by_id[document.id] = document
            if document.name:
                self.by_name[document.name].append(document)

    def find(self, reference: str) -> Rule | Correlation:
        """What *reference* means."""
        found = self.by_id.get(reference)
        if found is not None:
            return found
        named = self.by_name.get(reference, [])
        if len(named) > 1:
            places = " and ".join(f"{document.file}:{document.line}" for document in named[:2])
            raise _Refused(f"the name {shown(reference)} is that of several rules ({places}); use the id", "ambiguous")
        if not named:
            raise _Refused(f"{shown(reference)} is no rule's id or name; {self._hint(reference)}", "unknown-rule")
        return named[0]

    def _hint(self, reference: str) -> str:
        self._hints += 1
        if self._hints > _MOST_HINTS:
            return "is its file loaded?"
        return hint(reference, [*self.by_name, *self.by_id])


def link(documents: Iterable[Document]) -> Linked:
    """All of *documents* that can judge together, and why the others cannot; the order of the input counts."""
    problems: list[Problem] = []
    unique = _unique(documents, problems)
    rules = [document for document in unique if isinstance(document, Rule)]
    written = [document for document in unique if isinstance(document, Correlation)]
    names = _Names([*rules, *written])
    _warn_of_names(names, problems)
    correlations = _ordered(_resolved(written, names, problems), written, problems)
    filters = []
    for document in unique:
        if isinstance(document, Filter):
            try:
                filters.append(_filter(document, names))
            except _Refused as refused:
                problems.append(_problem(document, str(refused), refused.code))
    return Linked(
        rules=tuple(rules), correlations=tuple(correlations), filters=tuple(filters), problems=tuple(problems)
    )


def _problem(document: Document, text: str, code: str, *, warning: bool = False) -> Problem:
    return Problem(
        file=document.file, line=document.line, column=1, text=text, rule=document.id, code=code, warning=warning
    )


def _unique(documents: Iterable[Document], problems: list[Problem]) -> list[Document]:
    """Without the later ones of an id."""
    kept: dict[str, Document] = {}
    for document in documents:
        first = kept.setdefault(document.id, document)
        if first is document:
            continue
        same = bool(document.hash) and first.hash == document.hash
        fix = "remove one of the two" if same else "give it another one, made with `uuidgen`"
        what = "the same document" if same else f"the id {shown(document.id)}"
        text = f"{what} stands in {first.file}:{first.line} already; {fix}"
        problems.append(_problem(document, text, "duplicate-id", warning=same))
    return list(kept.values())


def _warn_of_names(names: _Names, problems: list[Problem]) -> None:
    for name, documents in names.by_name.items():
        for later in documents[1:]:
            first = documents[0]
            text = f"the name {shown(name)} is that of {first.file}:{first.line}, too; correlations cannot refer to it"
            problems.append(_problem(later, text, "duplicate-name", warning=True))


def _filter(document: Filter, names: _Names) -> Filter:
    ids = []
    for reference in document.rules:
        found = names.find(reference)
        if isinstance(found, Correlation):
            raise _Refused(f"{shown(reference)} is a correlation, and a filter acts on rules; name its rules", "filter")
        ids.append(found.id)
    return replace(document, rules=tuple(dict.fromkeys(ids)))


def _resolved(correlations: Iterable[Correlation], names: _Names, problems: list[Problem]) -> dict[str, Correlation]:
    """By id, those whose references are all known."""
    found: dict[str, Correlation] = {}
    for document in correlations:
        try:
            ids = {reference: names.find(reference).id for reference in document.rules}
            if len(set(ids.values())) < len(ids):
                raise _Refused("one rule stands there twice, by its id and by its name; remove one", "correlation")
        except _Refused as refused:
            problems.append(_problem(document, f"correlation.rules: {refused}", refused.code))
            continue
        aliases = {alias: {ids[rule]: of[rule] for rule in of} for alias, of in document.aliases.items()}
        found[document.id] = replace(document, rules=tuple(ids.values()), aliases=aliases)
    return found


def _ordered(
    resolved: Mapping[str, Correlation], written: Iterable[Correlation], problems: list[Problem]
) -> list[Correlation]:
    """Each after what it refers to; those in a cycle, and those that rest on a refused one, are refused."""
    ids = {document.id for document in written}
    waiting = {id: {rule for rule in document.rules if rule in ids} for id, document in resolved.items()}
    above: dict[str, list[str]] = defaultdict(list)
    for id, below in waiting.items():
        for rule in below:
            above[rule].append(id)
    ready = deque(id for id, below in waiting.items() if not below)
    order = []
    while ready:
        id = ready.popleft()
        order.append(resolved[id])
        for user in above[id]:
            waiting[user].discard(id)
            if not waiting[user]:
                ready.append(user)
    next_of = {id: min(below) for id, below in waiting.items() if below}
    circles = _circles(next_of)
    problems.extend(_problem(resolved[id], *_why(id, next_of, circles[id], resolved)) for id in next_of)
    return order


def _circles(next_of: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """For each that waits, the circle to which its chain leads; empty where it leads to a refused one."""
    found: dict[str, frozenset[str]] = {}
    for start in next_of:
        path: dict[str, None] = {}
        at = start
        while at in next_of and at not in found and at not in path:
            path[at] = None
            at = next_of[at]
        members = list(path)
        circle = frozenset(members[members.index(at) :]) if at in path else found.get(at, frozenset())
        found.update(dict.fromkeys(members, circle))
    return found


def _why(
    id: str, next_of: Mapping[str, str], circle: frozenset[str], resolved: Mapping[str, Correlation]
) -> tuple[str, str]:
    """Why the correlation *id* has no place in the order."""
    if id not in circle:
        below = next_of[id]
        named = shown(resolved[below].name or below) if below in resolved else shown(below)
        return f"correlation.rules: {named} is not loaded; repair that one first", "refused-rule"
    path = [id]
    while next_of[path[-1]] != id and len(path) < _MOST_SHOWN:
        path.append(next_of[path[-1]])
    end = id if next_of[path[-1]] == id else ""
    names = " -> ".join([shown(resolved[one].name or one) for one in path])
    names += f" -> {shown(resolved[end].name or end)}" if end else " -> …"
    return f"correlation.rules: they refer to one another in a circle: {names}; take one out", "cycle"

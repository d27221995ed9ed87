"""The values of an event that correlations need: what they group by, or count."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.syntax.documents import Correlation

_WHOLE_CHARACTERS = 512
"""A longer value becomes its beginning and a hash of the whole: it only has to differ from others."""
_HASH_BYTES = 8

ValueSources = Mapping[str, tuple[tuple[str, str], ...]]
"""The names of a rule's values, each with its field, by rule id."""


def value_sources(correlations: Sequence[Correlation]) -> ValueSources:
    """The values that *correlations* need from each rule, directly or through other correlations."""
    by_id = {each.id: each for each in correlations}
    sources: dict[str, dict[str, str]] = {}
    for each in correlations:
        for rule in _rules_below(each, by_id):
            names = sources.setdefault(rule, {})
            for name in (*each.group_by, *((each.field,) if each.field else ())):
                names.update(_named(each, name, rule, by_id))
    return {rule: tuple(names.items()) for rule, names in sources.items()}


def _rules_below(correlation: Correlation, by_id: Mapping[str, Correlation]) -> Iterator[str]:
    """The rules that it refers to, directly or through correlations; each once."""
    visited, waiting = set(), list(correlation.rules)
    while waiting:
        id = waiting.pop()
        if id in visited:
            continue
        visited.add(id)
        if id in by_id:
            waiting += by_id[id].rules
        else:
            yield id


def _named(each: Correlation, name: str, rule: str, by_id: Mapping[str, Correlation]) -> Iterator[tuple[str, str]]:
    """The names of the value *name* in a signal of *rule*, each with its field."""
    alias = each.aliases.get(name)
    if alias is None:
        yield name, name
        return
    for reference, field in alias.items():
        if reference == rule:
            yield f"{name}@{rule}", field
        elif reference in by_id and rule in set(_rules_below(by_id[reference], by_id)):
            for _, source in _named(by_id[reference], field, rule, by_id):
                yield f"{name}@{reference}", source


def read_values(wanted: ValueSources, ids: Iterable[str], record: EventRecord) -> dict[str, str]:
    """The values of *record* for its matching rules *ids*, without absent ones."""
    values_ = {}
    for id in ids:
        for name, field in wanted.get(id, ()):
            if name not in values_:
                texts = record.values(field)
                if texts:
                    values_[name] = _short(texts[0])
    return values_


def _short(text: str) -> str:
    if len(text) <= _WHOLE_CHARACTERS:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
    return f"{text[:_WHOLE_CHARACTERS]}…{digest}"

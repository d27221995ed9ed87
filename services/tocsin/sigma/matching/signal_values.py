"""What correlations need of an event that counts for them: the values that they group by or count."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.syntax.documents import Correlation

_WHOLE_CHARACTERS = 512
"""A longer value is told by its beginning and a hash of all: it only has to differ from others."""
_HASH_BYTES = 8

Wanted = Mapping[str, tuple[tuple[str, str], ...]]
"""Rule id to the names of the values it gives, each with the field it is from."""


def wanted(correlations: Sequence[Correlation]) -> Wanted:
    """For each rule that *correlations* refer to, what they and all above them want of it."""
    by_id = {each.id: each for each in correlations}
    found: dict[str, dict[str, str]] = {}
    for each in correlations:
        for rule in _rules_below(each, by_id):
            names = found.setdefault(rule, {})
            for name in (*each.group_by, *((each.field,) if each.field else ())):
                names.update(_named(each, name, rule, by_id))
    return {rule: tuple(names.items()) for rule, names in found.items()}


def _rules_below(correlation: Correlation, by_id: Mapping[str, Correlation]) -> Iterator[str]:
    """The rules that it rests on in the end; each once."""
    seen, left = set(), list(correlation.rules)
    while left:
        id = left.pop()
        if id in seen:
            continue
        seen.add(id)
        if id in by_id:
            left += by_id[id].rules
        else:
            yield id


def _named(each: Correlation, name: str, rule: str, by_id: Mapping[str, Correlation]) -> Iterator[tuple[str, str]]:
    """Under which names a signal of *rule* has the value *name* of a correlation, and from which field."""
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


def values(wanted: Wanted, ids: Iterable[str], record: EventRecord) -> dict[str, str]:
    """The values that *record* gives for its matched rules *ids*; without those that it does not have."""
    found = {}
    for id in ids:
        for name, field in wanted.get(id, ()):
            if name not in found:
                texts = record.values(field)
                if texts:
                    found[name] = _short(texts[0])
    return found


def _short(text: str) -> str:
    if len(text) <= _WHOLE_CHARACTERS:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
    return f"{text[:_WHOLE_CHARACTERS]}…{digest}"

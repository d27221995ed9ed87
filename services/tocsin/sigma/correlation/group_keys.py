"""Group keys: the values that a correlation groups by, and the short text under which state is stored."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from tocsin.model.signal import Signal
from tocsin.sigma.syntax.documents import Correlation

CLUSTER = "cluster"
"""Always part of a key."""
_ID_BYTES = 16
_VALUE_CHARACTERS = 1_024
"""A longer value becomes its beginning and a hash of the whole."""
_KEPT_CHARACTERS = 256
_KEY_CHARACTERS = 200
"""A longer key is stored as its hash, so that no container decides how much memory it takes."""
_BETWEEN = "\0"


class KeyReader:
    """Reads the values of a correlation from signals of one of its rules."""

    __slots__ = ("_groups", "_names", "_value")

    def __init__(self, correlation: Correlation, rule: str) -> None:
        self._groups = tuple(name for name in correlation.group_by if name != CLUSTER)
        self._names = tuple(_names(correlation, rule, name) for name in self._groups)
        self._value = _names(correlation, rule, correlation.field)

    def key(self, signal: Signal, over: Mapping[str, str]) -> dict[str, str] | None:
        """The key of *signal*; values of *over*, a child's key, take precedence. ``None`` if a value is missing."""
        key = {CLUSTER: signal.cluster}
        for group, names in zip(self._groups, self._names, strict=True):
            value = _find(names, signal.values, over)
            if value is None:
                return None
            key[group] = value if len(value) <= _VALUE_CHARACTERS else _short(value)
        return key

    def value(self, signal: Signal, over: Mapping[str, str]) -> str | None:
        """The value that a value_count counts."""
        return _find(self._value, signal.values, over)


def _names(correlation: Correlation, rule: str, name: str) -> tuple[str, str]:
    """The name in the signal's values (``<alias>@<rule>`` for an alias), and in the key of a child."""
    field = correlation.aliases.get(name, {}).get(rule)
    return (name, name) if field is None else (f"{name}@{rule}", field)


def _find(names: tuple[str, str], values: Mapping[str, str], over: Mapping[str, str]) -> str | None:
    name, field = names
    if over:
        if field in over:
            return over[field]
        return values.get(name, values.get(field))
    return values.get(name)


def key_token(key: Mapping[str, str]) -> str:
    """*key* as one short text; different keys with the same fields have different texts."""
    text = _BETWEEN.join(key.values())
    if len(text) <= _KEY_CHARACTERS and text.count(_BETWEEN) == len(key) - 1:
        return text
    return _BETWEEN + _digest(key.values())


def stored_key_token(correlation: Correlation, key: Mapping[str, str]) -> str | None:
    """The same for a stored key; ``None`` if the correlation groups by other fields now."""
    fields = (CLUSTER, *(name for name in correlation.group_by if name != CLUSTER))
    if len(fields) != len(key) or not all(field in key for field in fields):
        return None
    return key_token({field: key[field] for field in fields})


def firing_id(rule: str, key: Mapping[str, str], signal: str) -> str:
    """32 hex digits that depend only on the rule, the key and the completing signal."""
    pairs = (part for field in sorted(key) for part in (field, key[field]))
    return _digest((rule, signal, *pairs))


def _short(value: str) -> str:
    return f"{value[:_KEPT_CHARACTERS]}…{_digest((value,))}"


def _digest(parts: Iterable[str]) -> str:
    texts: Sequence[bytes] = [part.encode("utf-8", "surrogatepass") for part in parts]
    hasher = hashlib.blake2b(digest_size=_ID_BYTES, person=b"tocsin.corr")
    for text in texts:
        hasher.update(b"%d:" % len(text))
        hasher.update(text)
    return hasher.hexdigest()

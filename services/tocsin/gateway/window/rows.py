"""Rows of the live window: what a list shows of an alert, split into its own fields and those that many rows share."""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from sys import getsizeof
from typing import Any

import msgspec
from msgspec import Struct

from tocsin.model.alert import Summary
from tocsin.model.alert_row import RowFields
from tocsin.model.errors import BadEvent
from tocsin.model.severity import WORST_FIRST, Severity
from tocsin.model.text import truncate
from tocsin.model.timestamps import MS_PER_S, NS_PER_MS, parse_ns

ARGUMENT_CHARACTERS = 256
TARGET_CHARACTERS = 256
NAME_CHARACTERS = 256
LATE_S = 60
"""An alert that arrives later than this is marked."""

_INDEX = {severity: index for index, severity in enumerate(WORST_FIRST)}
_EMPTY = RowFields(severity=Severity.LOW, techniques=(), title="", fingerprint="", silenced=False)
_FIELDS = tuple(name for name in RowFields.__struct_fields__ if name not in ("severity", "rules", "silenced"))
"""The shared fields that are a field of the alert, unchanged but for their length."""
_LISTS = tuple(name for name in _FIELDS if isinstance(getattr(_EMPTY, name), tuple))
_TEXTS = tuple(name for name in _FIELDS if name not in _LISTS)
_read_all, _read_texts = attrgetter(*_FIELDS), attrgetter(*_TEXTS)
_WIRE = {info.name: info.default for info in msgspec.structs.fields(RowFields)}
"""The shared fields, in the order of the JSON, and the value with which each is left out."""
_LISTED = 32
_ROW_BYTES, _SHAPE_BYTES = 280, 200
_SHARED_CHARACTERS = 48
"""A longer name is counted as one that no other row has."""
_SHAPES = 10_000
_KNOWN_TEXTS = 20_000

_encode = msgspec.json.Encoder().encode


class SharedFields(RowFields):
    """The fields that many rows share; rows that differ only in arguments, target and time share one object."""

    index: int
    """Position of the severity in `SEVERITIES`: 0 is critical."""
    cost: int = 0
    """Estimated memory, bytes."""
    tail: bytes = b""
    """Its part of the row's JSON, from the first comma to the brace; empty until a client needs it."""

    @property
    def urgent(self) -> bool:
        """Whether such a row is sent at once."""
        return self.index <= 1


class Row(Struct, frozen=True, eq=False, gc=False):
    """One alert in the live window: the fields of `AlertRow` that are its own, and those that it shares."""

    seq: int
    t: int
    late_s: int
    id: str
    arguments: str
    target: str
    shape: SharedFields

    @property
    def cost(self) -> int:
        """Estimated memory without the shared fields, bytes."""
        return _ROW_BYTES + getsizeof(self.arguments) + getsizeof(self.target)


class RowFactory:
    """Builds rows; rows with the same shared fields share one object for them."""

    def __init__(self, limit: int = _SHAPES) -> None:
        """At *limit* shared objects it forgets all of them, so that a flood of new names cannot fill the memory."""
        self._limit = limit
        self._known: dict[tuple[object, ...], SharedFields] = {}
        self._texts: dict[str, str] = {}

    def row(self, seq: int, alert: Summary) -> Row:
        """The row of an alert; `BadEvent` if its times cannot be read."""
        t = _ms(alert.time)
        late_s = max(0, _ms(alert.received) - t) // MS_PER_S
        return Row(
            seq,
            t,
            late_s if late_s > LATE_S else 0,
            alert.id,
            self._unique(truncate(alert.arguments, ARGUMENT_CHARACTERS)),
            self._unique(truncate(alert.target, TARGET_CHARACTERS)),
            self._shape(alert),
        )

    def _unique(self, text: str) -> str:
        """One object for equal texts, while there are not too many different ones."""
        if len(self._texts) >= _KNOWN_TEXTS:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def _shape(self, alert: Summary) -> SharedFields:
        rules = tuple([rule.id for rule in alert.rules]) if alert.rules else ()
        key = (alert.severity, rules, alert.silenced_by != "", _read_all(alert))
        shape = self._known.get(key)
        if shape is None:
            if len(self._known) >= self._limit:
                self._known.clear()
            shape = self._known[key] = _shape(alert, rules, self._unique)
        return shape


def encode(row: Row, n: int = 1) -> bytes:
    """The row as JSON; *n* is the number of alerts that it stands for. Fields without a value are left out."""
    parts = [b'{"id":', _encode(row.id), b',"seq":%d,"t":%d,"n":%d' % (row.seq, row.t, n)]
    if row.arguments:
        parts += (b',"arguments":', _encode(row.arguments))
    if row.target:
        parts += (b',"target":', _encode(row.target))
    if row.late_s:
        parts.append(b',"late_s":%d' % row.late_s)
    parts.append(row.shape.tail or _tail(row.shape))
    return b"".join(parts)


def newest_first(row: Row) -> tuple[int, int]:
    """Sort key: newest first, ties by sequence, so that all gateways agree."""
    return -row.t, -row.seq


def _shape(alert: Summary, rules: tuple[str, ...], unique: Callable[[str], str]) -> SharedFields:
    most = NAME_CHARACTERS
    texts = [unique(text if len(text) <= most else truncate(text, most)) for text in _read_texts(alert)]
    fields: dict[str, Any] = dict(zip(_TEXTS, texts, strict=True))
    for name, values in (("rules", rules), *((name, getattr(alert, name)) for name in _LISTS)):
        fields[name] = tuple([unique(truncate(text, most)) for text in values[:_LISTED]])
        texts += fields[name]
    severity = alert.severity
    shape = SharedFields(severity=severity, index=_INDEX[severity], silenced=alert.silenced_by != "", **fields)
    rarely_shared = {shape.fingerprint, shape.process}
    rarely_shared.update([text for text in texts if len(text) > _SHARED_CHARACTERS])
    shape.cost = _SHAPE_BYTES + sum(map(getsizeof, rarely_shared))
    return shape


def _tail(shape: SharedFields) -> bytes:
    fields = {name: value for name, default in _WIRE.items() if (value := getattr(shape, name)) != default}
    shape.tail = b"," + _encode(fields)[1:]
    return shape.tail


def _ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time; the seconds are looked up, since many alerts share one."""
    if text[19:20] == "." and text[-1] == "Z" and text[20:23].isdecimal():
        return _second_ms(text[:19]) + int(text[20:23])
    return _any_ms(text)


@lru_cache(maxsize=4096)
def _second_ms(second: str) -> int:
    return _any_ms(f"{second}Z")


def _any_ms(text: str) -> int:
    ns = parse_ns(text)
    if ns is None:
        raise BadEvent(f"{text[:40]!r} is not an RFC 3339 time")
    return ns // NS_PER_MS

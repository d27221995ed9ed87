"""A row: what a list shows of one alert, split into what it shares with its like and what is its own."""

from collections.abc import Callable
from functools import lru_cache
from sys import getsizeof

import msgspec
from msgspec import Struct

from tocsin.model.alert import Summary
from tocsin.model.errors import BadEvent
from tocsin.model.event import KINDS
from tocsin.model.severity import WORST_FIRST, Severity
from tocsin.model.text import truncate
from tocsin.model.timestamps import MS_PER_S, NS_PER_MS, parse_ns

ARGUMENT_CHARACTERS = 256
TARGET_CHARACTERS = 256
NAME_CHARACTERS = 256
LATE_S = 60
"""An alert that came later than this is marked."""

_INDEX = {severity: index for index, severity in enumerate(WORST_FIRST)}
_KEYS = {kind: key for key, kind in KINDS.items()}
_LISTED = 32
_ROW_BYTES, _SHAPE_BYTES = 280, 200
_SHARED_CHARACTERS = 48
"""A longer name is not taken for one that many shapes share."""
_SHAPES = 10_000
_TEXTS = 20_000

_encode = msgspec.json.Encoder().encode


class SharedFields(Struct, kw_only=True, eq=False, gc=False):
    """What many rows have in common; rows that differ in arguments, target and time alone share one."""

    sev: Severity
    index: int
    """Place of the severity in `SEVERITIES`: 0 is critical."""
    fp: str
    rule: str
    rules: tuple[str, ...]
    title: str
    bin: str
    event: str
    fn: str
    ns: str
    wl: str
    pod: str
    node: str
    container: str
    att: tuple[str, ...]
    silenced: bool
    cost: int = 0
    """About how many bytes of memory it takes."""
    tail: bytes = b""
    """Its part of the row's JSON, from the first comma to the brace, once it was needed."""

    @property
    def text(self) -> str:
        """What free text is looked for in, lower case; made anew each time, since most shapes are never searched."""
        words = (
            self.bin, self.title, *self.rules, self.ns, self.wl, self.pod, self.node, self.container, self.event,
            self.fn, *self.att,
        )  # fmt: skip
        return "\n".join(words).lower()

    @property
    def urgent(self) -> bool:
        """Whether a row of it cuts the frame at once."""
        return self.index <= 1


class Row(Struct, frozen=True, eq=False, gc=False):
    """One alert in the live window."""

    seq: int
    """In ALERTS."""
    t: int
    """Its time, milliseconds since 1970."""
    late_s: int
    """Whole seconds between its time and its arrival, where that is more than `LATE_S`; else 0."""
    id: str
    args: str
    target: str
    shape: SharedFields

    @property
    def cost(self) -> int:
        """About how many bytes of memory it takes besides its shape."""
        return _ROW_BYTES + getsizeof(self.args) + getsizeof(self.target)


class RowFactory:
    """Makes rows, and lets equal shapes be one object."""

    def __init__(self, limit: int = _SHAPES) -> None:
        """At *limit* it forgets them all: rows keep their own, and no stream of new names can fill the memory."""
        self._limit = limit
        self._known: dict[tuple[object, ...], SharedFields] = {}
        self._texts: dict[str, str] = {}

    def row(self, seq: int, alert: Summary) -> Row:
        """The row of one alert; `BadEvent` where its times cannot be read."""
        t = _ms(alert.time)
        late_s = max(0, _ms(alert.received) - t) // MS_PER_S
        return Row(
            seq,
            t,
            late_s if late_s > LATE_S else 0,
            alert.id,
            self._one(truncate(alert.arguments, ARGUMENT_CHARACTERS)),
            self._one(truncate(alert.target, TARGET_CHARACTERS)),
            self._shape(alert),
        )

    def _one(self, text: str) -> str:
        """One object for equal texts, as long as there are not too many different ones."""
        if len(self._texts) >= _TEXTS:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def _shape(self, alert: Summary) -> SharedFields:
        rules = tuple([rule.id for rule in alert.rules]) if alert.rules else ()
        key = (
            alert.severity, alert.fingerprint, rules, alert.title, alert.process, alert.kind, alert.event_type,
            alert.namespace, alert.workload, alert.pod, alert.node, alert.container, alert.techniques,
            bool(alert.silenced_by),
        )  # fmt: skip
        shape = self._known.get(key)
        if shape is None:
            if len(self._known) >= self._limit:
                self._known.clear()
            shape = self._known[key] = _shape(alert, rules, self._one)
        return shape


def encode(row: Row, n: int = 1) -> bytes:
    """The row as JSON; *n* is how many alerts it stands for. Fields without a value are left out."""
    parts = [b'{"id":', _encode(row.id), b',"seq":%d,"t":%d,"n":%d' % (row.seq, row.t, n)]
    if row.args:
        parts += (b',"args":', _encode(row.args))
    if row.target:
        parts += (b',"target":', _encode(row.target))
    if row.late_s:
        parts.append(b',"late_s":%d' % row.late_s)
    parts.append(row.shape.tail or _tail(row.shape))
    return b"".join(parts)


def event_key(kind: str) -> str:
    """The event's key as Tetragon writes it: ``process_exec`` for ``exec``; what is no event of its, as it is."""
    return _KEYS.get(kind, kind)


def newest_first(row: Row) -> tuple[int, int]:
    """Sort key: by time, ties by sequence, newest first, so that any two gateways agree."""
    return -row.t, -row.seq


class _Wire(Struct, omit_defaults=True):
    """The shared part as it is written; `RowAnswer` in ``answers`` describes the whole."""

    fp: str
    sev: Severity
    title: str
    att: tuple[str, ...]
    silenced: bool
    rule: str = ""
    rules: tuple[str, ...] = ()
    bin: str = ""
    event: str = ""
    fn: str = ""
    ns: str = ""
    wl: str = ""
    pod: str = ""
    node: str = ""
    container: str = ""


def _shape(alert: Summary, rules: tuple[str, ...], one: Callable[[str], str]) -> SharedFields:
    def cut(text: str) -> str:
        return one(truncate(text, NAME_CHARACTERS))

    shape = SharedFields(
        sev=alert.severity,
        index=_INDEX[alert.severity],
        fp=cut(alert.fingerprint),
        rule=cut(rules[0]) if rules else "",
        rules=tuple(map(cut, rules[:_LISTED])),
        title=cut(alert.title),
        bin=cut(alert.process),
        event=cut(event_key(alert.kind)),
        fn=cut(alert.event_type),
        ns=cut(alert.namespace),
        wl=cut(alert.workload),
        pod=cut(alert.pod),
        node=cut(alert.node),
        container=cut(alert.container),
        att=tuple(map(cut, alert.techniques[:_LISTED])),
        silenced=bool(alert.silenced_by),
    )
    names = (
        shape.title, shape.event, shape.fn, shape.ns, shape.wl, shape.pod, shape.node, shape.container, *shape.rules,
        *shape.att,
    )  # fmt: skip
    shape.cost = _SHAPE_BYTES + getsizeof(shape.fp) + getsizeof(shape.bin)
    shape.cost += sum(getsizeof(name) for name in names if len(name) > _SHARED_CHARACTERS)
    return shape


def _tail(shape: SharedFields) -> bytes:
    fields = {name: getattr(shape, name) for name in _Wire.__struct_fields__}
    wire = _Wire(**{**fields, "rules": shape.rules if len(shape.rules) > 1 else ()})
    shape.tail = b"," + _encode(wire)[1:]
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
        raise BadEvent(f"{text[:40]!r} is no RFC 3339 time")
    return ns // NS_PER_MS

"""Replaces secrets in a line by ``*****`` before it is published; every other byte stays as it was. Pure."""

import base64
import binascii
import re

from msgspec import Struct

from tocsin.collector.redaction import clients, secret_patterns
from tocsin.collector.redaction.custom_patterns import CustomPatterns
from tocsin.collector.redaction.escapes import views
from tocsin.collector.redaction.event_fields import EventField, event_fields
from tocsin.collector.redaction.finder import MOST_SECRETS, Secret, TooManySecrets, find, whole
from tocsin.collector.redaction.json_strings import unescaped

MARK = b"*****"
"""What stands for a secret, as in Tetragon's own redaction."""
BYTES_MARK = base64.b64encode(MARK)
"""What stands for base64 that held one: it still decodes."""

_IN_JSON = rb"(?i:\"key\"\s*:\s*\"[^\"]*" + secret_patterns.ENDS + rb")|\\u00(?:[2-7]|0[9aAdD])|\\/|"
_SUSPECT = secret_patterns.compiled(_IN_JSON + secret_patterns.SUSPECTS, captures=False)
_ANY = secret_patterns.compiled(
    _IN_JSON + secret_patterns.SUSPECTS + rb"|bytes_arg\"\s*:\s*\"[^\"]|" + clients.RAW, captures=False
)
_BYTES = re.compile(rb'bytes_arg"\s*:\s*"([^"]+)"')
_LONG_TEXT = 1_000
"""Bytes from which on a text is taken for one that the kernel's limits may have cut."""
_GZIP = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
_OF_COMMAND = re.compile(rb"[\s\"']")
"""A program and its option have one of these between them."""
_ENCODED = re.compile(rb"bytes_arg\W{1,12}?([A-Za-z0-9+/]{2,}={0,2})")


class Redacted(Struct, frozen=True):
    """A line that may be published."""

    raw: bytes
    found: dict[str, int] = {}
    """How many values were replaced, by class."""

    @property
    def count(self) -> int:
        """How many values were replaced."""
        return sum(self.found.values())


class Unreadable(ValueError):
    """Bytes that cannot be looked at, compressed ones for example."""


class Redactor:
    """Redacts with the built-in expressions and the operator's own."""

    def __init__(self, own: CustomPatterns | None = None) -> None:
        """*own*: further patterns, see `own.parse`."""
        self._own = own or CustomPatterns()

    def event(self, raw: bytes) -> Redacted:
        """*raw*, an event, without its secrets; the same bytes where it has none. `TooMany` is raised."""
        if not self._suspects(raw):
            return Redacted(raw)
        changes: list[tuple[int, int, bytes]] = []
        counts: dict[str, int] = {}
        for place in event_fields(raw):
            for begin, end, kind in self._look(raw, place):
                changes.append((begin, end, BYTES_MARK if place.how == "bytes" else MARK))
                counts[kind] = counts.get(kind, 0) + 1
            if len(changes) > MOST_SECRETS:
                raise TooManySecrets(f"more than {MOST_SECRETS:,} secrets in one line")
        return Redacted(_replaced(raw, changes), counts) if changes else Redacted(raw)

    def _suspects(self, raw: bytes) -> bool:
        """Whether *raw* may hold a secret: never false where it does. Most lines are through here."""
        if _ANY.search(raw) is None:
            return self._own.suspects(raw)
        if _SUSPECT.search(raw) is not None or clients.suspects(raw) or self._own.suspects(raw):
            return True
        return any(self._encoded(match[1].replace(b"\\/", b"/")) for match in _BYTES.finditer(raw))

    def text(self, raw: bytes) -> Redacted:
        """*raw*, no event and perhaps cut anywhere, without its secrets; `Unreadable` or `TooMany` is raised."""
        if raw.startswith(_GZIP):
            raise Unreadable("compressed bytes cannot be looked at")
        found: list[Secret] = []
        for view in views(raw):
            for begin, end, kind in find(view.plain, self._own, cut=True):
                found.append((*view.written(begin, end), kind))
            encoded = ((match, self._encoded(match[1])) for match in _ENCODED.finditer(view.plain))
            found += [(*view.written(*match.span(1)), kind) for match, kind in encoded if kind]
        counts: dict[str, int] = {}
        changes: list[tuple[int, int, bytes]] = []
        for begin, end, kind in sorted(found):
            if changes and begin < changes[-1][1]:
                changes[-1] = (changes[-1][0], max(end, changes[-1][1]), MARK)
            else:
                changes.append((begin, end, MARK))
                counts[kind] = counts.get(kind, 0) + 1
        return Redacted(_replaced(raw, changes), counts) if changes else Redacted(raw)

    def _look(self, raw: bytes, place: EventField) -> list[Secret]:
        inside = raw[place.begin : place.end]
        if place.how == "bytes":
            kind = self._encoded(inside.replace(b"\\/", b"/"))
            return [(place.begin, place.end, kind)] if kind else []
        text = unescaped(inside) if b"\\" in inside else None
        plain = inside if text is None else text.plain
        found = self._found(plain, place)
        if text is not None:
            found = [(*text.written(begin, end), kind) for begin, end, kind in found]
        return [(place.begin + begin, place.begin + end, kind) for begin, end, kind in found]

    def _found(self, plain: bytes, place: EventField) -> list[Secret]:
        cut = len(plain) >= _LONG_TEXT
        if place.how == "path":
            return self._in_path(plain)
        if place.how == "value":
            name = unescaped(place.context).plain
            if whole(name, plain):
                return [(0, len(plain), "named")]
            return find(plain, self._own, cut=cut)
        program = unescaped(place.context).plain.rpartition(b"/")[2]
        return find(plain, self._own, program=program, cut=cut)

    def _in_path(self, path: bytes) -> list[Secret]:
        """Each name alone: what stands in one must not hide the next, by which a rule knows the program."""
        if not len(self._own) and secret_patterns.SUSPECT.search(path) is None and _OF_COMMAND.search(path) is None:
            return []
        found: list[Secret] = []
        at = 0
        for name in path.split(b"/"):
            found += [(at + begin, at + end, kind) for begin, end, kind in find(name, self._own)]
            at += len(name) + 1
        return found

    def _encoded(self, text: bytes) -> str:
        """The class of a secret in base64, which may be cut; empty where there is none."""
        try:
            plain = base64.b64decode(text.rstrip(b"=")[: len(text.rstrip(b"=")) // 4 * 4 or None])
        except binascii.Error:
            return ""
        found = find(plain, self._own, cut=True)
        return found[0][2] if found else ""


def _replaced(raw: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    parts: list[bytes] = []
    at = 0
    for begin, end, mark in sorted(changes):
        parts += (raw[at:begin], mark)
        at = end
    parts.append(raw[at:])
    return b"".join(parts)

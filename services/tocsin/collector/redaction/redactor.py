"""Replaces secrets in a line by ``*****`` before it is published; no other byte changes. Pure."""

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
"""Replaces a secret, as in Tetragon's own redaction."""
BYTES_MARK = base64.b64encode(MARK)
"""Replaces base64 with a secret; it can still be decoded."""

_IN_JSON = rb"(?i:\"key\"\s*:\s*\"[^\"]*" + secret_patterns.ENDS + rb")|\\u00(?:[2-7]|0[9aAdD])|\\/|"
_SUSPECT = secret_patterns.compiled(_IN_JSON + secret_patterns.SUSPECTS, captures=False)
_ANY = secret_patterns.compiled(
    _IN_JSON + secret_patterns.SUSPECTS + rb"|bytes_arg\"\s*:\s*\"[^\"]|" + clients.RAW, captures=False
)
_BYTES = re.compile(rb'bytes_arg"\s*:\s*"([^"]+)"')
_LONG_TEXT = 1_000
"""A text of this many bytes may have been cut by the kernel's limits."""
_GZIP = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
_SEPARATOR = re.compile(rb"[\s\"']")
"""One of these is between a program and its option."""
_ENCODED = re.compile(rb"bytes_arg\W{1,12}?([A-Za-z0-9+/]{2,}={0,2})")


class Redacted(Struct, frozen=True):
    """A line that may be published."""

    raw: bytes
    by_class: dict[str, int] = {}
    """Number of replaced values, by class."""

    @property
    def count(self) -> int:
        """Number of replaced values."""
        return sum(self.by_class.values())


class Unreadable(ValueError):
    """Bytes that cannot be searched, for example compressed ones."""


class Redactor:
    """Redacts with the built-in patterns and the operator's patterns."""

    def __init__(self, custom: CustomPatterns | None = None) -> None:
        """*custom*: further patterns, see `custom_patterns.parse`."""
        self._custom = custom or CustomPatterns()

    def event(self, raw: bytes) -> Redacted:
        """*raw*, an event, without its secrets; may raise `TooManySecrets`."""
        if not self._suspects(raw):
            return Redacted(raw)
        changes: list[tuple[int, int, bytes]] = []
        counts: dict[str, int] = {}
        for field in event_fields(raw):
            for begin, end, kind in self._secrets(raw, field):
                changes.append((begin, end, BYTES_MARK if field.format == "bytes" else MARK))
                counts[kind] = counts.get(kind, 0) + 1
            if len(changes) > MOST_SECRETS:
                raise TooManySecrets(f"more than {MOST_SECRETS:,} secrets in one line")
        return Redacted(_replaced(raw, changes), counts) if changes else Redacted(raw)

    def _suspects(self, raw: bytes) -> bool:
        """Whether *raw* may contain a secret; never false if it does. For most lines this is the only check."""
        if _ANY.search(raw) is None:
            return self._custom.suspects(raw)
        if _SUSPECT.search(raw) is not None or clients.suspects(raw) or self._custom.suspects(raw):
            return True
        return any(self._encoded(match[1].replace(b"\\/", b"/")) for match in _BYTES.finditer(raw))

    def text(self, raw: bytes) -> Redacted:
        """*raw*, not an event and possibly cut, without its secrets; may raise `Unreadable` or `TooManySecrets`."""
        if raw.startswith(_GZIP):
            raise Unreadable("compressed bytes cannot be searched")
        secrets: list[Secret] = []
        for view in views(raw):
            for begin, end, kind in find(view.plain, self._custom, cut=True):
                secrets.append((*view.written(begin, end), kind))
            encoded = ((match, self._encoded(match[1])) for match in _ENCODED.finditer(view.plain))
            secrets += [(*view.written(*match.span(1)), kind) for match, kind in encoded if kind]
        counts: dict[str, int] = {}
        changes: list[tuple[int, int, bytes]] = []
        for begin, end, kind in sorted(secrets):
            if changes and begin < changes[-1][1]:
                changes[-1] = (changes[-1][0], max(end, changes[-1][1]), MARK)
            else:
                changes.append((begin, end, MARK))
                counts[kind] = counts.get(kind, 0) + 1
        return Redacted(_replaced(raw, changes), counts) if changes else Redacted(raw)

    def _secrets(self, raw: bytes, field: EventField) -> list[Secret]:
        """The secrets in one string of *raw*."""
        content = raw[field.begin : field.end]
        if field.format == "bytes":
            kind = self._encoded(content.replace(b"\\/", b"/"))
            return [(field.begin, field.end, kind)] if kind else []
        text = unescaped(content) if b"\\" in content else None
        plain = content if text is None else text.plain
        secrets = self._plain_secrets(plain, field)
        if text is not None:
            secrets = [(*text.written(begin, end), kind) for begin, end, kind in secrets]
        return [(field.begin + begin, field.begin + end, kind) for begin, end, kind in secrets]

    def _plain_secrets(self, plain: bytes, field: EventField) -> list[Secret]:
        """The secrets in the string without escapes."""
        cut = len(plain) >= _LONG_TEXT
        if field.format == "path":
            return self._path_secrets(plain)
        if field.format == "value":
            name = unescaped(field.context).plain
            if whole(name, plain):
                return [(0, len(plain), "named")]
            return find(plain, self._custom, cut=cut)
        program = unescaped(field.context).plain.rpartition(b"/")[2]
        return find(plain, self._custom, program=program, cut=cut)

    def _path_secrets(self, path: bytes) -> list[Secret]:
        """The secrets in each name of the path; a secret in one must not hide the next, which rules may need."""
        if not len(self._custom) and secret_patterns.SUSPECT.search(path) is None and _SEPARATOR.search(path) is None:
            return []
        secrets: list[Secret] = []
        at = 0
        for name in path.split(b"/"):
            secrets += [(at + begin, at + end, kind) for begin, end, kind in find(name, self._custom)]
            at += len(name) + 1
        return secrets

    def _encoded(self, text: bytes) -> str:
        """The class of the secret in base64, which may be cut; empty if there is none."""
        try:
            plain = base64.b64decode(text.rstrip(b"=")[: len(text.rstrip(b"=")) // 4 * 4 or None])
        except binascii.Error:
            return ""
        secrets = find(plain, self._custom, cut=True)
        return secrets[0][2] if secrets else ""


def _replaced(raw: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    parts: list[bytes] = []
    at = 0
    for begin, end, mark in sorted(changes):
        parts += (raw[at:begin], mark)
        at = end
    parts.append(raw[at:])
    return b"".join(parts)

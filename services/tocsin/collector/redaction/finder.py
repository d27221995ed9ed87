"""Finds secrets in one text of any bytes: their spans, each with its class. Pure."""

import base64
import binascii
import re
from collections.abc import Iterator

from tocsin.collector.redaction import clients, secret_patterns
from tocsin.collector.redaction.custom_patterns import CustomPatterns
from tocsin.collector.redaction.secret_patterns import Expression
from tocsin.collector.redaction.value_bounds import ValueReader, harmless, redacted

Secret = tuple[int, int, str]
"""Begin, end, one of `CLASSES`."""

CLASSES = ("named", "header", "url", "option", "token", "jwt", "cloud", "key", "own")
MOST_SECRETS = 20_000
"""In one line."""

_PATTERNS: tuple[tuple[str, Expression], ...] = (
    ("key", secret_patterns.KEY),
    ("jwt", secret_patterns.JWT),
    ("cloud", secret_patterns.CLOUD),
    ("token", secret_patterns.TOKEN),
    ("url", secret_patterns.URL),
    ("url", secret_patterns.QUERY),
    ("option", secret_patterns.SQL),
)
_CUT: tuple[tuple[str, Expression], ...] = (
    ("cloud", secret_patterns.CLOUD_CUT),
    ("token", secret_patterns.TOKEN_CUT),
    ("url", secret_patterns.URL_CUT),
)
_SHORT_NAME = 4
_BASE64_SIGNS = (b"/", b"+")
"""A short name after one of these is more likely a part of base64."""
_SCRIPT = re.compile(rb"(?:^|\s)-[A-Za-z]*c[ \t]+[\"']")
"""The beginning of a quoted command, whose first word may be an assignment."""
_JWT_START = b"eyJ"
_WEB_TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_.-]*)+")
_QUOTES = (b'"', b"'")
_WITHOUT_VALUE = (b"--ask", b"--no-", b"ask-", b"ask_")
_PASSWORDS = (b"password", b"passwd", b"passphrase")
_LOWER_CASE_LENGTH = 20
"""A word of this length after ``bearer`` is a token even if it is all lower case."""


class TooManySecrets(ValueError):
    """One line has more than `MOST_SECRETS`."""


def find(text: bytes, custom: CustomPatterns, *, program: bytes = b"", cut: bool = False) -> list[Secret]:
    """The secrets of *text*, in order and without overlaps; may raise `TooManySecrets`.

    *text* are the arguments of *program*; if *cut*, it may end within a secret.
    """
    secrets: list[Secret] = []
    if secret_patterns.SUSPECT.search(text) is not None:
        for parts in (_matching(text, _PATTERNS), _named(text, cut=cut), _headers(text, cut=cut)):
            _add(secrets, parts)
    command = program + b" " + text if program else text
    if clients.CLIENT.search(command) is not None:
        shift = len(command) - len(text)
        options = clients.options(command, cut=cut)
        _add(secrets, ((begin - shift, end - shift, "option") for begin, end in options if begin >= shift))
    if cut:
        _add(secrets, _matching(text, _CUT))
    _add(secrets, ((begin, end, "own") for begin, end in custom.find(text)))
    return _merged(text, secrets) if secrets else secrets


def _add(secrets: list[Secret], parts: Iterator[Secret]) -> None:
    for part in parts:
        if len(secrets) >= MOST_SECRETS:
            raise TooManySecrets(f"more than {MOST_SECRETS:,} secrets in one line")
        secrets.append(part)


def whole(name: bytes, value: bytes) -> bool:
    """Whether the whole *value* is a secret because of the *name* of its variable."""
    return secret_patterns.NAME.search(name) is not None and not harmless(name.lower(), value)


def _matching(text: bytes, table: tuple[tuple[str, Expression], ...]) -> Iterator[Secret]:
    for kind, pattern in table:
        for match in pattern.finditer(text):
            for group in range(1, pattern.groups + 1):
                begin, end = match.span(group)
                if end > begin and not redacted(text[begin:end]):
                    yield begin, end, kind


def _named(text: bytes, *, cut: bool) -> Iterator[Secret]:
    reader, at = ValueReader(text, cut=cut), 0
    while (match := secret_patterns.NAMED.search(text, at)) is not None:
        at = match.end() - 1
        begin, name = match.start(1), match[1].lower()
        before = text[begin - 1 : begin] if begin else b""
        if name.startswith(_WITHOUT_VALUE) or not _is_assigned(match, before, name, text[at + 1 : at + 2]):
            continue
        wrapped = before in _QUOTES and match[4] is None and not _quoted(match) and not _in_script(text, begin)
        first, last = reader.value(
            at + 1, quote=before if wrapped else b"", query=before in (b"?", b"&"), tag=match[5] is not None
        )
        value = text[first:last]
        if not harmless(name.lstrip(b"-"), value) and not (match[4] is not None and value.startswith(b"-")):
            yield first, last, "named"
            at = max(at, last)
    for match in secret_patterns.KEY_VALUE.finditer(text):
        first, last = reader.value(match.end())
        if not harmless(b"", text[first:last]):
            yield first, last, "named"


def _in_script(text: bytes, begin: int) -> bool:
    since = max(0, begin - 10)
    return any(match.end() == begin for match in _SCRIPT.finditer(text, since, begin))


def _quoted(match: Expression) -> bool:
    """Whether the name is in quotes, as in JSON."""
    return bool((match[2] or match[3] or b"").lstrip(b"\\").startswith((b'"', b"'")))


def _is_assigned(match: Expression, before: bytes, name: bytes, following: bytes) -> bool:
    """Whether the text between name and value assigns the value to the name."""
    if match[2] is not None:
        return len(name) > _SHORT_NAME or before not in _BASE64_SIGNS
    if match[4] is not None:
        return name.startswith(b"-")
    if match[5] is not None:
        return before == b"<"
    if _quoted(match):
        return True
    if before == b"/":
        return False
    return len(match[3]) > 1 or following in _QUOTES or name.startswith(b"x-") or name.endswith(_PASSWORDS)


def _headers(text: bytes, *, cut: bool) -> Iterator[Secret]:
    reader, at = ValueReader(text, cut=cut), 0
    while (match := secret_patterns.HEADER.search(text, at)) is not None:
        at = match.end()
        before = text[match.start() - 1 : match.start()] if match.start() else b""
        inner = (match[3] or b"")[-1:]
        quote = inner or (before if before in _QUOTES and match[2] is None else b"")
        first, last = reader.header(at, quote=quote)
        if not harmless(b"", text[first:last]):
            yield first, last, "header"
            at = last
    for match in secret_patterns.BEARER.finditer(text):
        word = match[1]
        if len(word) >= _LOWER_CASE_LENGTH or not word.replace(b"-", b"").replace(b"_", b"").islower():
            yield *match.span(1), "header"
    for match in secret_patterns.BASIC.finditer(text):
        if _is_login(match[1]):
            yield *match.span(1), "header"


def _is_login(text: bytes) -> bool:
    try:
        login = base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return False
    return b":" in login and login.isascii()


def _merged(text: bytes, secrets: list[Secret]) -> list[Secret]:
    """*secrets* in order; overlapping ones are merged, and none begins or ends within a character."""
    merged: list[Secret] = []
    for begin, end, kind in sorted(secrets):
        while begin > 0 and begin < len(text) and text[begin] & 0xC0 == 0x80:
            begin -= 1
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end += 1
        if merged and begin < merged[-1][1]:
            first, last, kind = merged.pop()
            begin, end = first, max(last, end)
        merged.append((begin, end, kind))
    return [(_begin(text, begin, end), end, kind) for begin, end, kind in merged]


def _begin(text: bytes, begin: int, end: int) -> int:
    """The first replaced byte; ``eyJ`` (``{"`` in base64) of a JSON Web Token stays, because rules recognize it."""
    return begin + len(_JWT_START) if _WEB_TOKEN.fullmatch(text, begin, end) is not None else begin

"""Finds secrets in one text, whatever its bytes: spans with the class of what was found. Pure."""

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
"""Of one line."""

_SHAPES: tuple[tuple[str, Expression], ...] = (
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
_OF_BASE64 = (b"/", b"+")
"""Before a short name these are rather a piece of base64."""
_SCRIPT = re.compile(rb"(?:^|\s)-[A-Za-z]*c[ \t]+[\"']")
"""Before a command in quotes, which begins with an assignment and does not end with it."""
_JWT_MARK = b"eyJ"
_WEB_TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_.-]*)+")
_QUOTES = (b'"', b"'")
_NOT_ITS_VALUE = (b"--ask", b"--no-", b"ask-", b"ask_")
_PASSWORDS = (b"password", b"passwd", b"passphrase")
_LIMIT_OF_LOWER_CASE = 20
"""A longer word after ``bearer`` is a token even where it is all lower case."""


class TooManySecrets(ValueError):
    """More secrets in one line than are looked for."""


def find(text: bytes, own: CustomPatterns, *, program: bytes = b"", cut: bool = False) -> list[Secret]:
    """The secrets of *text*, in order, none over another. `TooMany` is raised.

    *program*: whose arguments these are; *cut*: the text may end within a secret.
    """
    found: list[Secret] = []
    if secret_patterns.SUSPECT.search(text) is not None:
        for parts in (_shaped(text, _SHAPES), _named(text, cut=cut), _headers(text, cut=cut)):
            _take(found, parts)
    command = program + b" " + text if program else text
    if clients.CLIENT.search(command) is not None:
        shift = len(command) - len(text)
        options = clients.options(command, cut=cut)
        _take(found, ((begin - shift, end - shift, "option") for begin, end in options if begin >= shift))
    if cut:
        _take(found, _shaped(text, _CUT))
    _take(found, ((begin, end, "own") for begin, end in own.find(text)))
    return _apart(text, found) if found else found


def _take(into: list[Secret], parts: Iterator[Secret]) -> None:
    for part in parts:
        if len(into) >= MOST_SECRETS:
            raise TooManySecrets(f"more than {MOST_SECRETS:,} secrets in one line")
        into.append(part)


def whole(name: bytes, value: bytes) -> bool:
    """Whether *value* is a secret because of the *name* of the variable that holds it."""
    return secret_patterns.NAME.search(name) is not None and not harmless(name.lower(), value)


def _shaped(text: bytes, table: tuple[tuple[str, Expression], ...]) -> Iterator[Secret]:
    for kind, shape in table:
        for match in shape.finditer(text):
            for group in range(1, shape.groups + 1):
                begin, end = match.span(group)
                if end > begin and not redacted(text[begin:end]):
                    yield begin, end, kind


def _named(text: bytes, *, cut: bool) -> Iterator[Secret]:
    reader, at = ValueReader(text, cut=cut), 0
    while (match := secret_patterns.NAMED.search(text, at)) is not None:
        at = match.end() - 1
        begin, name = match.start(1), match[1].lower()
        before = text[begin - 1 : begin] if begin else b""
        if name.startswith(_NOT_ITS_VALUE) or not _joined(match, before, name, text[at + 1 : at + 2]):
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
    return any(found.end() == begin for found in _SCRIPT.finditer(text, since, begin))


def _quoted(match: Expression) -> bool:
    """Whether the name itself stands in quotes, as in JSON."""
    return bool((match[2] or match[3] or b"").lstrip(b"\\").startswith((b'"', b"'")))


def _joined(match: Expression, before: bytes, name: bytes, following: bytes) -> bool:
    """Whether what stands between name and value makes it the name's value."""
    if match[2] is not None:
        return len(name) > _SHORT_NAME or before not in _OF_BASE64
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
        if len(word) >= _LIMIT_OF_LOWER_CASE or not word.replace(b"-", b"").replace(b"_", b"").islower():
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


def _apart(text: bytes, found: list[Secret]) -> list[Secret]:
    """In order, joined where they overlap, none beginning or ending within a character."""
    apart: list[Secret] = []
    for begin, end, kind in sorted(found):
        while begin > 0 and begin < len(text) and text[begin] & 0xC0 == 0x80:
            begin -= 1
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end += 1
        if apart and begin < apart[-1][1]:
            first, last, kind = apart.pop()
            begin, end = first, max(last, end)
        apart.append((begin, end, kind))
    return [(_shown(text, begin, end), end, kind) for begin, end, kind in apart]


def _shown(text: bytes, begin: int, end: int) -> int:
    """Where to begin: after what only says that a JSON Web Token follows (``{"`` in base64), by which rules know it."""
    return begin + len(_JWT_MARK) if _WEB_TOKEN.fullmatch(text, begin, end) is not None else begin

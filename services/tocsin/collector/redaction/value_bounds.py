"""Where values in a text end, and which values are harmless."""

import re

Span = tuple[int, int]
Pattern = re.Pattern[bytes]

_QUOTE = re.compile(rb"(\\*+)([\"'])")
# No group is possessive, `(...)++`: Python before 3.11.5 matches such groups wrongly. Here nothing follows the group,
# so there is no backtracking.
_PLAIN = re.compile(
    rb"(?:[^\s\"';|&,\\]++"
    rb"|\\*+[\"'](?!\\*+[\"']|[\s,;:)}\]&|>]|\Z)"  # a quote that does not close the value
    rb"|\\++(?![\"'])"
    rb"|[;|&](?![;|&\s]|[A-Za-z_./][\w./-]++[\s=])"  # a sign that does not separate commands
    rb"|,(?![\w.-]++=|\\*+[\"']|\s))+"
)
_QUERY = re.compile(rb"[^\s&#\"'<>|;\\]++")
_TEXT = re.compile(rb"[^<]++")
_WORD = re.compile(rb"[^\s\"',;]++")
_LINE_OR_QUOTE = re.compile(rb"[\r\n\"']")
_CLOSING = {quote: re.compile(quote + rb"(?=[\s,;:)}\]&|>\\]|\Z)") for quote in (b'"', b"'")}

_HARMLESS = re.compile(
    rb"(?i:true|false|null|nil|none|yes|no|on|off|undefined)"
    rb"|pass:.*|env:\w+|fd:[0-9]+|stdin"  # passwords of openssl, which another pattern finds
    rb"|\$\(.*|`.*|\$\{\w+\}|\$[A-Z_][A-Z0-9_]*"
    rb"|(?:file:|@)?(?:\.{1,2}/|~/|/(?:run|var|etc|home|root|tmp|opt|usr|mnt|secrets?|vault|dev|proc|data|app|config)/).*",
    re.DOTALL,
)
"""A word of a configuration, a shell expansion, or the path of a file."""
_FILE_NAME = re.compile(
    rb"[\w./@~-]+\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|conf|cfg|env|ini|toml|xml|pub|sock)"
)
_MOUNT = re.compile(rb"(?:id|type|src|source|target|file)=.*")


def redacted(value: bytes) -> bool:
    """Whether *value* is already redacted."""
    return not value.removeprefix(b"eyJ").strip(b"*")


def harmless(name: bytes, value: bytes) -> bool:
    """Whether *value*, after *name* (lower case), is certainly not a secret."""
    if redacted(value) or _HARMLESS.fullmatch(value) is not None:
        return True
    if value.startswith(b"/") and name in (b"pwd", b"oldpwd"):
        return True
    if b"pass" in name or b"pwd" in name:
        return False
    return _FILE_NAME.fullmatch(value) is not None or (b"secret" in name and _MOUNT.fullmatch(value) is not None)


class ValueReader:
    """Finds the ends of values in one text, in linear time: it remembers the results of searches ahead."""

    def __init__(self, text: bytes, *, cut: bool) -> None:
        """*cut*: the text may end within a value."""
        self.text = text
        self.cut = cut
        self._ahead: dict[Pattern, tuple[int, int]] = {}

    def value(self, at: int, *, quote: bytes = b"", query: bool = False, tag: bool = False) -> Span:
        """The span of the value that begins at *at*; *quote* is the quote before its name, if any."""
        if tag:
            return self._span(_TEXT, at)
        quoted = self._quoted(at)
        if quoted is not None:
            return quoted
        if quote and (end := self._closed(at, quote)) >= 0:
            return at, end
        return self._span(_QUERY if query else _PLAIN, at)

    def header(self, at: int, *, quote: bytes = b"") -> Span:
        """The value of a header that begins at *at*: up to its quote or the end of the line, else one word."""
        if quote and (end := self._closed(at, quote)) >= 0:
            return at, end
        end = self._next(_LINE_OR_QUOTE, at)
        if end < 0:
            return (at, len(self.text)) if self.cut else self._span(_WORD, at)
        if self.text[end] in b"\r\n":
            return at, end
        return at, end - self._backslashes(end, at)

    def _quoted(self, at: int) -> Span | None:
        """The text in quotes (also escaped ones) at *at*; ``None`` if there is no quote, or if none closes it."""
        opening = _QUOTE.match(self.text, at)
        if opening is None:
            return None
        begin = opening.end()
        end = self.text.find(opening[0], begin)
        while end > 0 and not opening[1] and self._backslashes(end, begin) % 2:  # the quote is escaped
            end = self.text.find(opening[0], end + 1)
        if end >= 0:
            return begin, end
        return (begin, len(self.text)) if self.cut else None

    def _closed(self, at: int, quote: bytes) -> int:
        """The offset of the quote that closes the one before *at*: the first one at the end of a word; -1 if none."""
        end = self._next(_CLOSING[quote], at)
        if end < 0:
            return len(self.text) if self.cut else -1
        return end - self._backslashes(end, at)

    def _next(self, pattern: Pattern, at: int) -> int:
        since, start = self._ahead.get(pattern, (0, -2))
        if start == -2 or at < since or -1 < start < at:
            match = pattern.search(self.text, at)
            start = -1 if match is None else match.start()
            self._ahead[pattern] = (at, start)
        return start

    def _backslashes(self, end: int, since: int) -> int:
        """Number of backslashes right before *end*; they belong to the quote at *end*."""
        return end - max(since, len(self.text[since:end].rstrip(b"\\")) + since)

    def _span(self, pattern: Pattern, at: int) -> Span:
        match = pattern.match(self.text, at)
        return (at, at) if match is None else match.span()

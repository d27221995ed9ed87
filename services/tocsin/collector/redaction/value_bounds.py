"""Where a value ends that begins somewhere in a text, and which values are no secrets."""

import re

Span = tuple[int, int]
Pattern = re.Pattern[bytes]

_QUOTE = re.compile(rb"(\\*+)([\"'])")
# A group is never possessive, `(...)++`: Python before 3.11.5 matches such a group wrongly. Here nothing follows the
# group, so nothing is given back either way.
_PLAIN = re.compile(
    rb"(?:[^\s\"';|&,\\]++"
    rb"|\\*+[\"'](?!\\*+[\"']|[\s,;:)}\]&|>]|\Z)"  # a quote that closes nothing
    rb"|\\++(?![\"'])"
    rb"|[;|&](?![;|&\s]|[A-Za-z_./][\w./-]++[\s=])"  # what separates nothing
    rb"|,(?![\w.-]++=|\\*+[\"']|\s))+"
)
_QUERY = re.compile(rb"[^\s&#\"'<>|;\\]++")
_TEXT = re.compile(rb"[^<]++")
_WORD = re.compile(rb"[^\s\"',;]++")
_LINE_OR_QUOTE = re.compile(rb"[\r\n\"']")
_CLOSING = {quote: re.compile(quote + rb"(?=[\s,;:)}\]&|>\\]|\Z)") for quote in (b'"', b"'")}

_HARMLESS = re.compile(
    rb"(?i:true|false|null|nil|none|yes|no|on|off|undefined)"
    rb"|pass:.*|env:\w+|fd:[0-9]+|stdin"  # as openssl is told a password, which is found by itself
    rb"|\$\(.*|`.*|\$\{\w+\}|\$[A-Z_][A-Z0-9_]*"
    rb"|(?:file:|@)?(?:\.{1,2}/|~/|/(?:run|var|etc|home|root|tmp|opt|usr|mnt|secrets?|vault|dev|proc|data|app|config)/).*",
    re.DOTALL,
)
"""A word of configuration, what a shell puts in its place, or the path of a file."""
_FILE_NAME = re.compile(
    rb"[\w./@~-]+\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|conf|cfg|env|ini|toml|xml|pub|sock)"
)
_MOUNT = re.compile(rb"(?:id|type|src|source|target|file)=.*")


def redacted(value: bytes) -> bool:
    """Whether nothing is left of *value*."""
    return not value.removeprefix(b"eyJ").strip(b"*")


def harmless(name: bytes, value: bytes) -> bool:
    """Whether *value*, which stands after *name* (lower case), is plainly no secret."""
    if redacted(value) or _HARMLESS.fullmatch(value) is not None:
        return True
    if value.startswith(b"/") and name in (b"pwd", b"oldpwd"):
        return True
    if b"pass" in name or b"pwd" in name:
        return False
    return _FILE_NAME.fullmatch(value) is not None or (b"secret" in name and _MOUNT.fullmatch(value) is not None)


class ValueReader:
    """Finds the ends of values in one text, in time linear in it: what it looked for ahead it remembers."""

    def __init__(self, text: bytes, *, cut: bool) -> None:
        """*cut*: the text may end within a value."""
        self.text = text
        self.cut = cut
        self._ahead: dict[Pattern, tuple[int, int]] = {}

    def value(self, at: int, *, quote: bytes = b"", query: bool = False, tag: bool = False) -> Span:
        """The value that begins at *at*; *quote* is the one that stands before its name, if any."""
        if tag:
            return self._span(_TEXT, at)
        inside = self._quoted(at)
        if inside is not None:
            return inside
        if quote and (end := self._closed(at, quote)) >= 0:
            return at, end
        return self._span(_QUERY if query else _PLAIN, at)

    def header(self, at: int, *, quote: bytes = b"") -> Span:
        """The rest of a header whose value begins at *at*: up to its quote or the line's end, else one word."""
        if quote and (end := self._closed(at, quote)) >= 0:
            return at, end
        end = self._next(_LINE_OR_QUOTE, at)
        if end < 0:
            return (at, len(self.text)) if self.cut else self._span(_WORD, at)
        if self.text[end] in b"\r\n":
            return at, end
        return at, end - self._backslashes(end, at)

    def _quoted(self, at: int) -> Span | None:
        """What stands in quotes from *at* on (escaped ones too); ``None`` where no quote does, or none closes it."""
        opening = _QUOTE.match(self.text, at)
        if opening is None:
            return None
        begin = opening.end()
        end = self.text.find(opening[0], begin)
        while end > 0 and not opening[1] and self._backslashes(end, begin) % 2:  # a backslash hides the quote
            end = self.text.find(opening[0], end + 1)
        if end >= 0:
            return begin, end
        return (begin, len(self.text)) if self.cut else None

    def _closed(self, at: int, quote: bytes) -> int:
        """Where the quote ends that was opened before *at*: the first that a word ends with; -1 where none does."""
        end = self._next(_CLOSING[quote], at)
        if end < 0:
            return len(self.text) if self.cut else -1
        return end - self._backslashes(end, at)

    def _next(self, wanted: Pattern, at: int) -> int:
        since, found = self._ahead.get(wanted, (0, -2))
        if found == -2 or at < since or -1 < found < at:
            match = wanted.search(self.text, at)
            found = -1 if match is None else match.start()
            self._ahead[wanted] = (at, found)
        return found

    def _backslashes(self, end: int, since: int) -> int:
        """How many stand right before *end*: they belong to the quote there."""
        return end - max(since, len(self.text[since:end].rstrip(b"\\")) + since)

    def _span(self, shape: Pattern, at: int) -> Span:
        found = shape.match(self.text, at)
        return (at, at) if found is None else found.span()

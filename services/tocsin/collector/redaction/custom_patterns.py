"""The operator's patterns: a file of RE2 expressions, one per line, whose capture groups are secrets."""

import re
from collections.abc import Iterator, Sequence

import re2  # type: ignore[import-untyped]

from tocsin.collector.redaction.json_strings import unescaped
from tocsin.collector.redaction.secret_patterns import Expression
from tocsin.collector.redaction.value_bounds import redacted
from tocsin.model.errors import SettingsError

MAX_FILE_BYTES = 256 << 10
MAX_PATTERNS = 500
_MEMORY = 64 << 20

_ESCAPED = re.compile(r"\\(.)")
_ANCHORS = "bBAzZ"


class CustomPatterns:
    """Compiled patterns; there may be none."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        """Use `parse` for a file; ``re2.error`` if a text is not an expression."""
        self._patterns: tuple[Expression, ...] = tuple(_compiled(text, captures=True) for text in texts)
        self._any = _alternatives(texts)
        self._anchored = any(map(_is_anchored, texts))

    def __len__(self) -> int:
        """Number of patterns."""
        return len(self._patterns)

    def suspects(self, line: bytes) -> bool:
        """Whether a pattern may match in a string of *line*, which is JSON; never false if one matches."""
        if not self._any:
            return False
        if self._anchored:
            return True
        plain = unescaped(line).plain if b"\\" in line else line  # contains all strings of the line without escapes
        return any(each.search(plain) is not None for each in self._any)

    def find(self, text: bytes) -> Iterator[tuple[int, int]]:
        """The spans of the capture groups of all matches."""
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                for group in range(1, pattern.groups + 1):
                    begin, end = match.span(group)
                    if end > begin and not redacted(text[begin:end]):
                        yield begin, end


def parse(content: bytes, file: str) -> CustomPatterns:
    """The patterns of a file's *content*, without empty lines and lines that begin with ``#``.

    `SettingsError` names *file*, line and problem.
    """
    if len(content) > MAX_FILE_BYTES:
        raise SettingsError(f"{file}: {len(content):,} bytes, at most {MAX_FILE_BYTES:,} are allowed")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {number}: not UTF-8") from error
    texts: list[str] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        problem = _problem(text)
        if problem:
            raise SettingsError(f"{file}, line {number}: {problem}")
        texts.append(text)
    if len(texts) > MAX_PATTERNS:
        raise SettingsError(f"{file}: {len(texts)} patterns, at most {MAX_PATTERNS} are allowed")
    return CustomPatterns(texts)


def _problem(text: str) -> str:
    """What is wrong with a pattern, in words; else empty."""
    try:
        compiled = _compiled(text, captures=True)
    except re2.error as error:
        message = error.args[0] if error.args else error
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        return f"not a valid RE2 expression: {text}"
    if not compiled.groups:
        return "it has no capture group: put the secret in parentheses, as in token=(\\S+)"
    if compiled.search(b"") is not None:
        return "it matches the empty text, and so matches everywhere: add the text before the secret"
    return ""


def _compiled(text: str, *, captures: bool) -> Expression:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.never_capture = not captures
    if text.isascii():  # so that bytes that are not UTF-8 match, too
        options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(text.encode(), options)


def _alternatives(texts: Sequence[str]) -> list[Expression]:
    """As few expressions as possible that match if one of *texts* does."""
    kinds = ([text for text in texts if text.isascii()], [text for text in texts if not text.isascii()])
    try:
        return [_compiled("|".join(f"(?:{text})" for text in kind), captures=False) for kind in kinds if kind]
    except re2.error:  # too large in one expression
        return [_compiled(text, captures=False) for text in texts]


def _is_anchored(text: str) -> bool:
    """Whether the pattern depends on its position in a string, which differs from the position in the line."""
    if any(escape in _ANCHORS for escape in _ESCAPED.findall(text)):
        return True
    bare = _ESCAPED.sub("", text).replace("[^", "[")
    return "^" in bare or "$" in bare

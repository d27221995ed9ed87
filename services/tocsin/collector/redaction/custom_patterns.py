"""Patterns of the operator's own: a file of RE2 expressions, one a line, whose capture groups are secrets."""

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
    """Compiled patterns; of none nothing is found."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        """`parse` makes them of a file; ``re2.error`` where one is no expression."""
        self._patterns: tuple[Expression, ...] = tuple(_compiled(text, captures=True) for text in texts)
        self._any = _alternatives(texts)
        self._by_place = any(map(_is_anchored, texts))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._patterns)

    def suspects(self, line: bytes) -> bool:
        """Whether one may match in a text of *line*, which is JSON: never false where one does."""
        if not self._any:
            return False
        if self._by_place:
            return True
        said = unescaped(line).plain if b"\\" in line else line  # which holds what each of its texts says
        return any(each.search(said) is not None for each in self._any)

    def find(self, text: bytes) -> Iterator[tuple[int, int]]:
        """What the groups hold, wherever a pattern matches."""
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                for group in range(1, pattern.groups + 1):
                    begin, end = match.span(group)
                    if end > begin and not redacted(text[begin:end]):
                        yield begin, end


def parse(content: bytes, file: str) -> CustomPatterns:
    """The patterns of a file's *content*; empty lines and those that begin with ``#`` are none.

    `SettingsError` names *file*, line and what is wrong.
    """
    if len(content) > MAX_FILE_BYTES:
        raise SettingsError(f"{file}: {len(content):,} bytes, at most {MAX_FILE_BYTES:,} are read")
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
        raise SettingsError(f"{file}: {len(texts)} patterns, at most {MAX_PATTERNS} are taken")
    return CustomPatterns(texts)


def _problem(text: str) -> str:
    """What is wrong with a pattern, for a person; empty where nothing is."""
    try:
        compiled = _compiled(text, captures=True)
    except re2.error as error:
        told = error.args[0] if error.args else error
        return f"no expression of RE2: {told.decode('utf-8', 'replace') if isinstance(told, bytes) else told}"
    if not compiled.groups:
        return "it has no capture group: put the secret's part in parentheses, as in token=(\\S+)"
    if compiled.search(b"") is not None:
        return "it matches the empty text, so it would be found everywhere: let it name what stands before the secret"
    return ""


def _compiled(text: str, *, captures: bool) -> Expression:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.never_capture = not captures
    if text.isascii():  # so that bytes which are no UTF-8 are matched as well
        options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(text.encode(), options)


def _alternatives(texts: Sequence[str]) -> list[Expression]:
    """Expressions that match where one of *texts* does: as few as can be."""
    kinds = ([text for text in texts if text.isascii()], [text for text in texts if not text.isascii()])
    try:
        return [_compiled("|".join(f"(?:{text})" for text in kind), captures=False) for kind in kinds if kind]
    except re2.error:  # together they are too large
        return [_compiled(text, captures=False) for text in texts]


def _is_anchored(text: str) -> bool:
    """Whether the pattern asks where it stands in its text: of a whole line that would be another place."""
    if any(found in _ANCHORS for found in _ESCAPED.findall(text)):
        return True
    bare = _ESCAPED.sub("", text).replace("[^", "[")
    return "^" in bare or "$" in bare

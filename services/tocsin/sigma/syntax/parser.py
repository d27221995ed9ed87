"""A rule file read: its documents, those that cannot be loaded, and what is likely not meant."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from msgspec import Struct
from yaml.nodes import MappingNode

from tocsin.sigma.syntax import correlation, filter, rule, yaml_documents
from tocsin.sigma.syntax.documents import Document
from tocsin.sigma.syntax.parse_context import Budget, ParseContext
from tocsin.sigma.syntax.problems import Problem, RuleError
from tocsin.sigma.syntax.scalars import Entry, mapping
from tocsin.sigma.syntax.suggestions import hint, near
from tocsin.sigma.syntax.yaml_documents import Marked

_Read = Callable[[ParseContext, dict[str, Entry], MappingNode, str], Document]
_READ: dict[str, _Read] = {
    "detection": rule.rule,
    "correlation": correlation.correlation,
    "filter": filter.filter,
}
_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that are not seen, or that change the order of others: what is read is not what is matched."""
_MOST_INVISIBLE = 10
_MOST_CHECKED = 100
"""Keys of a document that is none."""
_ID_LINE = re.compile(r"^id:[ \t]*[\"']?([A-Za-z0-9_-]{1,64})[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)


class Failed(Struct, frozen=True, kw_only=True):
    """A document that is not loaded."""

    index: int
    """Of the document in its file, from 0; -1 where it is the file as a whole."""
    id: str = ""
    """As far as it could be told."""
    problem: Problem


class Parsed(Struct, frozen=True, kw_only=True):
    """What one file holds."""

    documents: tuple[Document, ...] = ()
    failed: tuple[Failed, ...] = ()
    warnings: tuple[Problem, ...] = ()


def parse(file: str, content: bytes) -> Parsed:
    """All documents of *content*; whatever the bytes are, this returns, and soon. *file* is for messages."""
    documents: list[Document] = []
    failed: list[Failed] = []
    warnings: list[Problem] = []
    budget = Budget()
    for piece in yaml_documents.documents(file, content):
        page = ParseContext(file, _likely_id(piece), budget)
        try:
            if piece.node is None:
                if piece.problem is not None:
                    failed.append(Failed(index=piece.index, id=page.rule, problem=piece.problem))
                continue
            documents.append(_document(page, piece.node, piece.text))
            warnings += page.warnings
            warnings += _invisible(page, piece)
        except RuleError as error:
            failed.append(Failed(index=piece.index, id=page.rule, problem=error.problem))
        except Exception as error:  # the last resort: a mistake of ours in one document must not stop the judge
            problem = Problem(
                file=file, line=piece.line, text=f"cannot be read: {type(error).__name__}", rule=page.rule, code="bug"
            )
            failed.append(Failed(index=piece.index, id=page.rule, problem=problem))
    return Parsed(documents=tuple(documents), failed=tuple(failed), warnings=tuple(warnings))


def _likely_id(piece: Marked) -> str:
    match = _ID_LINE.search(piece.text)
    return match[1] if match else ""


def _document(page: ParseContext, root: MappingNode, text: str) -> Document:
    entries = mapping(page, root, "the document")
    kinds = [key for key in _READ if key in entries]
    if len(kinds) > 1:
        raise page.error(
            entries[kinds[1]].key, f"a document is one of {', '.join(kinds)}, not both; make two of it", "kind"
        )
    if not kinds:
        if "action" in entries:
            raise page.error(entries["action"].key, "the old `action` is not taken; write each rule in full", "kind")
        close = next((key for key in list(entries)[:_MOST_CHECKED] if near(key, _READ)), "")
        told = f"; {hint(close, _READ)}" if close else "; it needs one of detection, correlation, filter"
        place = entries[close].key if close else root
        raise page.error(place, f"this is no rule, no correlation and no filter{told}", "kind")
    return _READ[kinds[0]](page, entries, root, text)


def _invisible(page: ParseContext, piece: Marked) -> Iterator[Problem]:
    seen: set[str] = set()
    for match in _INVISIBLE.finditer(piece.text):
        character = match[0]
        if character in seen or len(seen) >= _MOST_INVISIBLE:
            continue
        seen.add(character)
        start = match.start()
        name = unicodedata.name(character, "without a name")
        yield Problem(
            file=page.file,
            line=piece.line + piece.text.count("\n", 0, start),
            column=start - (piece.text.rfind("\n", 0, start) + 1) + 1,
            text=f"the invisible character U+{ord(character):04X} ({name}) stands here; remove it, or write an escape",
            warning=True,
            rule=page.rule,
            code="invisible",
        )

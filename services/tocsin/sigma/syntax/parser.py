"""Parses a rule file into its documents, errors and warnings."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from msgspec import Struct
from yaml.nodes import MappingNode

from tocsin.model.text import nearest, suggest
from tocsin.sigma.syntax import correlation, filter, rule, yaml_documents
from tocsin.sigma.syntax.documents import Document
from tocsin.sigma.syntax.parse_context import Budget, ParseContext
from tocsin.sigma.syntax.problems import Problem, RuleError
from tocsin.sigma.syntax.scalars import Entry, mapping
from tocsin.sigma.syntax.yaml_documents import RawDocument

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
"""Characters that are invisible, or that reorder others: a reader sees something else than what is matched."""
_MOST_INVISIBLE = 10
_MOST_CHECKED = 100
"""Keys of an unknown document that are checked for a misspelt one."""
_ID_LINE = re.compile(r"^id:[ \t]*[\"']?([A-Za-z0-9_-]{1,64})[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)


class FailedDocument(Struct, frozen=True, kw_only=True):
    """A document that is not loaded."""

    index: int
    """Index of the document in its file, from 0; -1 for the whole file."""
    id: str = ""
    """Its id, if it could be read."""
    problem: Problem


class ParsedFile(Struct, frozen=True, kw_only=True):
    """What one file holds."""

    documents: tuple[Document, ...] = ()
    failed: tuple[FailedDocument, ...] = ()
    warnings: tuple[Problem, ...] = ()


def parse(file: str, content: bytes) -> ParsedFile:
    """All documents of *content*. It returns quickly for any input; *file* is the name for messages."""
    documents: list[Document] = []
    failed: list[FailedDocument] = []
    warnings: list[Problem] = []
    budget = Budget()
    for document in yaml_documents.documents(file, content):
        context = ParseContext(file, _likely_id(document), budget)
        try:
            if document.node is None:
                if document.problem is not None:
                    failed.append(FailedDocument(index=document.index, id=context.rule, problem=document.problem))
                continue
            documents.append(_document(context, document.node, document.text))
            warnings += context.warnings
            warnings += _invisible(context, document)
        except RuleError as error:
            failed.append(FailedDocument(index=document.index, id=context.rule, problem=error.problem))
        except Exception as error:  # the last resort: a bug with one document must not stop the service
            problem = Problem(
                file=file,
                line=document.line,
                text=f"cannot be read: {type(error).__name__}",
                rule=context.rule,
                code="bug",
            )
            failed.append(FailedDocument(index=document.index, id=context.rule, problem=problem))
    return ParsedFile(documents=tuple(documents), failed=tuple(failed), warnings=tuple(warnings))


def _likely_id(document: RawDocument) -> str:
    match = _ID_LINE.search(document.text)
    return match[1] if match else ""


def _document(context: ParseContext, root: MappingNode, text: str) -> Document:
    entries = mapping(context, root, "the document")
    kinds = [key for key in _READ if key in entries]
    if len(kinds) > 1:
        raise context.error(
            entries[kinds[1]].key, f"a document is one of {', '.join(kinds)}, not both; split it into two", "kind"
        )
    if not kinds:
        if "action" in entries:
            raise context.error(
                entries["action"].key, "the old `action` is not supported; write each rule in full", "kind"
            )
        key = next((key for key in list(entries)[:_MOST_CHECKED] if nearest(key, _READ)), "")
        suggestion = f"; {suggest(key, _READ)}" if key else "; it needs one of detection, correlation, filter"
        node = entries[key].key if key else root
        raise context.error(node, f"this is not a rule, a correlation or a filter{suggestion}", "kind")
    return _READ[kinds[0]](context, entries, root, text)


def _invisible(context: ParseContext, document: RawDocument) -> Iterator[Problem]:
    reported: set[str] = set()
    for match in _INVISIBLE.finditer(document.text):
        character = match[0]
        if character in reported or len(reported) >= _MOST_INVISIBLE:
            continue
        reported.add(character)
        start = match.start()
        name = unicodedata.name(character, "without a name")
        yield Problem(
            file=context.file,
            line=document.line + document.text.count("\n", 0, start),
            column=start - (document.text.rfind("\n", 0, start) + 1) + 1,
            text=f"the invisible character U+{ord(character):04X} ({name}) is here; remove it, or escape it",
            warning=True,
            rule=context.rule,
            code="invisible",
        )

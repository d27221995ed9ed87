"""The metadata of a document: id, title, tags and everything else around its detection."""

import hashlib
import re
from typing import Any

from yaml.nodes import Node, ScalarNode, SequenceNode

from tocsin.model.text import nearest, suggest
from tocsin.sigma.syntax.attack_tags import techniques
from tocsin.sigma.syntax.documents import SEVERITY, Level
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.scalars import Entry, text, texts, to_python

SIGMA_KEYS = (
    "title", "id", "name", "related", "taxonomy", "status", "description", "license", "author", "references", "date",
    "modified", "logsource", "detection", "correlation", "filter", "fields", "falsepositives", "level", "tags",
    "scope",
)  # fmt: skip
EXTENSION_KEYS = ("x-tests", "x-runbook", "x-link", "x-requires", "x-existing", "x-repeat", "x-outcome", "x-silence")
TAXONOMIES = ("sigma", "tetragon")
_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOST_KEYS = 200
_MOST_TAGS = 200
_LONGEST_NAME = 128
_LONGEST_TITLE = 256


def read_metadata(context: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> dict[str, Any]:
    """The fields of `documents.Metadata`; *source* is the document's text."""
    identity = _id(context, entries, root)
    context.rule = identity
    _check_keys(context, entries)
    if "title" not in entries:
        raise context.error(root, "title: is missing; describe in a few words what the rule detects", "title")
    tags = _tags(context, entries)
    references = _texts(context, entries, "references")
    return {
        "file": context.file,
        "line": root.start_mark.line + 1,
        "id": identity,
        "name": _bounded(context, entries, "name", _LONGEST_NAME),
        "title": _bounded(context, entries, "title", _LONGEST_TITLE),
        "status": _status(context, entries),
        **{key: _text(context, entries, key) for key in ("description", "author", "license", "date", "modified")},
        "references": references,
        "tags": tuple(tag for tag, _ in tags),
        "techniques": techniques(context, tags),
        "falsepositives": _texts(context, entries, "falsepositives"),
        "link": _text(context, entries, "x-link") or next(iter(references), ""),
        "runbook": _text(context, entries, "x-runbook"),
        "hash": hashlib.blake2b(source.removeprefix("---").strip().encode(), digest_size=16).hexdigest(),
    }


def level(context: ParseContext, entries: dict[str, Entry], root: Node) -> Level:
    """The level; medium if none is given."""
    if "level" not in entries:
        context.warn(root, "level: is missing, so it is medium; write one of low, medium, high, critical", "level")
        return "medium"
    node = entries["level"].value
    written = text(context, node, "level")
    level_ = next((known for known in SEVERITY if known == written.lower()), None)
    if level_ is None:
        raise context.error(node, f"level: {quoted(written)} is not a level; {suggest(written, SEVERITY)}", "level")
    return level_


def is_native(context: ParseContext, entries: dict[str, Entry]) -> bool:
    """Whether the taxonomy is Tetragon's."""
    written = _text(context, entries, "taxonomy") or "sigma"
    if written not in TAXONOMIES:
        message = f"taxonomy: {quoted(written)} is not known here; {suggest(written, TAXONOMIES)}"
        raise context.error(entries["taxonomy"].value, message, "taxonomy")
    return written == "tetragon"


def tests(context: ParseContext, entries: dict[str, Entry]) -> tuple[dict[str, Any], ...]:
    """``x-tests`` as Python values."""
    if "x-tests" not in entries:
        return ()
    node = entries["x-tests"].value
    if not isinstance(node, SequenceNode):
        raise context.error(node, "x-tests: must be a list of tests, each with `event` and `match`", "tests")
    tests_ = []
    for item in node.value:
        test = to_python(context, item)
        if not isinstance(test, dict):
            raise context.error(item, "x-tests: a test is a mapping with `event` and `match`", "tests")
        tests_.append(test)
    return tuple(tests_)


def _id(context: ParseContext, entries: dict[str, Entry], root: Node) -> str:
    if "id" not in entries:
        raise context.error(root, "id: is missing; create one with `uuidgen`", "id")
    node = entries["id"].value
    written = text(context, node, "id")
    if not _ID.fullmatch(written):
        raise context.error(
            node,
            f"id: {quoted(written)} must be 1 to 64 letters, digits, `-` and `_`, preferably a UUID from `uuidgen`",
            "id",
        )
    if not _UUID.fullmatch(written):
        message = f"id: {quoted(written)} is not a UUID, so other tools reject the rule; create one with `uuidgen`"
        context.warn(node, message, "id")
    return written


def _check_keys(context: ParseContext, entries: dict[str, Entry]) -> None:
    if len(entries) > _MOST_KEYS:
        raise context.error(
            next(iter(entries.values())).key, f"more than {_MOST_KEYS} keys in one document", "too-large"
        )
    for key, entry in entries.items():
        known = EXTENSION_KEYS if key.startswith("x-") else SIGMA_KEYS
        if key not in known and nearest(key, known):
            context.warn(entry.key, f"unknown key {quoted(key)}; {suggest(key, known)}", "unknown-key")


def _status(context: ParseContext, entries: dict[str, Entry]) -> str:
    written = _text(context, entries, "status")
    if written and written not in _STATUSES:
        message = f"status: {quoted(written)} is not a status of Sigma; {suggest(written, _STATUSES)}"
        context.warn(entries["status"].value, message, "status")
    return written


def _tags(context: ParseContext, entries: dict[str, Entry]) -> list[tuple[str, Node]]:
    if "tags" not in entries:
        return []
    node = entries["tags"].value
    nodes = node.value if isinstance(node, SequenceNode) else [node]
    if len(nodes) > _MOST_TAGS:
        raise context.error(node, f"tags: more than {_MOST_TAGS}; remove some", "too-large")
    return list(zip(texts(context, node, "tags"), nodes, strict=False))


def _bounded(context: ParseContext, entries: dict[str, Entry], key: str, longest: int) -> str:
    written = _text(context, entries, key, required=True)
    if len(written) > longest:
        raise context.error(entries[key].value, f"{key}: more than {longest} characters; shorten it", "shape")
    return written


def _text(context: ParseContext, entries: dict[str, Entry], key: str, *, required: bool = False) -> str:
    """The text of *key*; empty if it is absent or null."""
    if key not in entries:
        return ""
    node = entries[key].value
    if isinstance(node, ScalarNode) and not node.value.strip() and not required:
        return ""
    return text(context, node, key).strip()


def _texts(context: ParseContext, entries: dict[str, Entry], key: str) -> tuple[str, ...]:
    return texts(context, entries[key].value, key) if key in entries else ()

"""What every document says of itself: id, title, tags and the rest around its detection."""

import hashlib
import re
from typing import Any

from yaml.nodes import Node, ScalarNode, SequenceNode

from tocsin.sigma.syntax.attack_tags import techniques
from tocsin.sigma.syntax.documents import SEVERITY, Level
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.scalars import Entry, plain, text, texts
from tocsin.sigma.syntax.suggestions import hint, near

SIGMA_KEYS = (
    "title", "id", "name", "related", "taxonomy", "status", "description", "license", "author", "references", "date",
    "modified", "logsource", "detection", "correlation", "filter", "fields", "falsepositives", "level", "tags",
    "scope",
)  # fmt: skip
OWN_KEYS = ("x-tests", "x-runbook", "x-link", "x-requires", "x-existing", "x-repeat", "x-outcome", "x-silence")
TAXONOMIES = ("sigma", "tetragon")
_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOST_KEYS = 200
_MOST_TAGS = 200
_LONGEST_NAME = 128
_LONGEST_TITLE = 256


def about(page: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> dict[str, Any]:
    """The fields of `documents.About`; *source* is the document's text."""
    identity = _id(page, entries, root)
    page.rule = identity
    _check_keys(page, entries)
    if "title" not in entries:
        raise page.error(root, "title: is missing; say in a few words what the rule finds", "title")
    tags = _tags(page, entries)
    references = _texts(page, entries, "references")
    return {
        "file": page.file,
        "line": root.start_mark.line + 1,
        "id": identity,
        "name": _bounded(page, entries, "name", _LONGEST_NAME),
        "title": _bounded(page, entries, "title", _LONGEST_TITLE),
        "status": _status(page, entries),
        **{key: _text(page, entries, key) for key in ("description", "author", "license", "date", "modified")},
        "references": references,
        "tags": tuple(tag for tag, _ in tags),
        "techniques": techniques(page, tags),
        "falsepositives": _texts(page, entries, "falsepositives"),
        "link": _text(page, entries, "x-link") or next(iter(references), ""),
        "runbook": _text(page, entries, "x-runbook"),
        "hash": hashlib.blake2b(source.removeprefix("---").strip().encode(), digest_size=16).hexdigest(),
    }


def level(page: ParseContext, entries: dict[str, Entry], root: Node) -> Level:
    """The level; medium where none is given."""
    if "level" not in entries:
        page.warn(root, "level: is missing, so it is medium; write one of low, medium, high, critical", "level")
        return "medium"
    node = entries["level"].value
    written = text(page, node, "level")
    found = next((known for known in SEVERITY if known == written.lower()), None)
    if found is None:
        raise page.error(node, f"level: {shown(written)} is none; {hint(written, SEVERITY)}", "level")
    return found


def is_native(page: ParseContext, entries: dict[str, Entry]) -> bool:
    """Whether the taxonomy is Tetragon's."""
    written = _text(page, entries, "taxonomy") or "sigma"
    if written not in TAXONOMIES:
        told = f"taxonomy: {shown(written)} is not known here; {hint(written, TAXONOMIES)}"
        raise page.error(entries["taxonomy"].value, told, "taxonomy")
    return written == "tetragon"


def tests(page: ParseContext, entries: dict[str, Entry]) -> tuple[dict[str, Any], ...]:
    """``x-tests`` as Python values."""
    if "x-tests" not in entries:
        return ()
    node = entries["x-tests"].value
    if not isinstance(node, SequenceNode):
        raise page.error(node, "x-tests: must be a list of tests, each with `event` and `match`", "tests")
    found = []
    for one in node.value:
        test = plain(page, one)
        if not isinstance(test, dict):
            raise page.error(one, "x-tests: a test is a mapping with `event` and `match`", "tests")
        found.append(test)
    return tuple(found)


def _id(page: ParseContext, entries: dict[str, Entry], root: Node) -> str:
    if "id" not in entries:
        raise page.error(root, "id: is missing; make one with `uuidgen`", "id")
    node = entries["id"].value
    written = text(page, node, "id")
    if not _ID.fullmatch(written):
        raise page.error(
            node, f"id: {shown(written)} must be 1 to 64 letters, digits, `-` and `_`; best a UUID from `uuidgen`", "id"
        )
    if not _UUID.fullmatch(written):
        told = f"id: {shown(written)} is no UUID, so other tools refuse the rule; make one with `uuidgen`"
        page.warn(node, told, "id")
    return written


def _check_keys(page: ParseContext, entries: dict[str, Entry]) -> None:
    if len(entries) > _MOST_KEYS:
        raise page.error(next(iter(entries.values())).key, f"more than {_MOST_KEYS} keys in one document", "too-large")
    for key, entry in entries.items():
        known = OWN_KEYS if key.startswith("x-") else SIGMA_KEYS
        if key not in known and near(key, known):
            page.warn(entry.key, f"unknown key {shown(key)}; {hint(key, known)}", "unknown-key")


def _status(page: ParseContext, entries: dict[str, Entry]) -> str:
    written = _text(page, entries, "status")
    if written and written not in _STATUSES:
        told = f"status: {shown(written)} is none of Sigma's; {hint(written, _STATUSES)}"
        page.warn(entries["status"].value, told, "status")
    return written


def _tags(page: ParseContext, entries: dict[str, Entry]) -> list[tuple[str, Node]]:
    if "tags" not in entries:
        return []
    node = entries["tags"].value
    nodes = node.value if isinstance(node, SequenceNode) else [node]
    if len(nodes) > _MOST_TAGS:
        raise page.error(node, f"tags: more than {_MOST_TAGS}; remove some", "too-large")
    return list(zip(texts(page, node, "tags"), nodes, strict=False))


def _bounded(page: ParseContext, entries: dict[str, Entry], key: str, longest: int) -> str:
    written = _text(page, entries, key, required=True)
    if len(written) > longest:
        raise page.error(entries[key].value, f"{key}: more than {longest} characters; shorten it", "shape")
    return written


def _text(page: ParseContext, entries: dict[str, Entry], key: str, *, required: bool = False) -> str:
    """The text of *key*; empty where it is absent, or null."""
    if key not in entries:
        return ""
    node = entries[key].value
    if isinstance(node, ScalarNode) and not node.value.strip() and not required:
        return ""
    return text(page, node, key).strip()


def _texts(page: ParseContext, entries: dict[str, Entry], key: str) -> tuple[str, ...]:
    return texts(page, entries[key].value, key) if key in entries else ()

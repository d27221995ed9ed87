"""Splits YAML into documents and reads them as nodes with positions, within bounds that hold for any input."""

import re
from collections.abc import Iterator

import yaml
from msgspec import Struct
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)  # fmt: skip
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from tocsin.sigma.syntax.parse_context import quoted
from tocsin.sigma.syntax.problems import Problem, RuleError

MAX_BYTES = 1 << 20
"""Of a file."""
MAX_DOCUMENTS = 2_000
"""Of a file."""
MAX_DEPTH = 64
"""Of lists and mappings within one another."""
MAX_NODES = 100_000
"""Of a file; reading them takes about a second."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CUT = re.compile(r"^(?:---|\.\.\.)(?=[ \t\n]|\Z)", re.MULTILINE)
"""At the start of a line these always end a document, so that an invalid one cannot affect the next one."""
_UNWRITABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STREAM = (StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent)


class RawDocument(Struct, frozen=True, kw_only=True):
    """One document of a file: its node, or its problem."""

    index: int
    """From 0, without empty documents; -1 for a problem of the whole file."""
    line: int = 1
    text: str = ""
    node: MappingNode | None = None
    problem: Problem | None = None


class _Budget:
    """The number of nodes that the file may still contain."""

    def __init__(self) -> None:
        self.nodes = MAX_NODES


def documents(file: str, content: bytes) -> Iterator[RawDocument]:
    """The documents of *content* in order; an invalid one has a problem, and the others are still read."""
    try:
        text = _text(file, content)
        pieces = list(_pieces(text))
        if len(pieces) > MAX_DOCUMENTS:
            raise _error(file, 0, 0, f"more than {MAX_DOCUMENTS:,} documents; split the file", "too-large")
    except RuleError as error:
        yield RawDocument(index=-1, problem=error.problem)
        return
    budget = _Budget()
    for index, (line, piece) in enumerate(pieces):
        try:
            node = _compose(file, piece, line, budget)
            yield RawDocument(index=index, line=line + 1, text=piece, node=node)
        except RuleError as error:
            yield RawDocument(index=index, line=line + 1, text=piece, problem=error.problem)


def _error(file: str, line: int, column: int, text: str, code: str) -> RuleError:
    return RuleError(Problem(file=file, line=line, column=column, text=text, code=code))


def _text(file: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        size = f"{len(content):,} bytes, and the limit for a rule file is {MAX_BYTES:,}; split it"
        raise _error(file, 0, 0, size, "too-large")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise _error(file, line, column, "not UTF-8; save the file as UTF-8", "encoding") from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    wrong = _UNWRITABLE.search(text)
    if wrong:
        line = text.count("\n", 0, wrong.start()) + 1
        column = wrong.start() - (text.rfind("\n", 0, wrong.start()) + 1) + 1
        raise _error(file, line, column, f"the character {quoted(wrong[0])} is not allowed in YAML; remove it", "yaml")
    return text


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """First line (from 0) and text of each document."""
    starts = [0, *(match.start() for match in _CUT.finditer(text))]
    line = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end]
        if not _is_empty(piece):
            yield line, "   " + piece[3:] if piece.startswith("...") else piece
        line += piece.count("\n")


def _is_empty(piece: str) -> bool:
    lines = (line.strip() for line in piece.split("\n"))
    return all(not line or line[0] in "#%" or line in ("---", "...") for line in lines)


def _compose(file: str, text: str, line: int, budget: _Budget) -> MappingNode:
    try:
        node = _Composer(file, line, budget).compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = _why(error, text)
        place = (mark.line + line + 1, mark.column + 1) if mark else (line + 1, 1)
        raise _error(file, *place, why, "yaml") from error
    except yaml.YAMLError as error:
        raise _error(file, line + 1, 1, f"not YAML: {' '.join(str(error).split())[:200]}", "yaml") from error
    if not isinstance(node, MappingNode):
        raise _error(file, line + 1, 1, "a document must be a mapping: `title: …`, `id: …`, `detection: …`", "shape")
    return node


def _why(error: yaml.MarkedYAMLError, text: str) -> str:
    text_ = ", ".join(part for part in (error.context, error.problem) if part)
    lines = text.split("\n", error.problem_mark.line + 1) if error.problem_mark else []
    if len(lines) > 1 and lines[-2].lstrip(" ").startswith("\t"):
        text_ += "; indent with spaces, not with tabs"
    elif "mapping values" in text_ or "expected <block end>" in text_ or "could not find expected ':'" in text_:
        text_ += "; check the indentation, and quote text that contains `: ` or starts with a special character"
    return f"not YAML: {text_}"


class _Composer:
    """Builds nodes from events without recursion; scalars have the types of YAML 1.1, as in Sigma's own tools."""

    _resolver = Resolver()

    def __init__(self, file: str, line: int, budget: _Budget) -> None:
        self._file = file
        self._line = line
        self._budget = budget
        self._root: Node | None = None
        self._open: list[tuple[Node, set[str]]] = []
        self._keys: list[ScalarNode | None] = []

    def compose(self, text: str) -> Node | None:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, CollectionEndEvent):
                self._open.pop()
                self._keys.pop()
            elif not isinstance(event, _STREAM):
                self._add(event)
        return self._root

    def _add(self, event: Event) -> None:
        start = event.start_mark
        line, column = (start.line, start.column) if start is not None else (0, 0)
        mark = yaml.Mark(self._file, 0, line + self._line, column, None, 0)
        node = self._node(event, mark)
        self._budget.nodes -= 1
        if self._budget.nodes < 0:
            raise self._refused(node, f"more than {MAX_NODES:,} values in one file; split it", "too-large")
        self._attach(node)
        if not isinstance(node, ScalarNode):
            if len(self._open) >= MAX_DEPTH:
                raise self._refused(node, f"nested more than {MAX_DEPTH} levels deep", "too-deep")
            self._open.append((node, set()))
            self._keys.append(None)

    def _node(self, event: Event, mark: yaml.Mark) -> Node:
        if isinstance(event, ScalarEvent):
            tag = event.tag
            if tag is None or tag == "!":
                tag = self._resolver.resolve(ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
            return ScalarNode(tag, event.value, mark, mark, event.style)
        if isinstance(event, SequenceStartEvent):
            return SequenceNode(event.tag or Resolver.DEFAULT_SEQUENCE_TAG, [], mark, mark)
        if isinstance(event, MappingStartEvent):
            return MappingNode(event.tag or Resolver.DEFAULT_MAPPING_TAG, [], mark, mark)
        name = str(event.anchor) if isinstance(event, AliasEvent) else ""
        raise self._refused(
            ScalarNode("", "", mark, mark),
            f"the alias *{name[:64]} is not supported here; write out its value",
            "alias",
        )

    def _attach(self, node: Node) -> None:
        if not self._open:
            if self._root is not None:
                raise self._refused(node, "a second document begins here; put `---` on a separate line", "yaml")
            self._root = node
            return
        parent, keys = self._open[-1]
        if isinstance(parent, SequenceNode):
            parent.value.append(node)
            return
        key = self._keys[-1]
        if key is not None:
            parent.value.append((key, node))
            self._keys[-1] = None
            return
        if not isinstance(node, ScalarNode):
            raise self._refused(node, "a key must be a text, not a list or a mapping", "shape")
        if node.tag == "tag:yaml.org,2002:merge":
            raise self._refused(node, "merge keys (<<) are not supported here; write out the values", "alias")
        if node.value in keys:
            raise self._refused(
                node, f"the key {quoted(node.value)} appears twice; merge the two or remove one", "duplicate-key"
            )
        keys.add(node.value)
        self._keys[-1] = node

    def _refused(self, node: Node, text: str, code: str) -> RuleError:
        return _error(self._file, node.start_mark.line + 1, node.start_mark.column + 1, text, code)

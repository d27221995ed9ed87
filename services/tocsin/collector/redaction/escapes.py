"""Readings of bytes that are not an event: unchanged, and with their escapes undone once and twice. Pure."""

from collections.abc import Iterator
from typing import Protocol

from tocsin.collector.redaction.json_strings import Span, Text, unescaped

_LEVELS = 2
"""In a container's log an event is a JSON string, so its own strings are escaped twice."""


class View(Protocol):
    """A decoded text that maps each span back to the bytes of the line."""

    @property
    def plain(self) -> bytes:
        """The decoded bytes."""

    def written(self, begin: int, end: int) -> Span:
        """The span of the line that encodes ``plain[begin:end]``, which is not empty."""


class _Identity:
    def __init__(self, plain: bytes) -> None:
        self.plain = plain

    def written(self, begin: int, end: int) -> Span:
        return begin, end


class _WithoutNul:
    """Without NUL bytes, which UTF-16 has between ASCII letters."""

    def __init__(self, raw: bytes) -> None:
        self.plain = raw.replace(b"\0", b"")
        self._raw = raw
        self._offsets: list[int] = []

    def written(self, begin: int, end: int) -> Span:
        if not self._offsets:
            self._offsets = [offset for offset, byte in enumerate(self._raw) if byte]
        return self._offsets[begin], self._offsets[end - 1] + 1


class _Unescaped:
    """Another view with its escapes undone."""

    def __init__(self, text: Text, escaped: View) -> None:
        self.plain = text.plain
        self._text = text
        self._escaped = escaped

    def written(self, begin: int, end: int) -> Span:
        return self._escaped.written(*self._text.written(begin, end))


def views(raw: bytes) -> Iterator[View]:
    """All views of *raw*, the unchanged one first."""
    yield from _levels(_Identity(raw))
    if b"\0" in raw:
        yield from _levels(_WithoutNul(raw))


def _levels(view: View) -> Iterator[View]:
    yield view
    for _ in range(_LEVELS):
        if b"\\" not in view.plain:
            return
        view = _Unescaped(unescaped(view.plain), view)
        yield view

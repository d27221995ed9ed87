"""What bytes that are no event may mean: as they stand, and with their escapes undone once and twice. Pure."""

from collections.abc import Iterator
from typing import Protocol

from tocsin.collector.redaction.json_strings import Span, Text, unescaped

_LEVELS = 2
"""A container's log holds an event as a string, whose texts are escaped once more."""


class View(Protocol):
    """A text, and the way back to the bytes that wrote it."""

    @property
    def plain(self) -> bytes:
        """What is looked at."""

    def written(self, begin: int, end: int) -> Span:
        """The bytes that wrote ``plain[begin:end]``, which is not empty."""


class _Identity:
    def __init__(self, plain: bytes) -> None:
        self.plain = plain

    def written(self, begin: int, end: int) -> Span:
        return begin, end


class _WithoutNul:
    """Without NUL bytes, as UTF-16 has them between plain letters."""

    def __init__(self, raw: bytes) -> None:
        self.plain = raw.replace(b"\0", b"")
        self._raw = raw
        self._places: list[int] = []

    def written(self, begin: int, end: int) -> Span:
        if not self._places:
            self._places = [place for place, byte in enumerate(self._raw) if byte]
        return self._places[begin], self._places[end - 1] + 1


class _Unescaped:
    """What a text of another view says."""

    def __init__(self, text: Text, under: View) -> None:
        self.plain = text.plain
        self._text = text
        self._under = under

    def written(self, begin: int, end: int) -> Span:
        return self._under.written(*self._text.written(begin, end))


def views(raw: bytes) -> Iterator[View]:
    """All views of *raw*, itself first."""
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

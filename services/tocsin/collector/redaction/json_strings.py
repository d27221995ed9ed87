"""Decodes JSON strings and maps decoded spans back to bytes of the line, so that only these are replaced. Pure."""

import re
from bisect import bisect_right
from collections.abc import Sequence

Span = tuple[int, int]

_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


class Text:
    """A decoded text that maps each span back to the bytes that encode it."""

    def __init__(self, plain: bytes, starts: Sequence[int], ends: Sequence[int], spans: Sequence[int]) -> None:
        """*starts* and *ends* of each escape in *plain*, and its span in the encoded bytes; see `unescaped`."""
        self.plain = plain
        self._starts = starts
        self._ends = ends
        self._spans = spans

    def written(self, begin: int, end: int) -> Span:
        """The span that encodes ``plain[begin:end]``, which is not empty; it never cuts an escape."""
        return self._byte(begin)[0], self._byte(end - 1)[1]

    def _byte(self, at: int) -> Span:
        """The span that encodes the byte at *at*."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return at, at + 1
        begin, end = self._spans[2 * index], self._spans[2 * index + 1]
        past = at - self._ends[index]
        return (begin, end) if past < 0 else (end + past, end + past + 1)


def unescaped(written: bytes) -> Text:
    """*written*, the content of a JSON string, without escapes; other bytes do not change. Never raises."""
    parts: list[bytes] = []
    starts: list[int] = []
    ends: list[int] = []
    spans: list[int] = []
    at = length = 0
    for piece in _ESCAPE.finditer(written):
        begin, end = piece.span()
        if begin < at:
            continue  # the second half of a surrogate pair
        decoded, end = _decoded(written, piece, end)
        parts += (written[at:begin], decoded)
        length += begin - at
        starts.append(length)
        length += len(decoded)
        ends.append(length)
        spans += (begin, end)
        at = end
    parts.append(written[at:])
    return Text(b"".join(parts), starts, ends, spans)


def _decoded(written: bytes, piece: "re.Match[bytes]", end: int) -> tuple[bytes, int]:
    if piece[1] is None:
        return _LETTERS.get(piece[2], piece[2]), end
    unit = int(piece[1], 16)
    if 0xD800 <= unit < 0xDC00:
        low = _ESCAPE.match(written, end)
        if low is not None and low[1] is not None and 0xDC00 <= int(low[1], 16) < 0xE000:
            unit = 0x10000 + ((unit - 0xD800) << 10) + int(low[1], 16) - 0xDC00
            end = low.end()
    return chr(unit).encode("utf-8", "surrogatepass"), end

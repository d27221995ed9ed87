"""A filter in an address, ``namespace=a,b&process=-/bin/x&q=curl``: addresses of the dashboard and of REST alike."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tocsin.model.filter.grammar import EXCLUDES, FIELDS, OLD_NAMES, TEXT, WORD, FilterError, signed, unsigned

NAMES = (*FIELDS, TEXT)
"""The parameters that are a filter's."""

_VALUE = re.compile(r"(?:\\.|[^\\,]|\\$)+", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\,-])")
_READABLE = "/:,!*'()"

Parameters = Mapping[str, Sequence[str]]
"""Each name with its values, as often as it was given."""


def read(parameters: Parameters) -> dict[str, list[str] | str]:
    """The filter as a JSON object: a field that is given twice is one list. `FilterError` for a wrong ``q``."""
    texts: dict[str, list[str]] = {}
    for name, given in parameters.items():
        texts.setdefault(OLD_NAMES.get(name, name), []).extend(given)
    wire: dict[str, list[str] | str] = {}
    for field in FIELDS:
        values = list(dict.fromkeys(value for text in texts.get(field, ()) for value in split(text)))
        if values:
            wire[field] = values
    if text := _text(texts.get(TEXT, [])):
        wire[TEXT] = text
    return wire


def write(wire: Mapping[str, Sequence[str] | str]) -> str:
    """The query string of a filter: what `read` reads, once it is split into parameters."""
    parts = []
    for field in FIELDS:
        values = [_escaped(value) for value in wire.get(field, ())]
        if values:
            parts.append(f"{field}={','.join(values)}")
    if wire.get(TEXT):
        parts.append(f"{TEXT}={quote(str(wire[TEXT]), safe=_READABLE)}")
    return "&".join(parts)


def split(text: str) -> list[str]:
    """The values of a list, ``a,-b``, as they travel in JSON; empty ones are left out."""
    return [value for part in _VALUE.findall(text) if (value := _value(part)) not in ("", EXCLUDES)]


def _text(texts: Sequence[str]) -> str:
    if len(texts) > 1:
        raise FilterError(f"{TEXT} must be given once")
    text = texts[0].strip() if texts else ""
    if text.count('"') % 2:
        raise FilterError(f"{TEXT}: a quotation mark is not closed")
    return text if any(phrase or word for phrase, word in WORD.findall(text)) else ""


def _value(part: str) -> str:
    excludes = part.startswith(EXCLUDES)
    plain = _ESCAPED.sub(r"\1", part.removeprefix(EXCLUDES) if excludes else part)
    return signed(plain, excludes=excludes)


def _escaped(value: str) -> str:
    text, excludes = unsigned(value)
    escaped = re.sub(r"[\\,]", r"\\\g<0>", text)
    escaped = f"\\{escaped}" if escaped.startswith(EXCLUDES) else escaped
    return quote(f"{EXCLUDES}{escaped}" if excludes else escaped, safe=_READABLE)

"""A filter in an address, ``ns=a,b&proc=-/bin/x&q=curl``: the page's own addresses and the questions of REST alike."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.window import row_filter as filters
from tocsin.gateway.window.row_filter import FIELDS, FilterError

NAMES = (*FIELDS, "q")
"""The parameters that are a filter's."""

_MAX_PARAMETERS = 256
_VALUE = re.compile(r"(?:\\.|[^\\,]|\\$)+", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\,-])")

Parameters = Mapping[str, Sequence[str]]
"""Each name with its values, as often as it was given."""


def read(query_string: str) -> dict[str, list[str]]:
    """The parameters of a query string that is still percent-encoded; `QueryError` for too many."""
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            query_string, keep_blank_values=True, errors="replace", max_num_fields=_MAX_PARAMETERS, separator="&"
        )
    except ValueError as error:
        raise QueryError(f"there may be at most {_MAX_PARAMETERS} parameters") from error
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def once(parameters: Parameters, *known: str) -> dict[str, str]:
    """The parameters beside a filter's; `QueryError` for one that is not *known* or stands twice."""
    single: dict[str, str] = {}
    for name, values in parameters.items():
        if name in NAMES:
            continue
        if name not in known:
            raise QueryError(f"{name[:64]}: no such parameter; known: {', '.join((*NAMES, *known))}")
        if len(values) > 1:
            raise QueryError(f"{name} must be given once")
        single[name] = values[0]
    return single


def wanted(parameters: Parameters) -> filters.Filter:
    """The filter that the parameters stand for; `QueryError` where they stand for none."""
    try:
        return filters.parse(wire(parameters))
    except FilterError as error:
        raise QueryError(str(error)) from error


def wire(parameters: Parameters) -> dict[str, list[str] | str]:
    """The filter as it travels on the WebSocket: a field that stands twice is one list."""
    found: dict[str, list[str] | str] = {}
    for field in FIELDS:
        values = list(dict.fromkeys(value for text in parameters.get(field, ()) for value in split(text)))
        if values:
            found[field] = values
    texts = parameters.get("q", ())
    if len(texts) > 1:
        raise QueryError("q must be given once")
    text = texts[0].strip() if texts else ""
    if text.count('"') % 2:
        raise QueryError("q: a quotation mark is not closed")
    if any(phrase or word for phrase, word in filters.WORD.findall(text)):
        found["q"] = text
    return found


def split(text: str) -> list[str]:
    """The values of a list, ``a,-b``, as they travel; what is empty is none."""
    return [value for part in _VALUE.findall(text) if (value := _value(part)) not in ("", filters.EXCLUDES)]


def _value(part: str) -> str:
    excludes = part.startswith("-")
    plain = _ESCAPED.sub(r"\1", part.removeprefix("-") if excludes else part)
    return filters.signed(plain, excludes=excludes)

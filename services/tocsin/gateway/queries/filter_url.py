"""The parameters of a REST query: those of its filter, and the others."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from tocsin.gateway.queries.params import QueryError
from tocsin.model.filter import OLD_NAMES, Filter, FilterError, grammar, query_string

_MAX_PARAMETERS = 256

Parameters = Mapping[str, Sequence[str]]
"""Each name with its values, as often as it was given."""


def read(text: str) -> dict[str, list[str]]:
    """The parameters of a query string that is still percent-encoded; `QueryError` for too many."""
    parameters: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MAX_PARAMETERS, separator="&")
    except ValueError as error:
        raise QueryError(f"there may be at most {_MAX_PARAMETERS} parameters") from error
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return parameters


def once(parameters: Parameters, *known: str) -> dict[str, str]:
    """The parameters that are not the filter's; `QueryError` for one that is not *known* or is given twice."""
    single: dict[str, str] = {}
    for name, values in parameters.items():
        if name in query_string.NAMES or name in OLD_NAMES:
            continue
        if name not in known:
            raise QueryError(f"{name[:64]}: no such parameter; known: {', '.join((*query_string.NAMES, *known))}")
        if len(values) > 1:
            raise QueryError(f"{name} must be given once")
        single[name] = values[0]
    return single


def parse(parameters: Parameters) -> Filter:
    """The filter of the parameters; `QueryError` if they are wrong."""
    try:
        return grammar.parse(query_string.read(parameters))
    except FilterError as error:
        raise QueryError(str(error)) from error

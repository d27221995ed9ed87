"""The parameters of requests, as the OpenAPI document tells of them."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tocsin.gateway.queries.aggregate import FIELD_OF
from tocsin.gateway.queries.params import MAX_ALERTS, MAX_FULL
from tocsin.gateway.queries.range_queries import MAX_ROWS, MAX_VALUES
from tocsin.gateway.window.row_filter import FIELDS, MAX_CHARACTERS

_LIST = "Values separated by commas, any of them; a leading minus excludes. In a value \\, and a leading \\- stand for"


class Parameter(Struct, frozen=True):
    """One parameter of a query."""

    name: str
    description: str
    schema: Mapping[str, Any]


_TEXT = {"type": "string", "maxLength": MAX_CHARACTERS}
_Q = Parameter("q", "Words that must all appear; in double quotes they are one.", _TEXT)

NEWEST = (
    Parameter("severity", "One or more, separated by commas.", {"type": "string", "examples": ["critical,high"]}),
    _Q,
    Parameter(
        "limit",
        f"How many; with full=1 at most {MAX_FULL}.",
        {"type": "integer", "minimum": 1, "maximum": MAX_ALERTS},
    ),
    Parameter("full", "1 for whole alerts instead of rows, 16 MiB at most.", {"type": "string", "enum": ["0", "1"]}),
)
SEQ = Parameter("seq", "Its sequence, where known: reaches past the live window.", {"type": "integer", "minimum": 1})

_FILTER = (
    *(Parameter(name, f"{_LIST} a comma and a minus.", {"type": "string"}) for name in FIELDS),
    _Q,
)
_TIME = {"type": ["string", "integer"], "examples": ["2026-11-23T14:08:12Z", 1_795_442_892_000]}
SPAN = (
    Parameter("from", "RFC 3339, or milliseconds since 1970; the whole second counts. 15 minutes before to.", _TIME),
    Parameter("to", "The same; what is at it or after it does not count. Now, where it is absent.", _TIME),
    *_FILTER,
)
ALERTS = (
    *SPAN,
    Parameter("before", "What an answer gave as before: the rows that follow it.", {"type": "string"}),
    Parameter("limit", "How many rows; 200 where absent.", {"type": "integer", "minimum": 1, "maximum": MAX_ROWS}),
)
TIMELINE = (
    *SPAN,
    Parameter("step", "Seconds of one bin.", {"type": "integer", "minimum": 1, "maximum": 86_400}),
)
FACETS = (
    *SPAN,
    Parameter("limit", "Values of a list; 10 where absent.", {"type": "integer", "minimum": 1, "maximum": MAX_VALUES}),
    Parameter("narrow", f"One of {', '.join(FIELD_OF)}, a colon, and a text that its values must hold.", _TEXT),
)
EXPORT = (
    Parameter("format", "Of the file.", {"type": "string", "enum": ["csv", "ndjson"]}),
    *SPAN,
)

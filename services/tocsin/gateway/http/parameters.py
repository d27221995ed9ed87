"""The parameters of endpoints: name, description and schema."""

from tocsin.gateway.http.endpoint import Parameter
from tocsin.gateway.queries.latest import MAX_ALERTS, MAX_FULL
from tocsin.gateway.queries.range_queries import MAX_ROWS, MAX_VALUES
from tocsin.model import alert_row
from tocsin.model.filter import FIELDS, MAX_CHARACTERS, OLD_NAMES

_VALUES = (
    "Values separated by commas: an alert passes if it has any of them. A leading minus excludes a value. In a value, "
    "write \\, for a comma and a leading \\- for a minus."
)
_TEXT = {"type": "string", "maxLength": MAX_CHARACTERS}
_TIME = {"type": ["string", "integer"], "examples": ["2026-11-23T14:08:12Z", 1_795_442_892_000]}

_WORDS = Parameter(
    "q", "Words that must all appear in the alert, in any case. Double quotes make one word of a phrase.", _TEXT
)
SEQ = Parameter(
    "seq",
    "The alert's sequence in the stream ALERTS, if known: with it, alerts older than the live window are found.",
    {"type": "integer", "minimum": 1},
)
NEXT = Parameter("next", "Path of the dashboard to go to after login.", {"type": "string"})
LATEST = (
    Parameter(
        "severity", "One or more severities, separated by commas.", {"type": "string", "examples": ["critical,high"]}
    ),
    _WORDS,
    Parameter(
        "limit",
        f"Number of alerts; at most {MAX_FULL} if full is 1.",
        {"type": "integer", "minimum": 1, "maximum": MAX_ALERTS},
    ),
    Parameter(
        "full", "1 for whole alerts instead of rows, at most 16 MiB of them.", {"type": "string", "enum": ["0", "1"]}
    ),
)
RANGE = (
    Parameter(
        "from",
        "Start of the time range, included: RFC 3339 or milliseconds since 1970, rounded down to a second. The "
        "default is 15 minutes before to.",
        _TIME,
    ),
    Parameter("to", "End of the time range, not included, rounded up to a second. The default is now.", _TIME),
    *(Parameter(name, f"Filter on {name}. {_VALUES}", {"type": "string"}, repeatable=True) for name in FIELDS),
    _WORDS,
    *(
        Parameter(old, f"Former name of {new}.", {"type": "string"}, repeatable=True, deprecated=True)
        for old, new in OLD_NAMES.items()
    ),
)
ALERTS = (
    *RANGE,
    Parameter("before", "The value before of an answer: asks for the rows after that answer.", {"type": "string"}),
    Parameter("limit", "Number of rows; the default is 200.", {"type": "integer", "minimum": 1, "maximum": MAX_ROWS}),
)
TIMELINE = (
    *RANGE,
    Parameter("step", "Width of a bin, seconds.", {"type": "integer", "minimum": 1, "maximum": 86_400}),
)
FACETS = (
    *RANGE,
    Parameter(
        "limit",
        "Number of values in each list; the default is 10.",
        {"type": "integer", "minimum": 1, "maximum": MAX_VALUES},
    ),
    Parameter(
        "narrow",
        "Lists only the values of one field that contain a text. The value is the field, a colon and the text; the "
        f"field is one of {', '.join(alert_row.FACETS)}.",
        _TEXT,
    ),
)
EXPORT = (Parameter("format", "File format.", {"type": "string", "enum": ["csv", "ndjson"]}), *RANGE)

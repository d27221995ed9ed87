"""Why bytes are not an event, in words for a person: the reason in a dead letter."""

import re

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_CRI = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP] ")
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_STAMP_INSIDE = re.compile(rb"[^\"0-9]\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_TRAILING = "trailing characters"
_CUT = "truncated"


def why_not(line: bytes, error: Exception) -> str:
    """The reason in words; *error* is that of the decoder."""
    text = line.strip()
    if not text:
        return "an empty line"
    if text.startswith(_GZIP):
        return "compressed bytes (gzip), not a line of text"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: byte {error.start} is {line[error.start]:#04x}"
    if isinstance(error, RecursionError):
        return "JSON nested too deeply"
    if text.startswith(_BOM):
        return "begins with a byte order mark, so it is no JSON"
    if text[:1] == b"\0":
        return "NUL bytes before the JSON (a file that was not written to its end)"
    if _CRI.match(text):
        return "a line of a container's log file with its prefix, not the event alone"
    if _STAMP.match(text):
        return "begins with a time, so it is no JSON (log lines must be read without time stamps)"
    if text[:1].isalpha() and text not in (b"true", b"false", b"null"):
        return "text, not JSON (a log line of the agent, or of the wrong container)"
    return f"not a JSON event: {_detail(text, str(error))}"


def _detail(text: bytes, said: str) -> str:
    if _TRAILING in said:
        return f"more than one JSON value in one line ({said})"
    if text[:1] == b"{" and _STAMP_INSIDE.search(text):
        return f"a time stamp in the middle of the line ({said})"
    if _SURROGATE.search(text) and any(word in said for word in (_CUT, "escape", "surrogate")):
        return "half of a surrogate pair in a text, which is no Unicode"
    if _CUT in said and text[:1] in (b"{", b"["):
        return "it ends before the JSON does (a line that was cut)"
    return said

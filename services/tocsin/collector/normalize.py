"""Turns one line into a message of EVENTS, a dead letter with a reason, or nothing if it is empty. Pure.

Ids are hashes of the line as it was read; the payload is redacted.
"""

import functools
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tocsin.bus import (
    CLUSTER_HEADER,
    HASH_HEADER,
    LENGTH_HEADER,
    NODE_HEADER,
    RECEIVED_HEADER,
    SOURCE_HEADER,
)
from tocsin.collector.redaction import Redacted, Redactor
from tocsin.collector.settings import DEFAULT_CLUSTER
from tocsin.collector.sources.base import Line
from tocsin.model import ids, subjects
from tocsin.model.errors import BadEvent
from tocsin.model.event import read_head

UNKNOWN_NODE = "unknown"
REDACTED_HEADER = "Tocsin-Redacted"
"""Number of replaced values in the payload; absent if none was replaced."""
WITHHELD = "unredacted"
"""The class of lines that could not be redacted: only their length, hash and reason are sent."""

_NAME_CHARACTERS = 256
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")
"""Characters that need no escape in a header's value; a space at its end would be lost."""


class Origin(Struct, frozen=True):
    """Cluster, node and source of the lines."""

    cluster: str
    """Empty: the name in each event, else ``default``."""
    node: str
    """Empty: the name in each event, else ``unknown``."""
    key: str
    """The source's key in the bucket."""


class Publication(Struct, frozen=True, gc=False):
    """A message for EVENTS."""

    subject: str
    id: str
    headers: dict[str, str]


class DeadLetter(Struct, frozen=True, gc=False):
    """A line that is not an event, and why."""

    id: str
    reason: str
    """The reason, in words."""
    kind: str
    """The class of the reason, one of a few words, for a metric's label."""
    headers: dict[str, str]


def normalize(line: Line, origin: Origin) -> Publication | DeadLetter | None:
    """The message or dead letter of *line*; ``None`` if it is empty. No bytes make it raise an exception."""
    raw = line.raw
    if line.digest:
        text = f"a line of {line.size:,} bytes is longer than the limit: only its first {len(raw):,} are kept"
        return dead_letter(line, origin, text, "too_long")
    if not raw or raw.isspace():
        return None
    try:
        head = read_head(raw)
    except BadEvent as error:
        return dead_letter(line, origin, *explain(raw, str(error)))
    cluster = head.cluster or origin.cluster or DEFAULT_CLUSTER
    node = origin.node or head.node or UNKNOWN_NODE
    headers = dict(_headers(cluster[:_NAME_CHARACTERS], node[:_NAME_CHARACTERS], origin.key))
    headers[RECEIVED_HEADER] = str(line.received_ns)
    subject = _subject((origin.cluster or cluster)[:_NAME_CHARACTERS], node[:_NAME_CHARACTERS], head.kind)
    return Publication(subject, ids.event_id(cluster, node, raw), headers)


def dead_letter(line: Line, origin: Origin, reason: str, kind: str) -> DeadLetter:
    """*line* as a dead letter; its id depends on bytes and place, so that equal lines do not replace each other."""
    headers = dict(
        _headers(
            (origin.cluster or DEFAULT_CLUSTER)[:_NAME_CHARACTERS],
            (origin.node or UNKNOWN_NODE)[:_NAME_CHARACTERS],
            origin.key,
        )
    )
    headers[RECEIVED_HEADER] = str(line.received_ns)
    if line.digest:
        headers |= {LENGTH_HEADER: str(line.size), HASH_HEADER: line.digest}
    return DeadLetter(ids.dead_id(line.raw, f"{origin.key}:{line.place}:{line.digest}"), reason, kind, headers)


def redact(
    line: Line, message: Publication | DeadLetter, origin: Origin, redactor: Redactor | None
) -> tuple[Publication | DeadLetter, Redacted]:
    """*message* and its redacted payload; if *line* cannot be redacted, a dead letter without its bytes."""
    if redactor is None:
        return message, Redacted(line.raw)
    try:
        redacted = redactor.event(line.raw) if isinstance(message, Publication) else redactor.text(line.raw)
        if isinstance(message, DeadLetter):
            reason = redactor.text(message.reason.encode("utf-8", "replace")).raw.decode()
            message = msgspec.structs.replace(message, reason=reason)
    except Exception as error:  # any error: bytes that were not redacted must not leave the node
        why = str(error) if isinstance(error, ValueError) else type(error).__name__
        dead = dead_letter(line, origin, f"withheld, it could not be redacted: {why}", WITHHELD)
        digest = hashlib.blake2b(line.raw, digest_size=16).hexdigest()
        dead.headers.setdefault(LENGTH_HEADER, str(len(line.raw)))
        dead.headers.setdefault(HASH_HEADER, digest)
        return dead, Redacted(b"")
    if redacted.by_class:
        message.headers[REDACTED_HEADER] = str(redacted.count)
    return message, redacted


def source_of(headers: Mapping[str, str]) -> str:
    """The key of the source that stored a message."""
    return headers.get(SOURCE_HEADER, "")


@functools.lru_cache(maxsize=1024)
def _headers(cluster: str, node: str, key: str) -> dict[str, str]:
    return {CLUSTER_HEADER: header(cluster), NODE_HEADER: header(node), SOURCE_HEADER: key}


@functools.lru_cache(maxsize=4096)
def _subject(cluster: str, node: str, kind: str) -> str:
    return subjects.event(cluster, node, kind)


def header(text: str) -> str:
    """*text* as a header's value, percent-encoded except printable ASCII; `unquote` decodes it."""
    return quote(text, safe=_PLAIN, errors="surrogatepass")


_TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
_PREFIX_BYTES = 512
_KNOWN: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        re.compile(_TIME + rb" (?:stdout|stderr) [FP] "),
        "container_log",
        "a container log's line with its CRI prefix: point the collector at Tetragon's export file instead",
    ),
    (
        re.compile(rb'\s*\{"log":"'),
        "container_log",
        "a line of Docker's json-file log: point the collector at Tetragon's export file instead",
    ),
    (
        re.compile(_TIME + rb"\s*\{"),
        "timestamp",
        "there is a timestamp before the event: read the log without timestamps",
    ),
    (
        re.compile(rb"(?:time=\S+ )?level=\w+ "),
        "agent_log",
        "a log line of the Tetragon agent: this is its own log, not its export",
    ),
    (
        re.compile(rb'\s*\{(?=.{0,400}"level":\s?")(?=.{0,400}"msg":\s?")', re.DOTALL),
        "agent_log",
        "a log line of the Tetragon agent in JSON: this is its own log, not its export",
    ),
    (re.compile(rb"\xef\xbb\xbf"), "byte_order_mark", "there is a byte order mark before the JSON"),
    (re.compile(rb"\xff\xfe|\xfe\xff"), "encoding", "UTF-16, not UTF-8"),
    (re.compile(rb"\x00+"), "nul", "it begins with NUL bytes: the node or its disk failed during the write"),
    (re.compile(rb"\x1f\x8b"), "gzip", "gzip data: name a compressed file .gz"),
)


def explain(raw: bytes, why: str) -> tuple[str, str]:
    """A helpful reason and its class for bytes that are not an event; *why* is the decoder's error."""
    beginning = raw[:_PREFIX_BYTES]
    for pattern, kind, reason in _KNOWN:
        if pattern.match(beginning):
            return f"{reason} ({why})", kind
    for phrase, kind in (("not UTF-8", "encoding"), ("no event", "no_event"), ("two event keys", "two_events")):
        if phrase in why:
            return why, kind
    return why, "not_json" if beginning.lstrip()[:1] in (b"{", b"[") else "text"

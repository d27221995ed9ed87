"""Lines that are no events: text, logs, cut lines, other encodings; and lines that cannot be looked at."""

import base64
import gzip
import json

import pytest

from tocsin.bus import HASH_HEADER, LENGTH_HEADER
from tocsin.collector.normalize import (
    REDACTED_HEADER,
    WITHHELD,
    DeadLetter,
    Origin,
    Publication,
    normalize,
    redact,
)
from tocsin.collector.redaction import Redactor
from tocsin.collector.redaction.finder import MOST_SECRETS
from tocsin.collector.sources.base import Line
from tocsin.model import ids
from tocsin.model.checkpoint import Position

_REDACTOR = Redactor()
_ORIGIN = Origin("c", "n", "collector.c.n.0")
_EVENT = '{"process_exec":{"process":{"binary":"/usr/bin/mysql","arguments":"-uroot -phunter2 x"}},"node_name":"n"}'


def _text(raw: bytes) -> bytes:
    return _REDACTOR.text(raw).raw


@pytest.mark.parametrize(
    "raw",
    [
        b'time="2024-01-01T00:00:00Z" level=info msg="started" password=hunter2',
        b"failed to dial https://me:hunter2@host/x: refused",
        b"2024-05-01T10:00:00.1Z stdout F " + _EVENT.encode(),
        json.dumps({"log": _EVENT + "\n", "stream": "stdout"}).encode(),
        json.dumps({"log": json.dumps({"log": '--password "hunter2"'})}).encode(),
        _EVENT.encode()[:-24],
        _EVENT.encode()[40:],
        b'{"process_exec":{"process":{"environment_variables":[{"Key":"DB_PASSWORD","Value":"hunter2',
        b'{"process_exec":{"process":{"arguments":"\\u002d\\u002dpassword=hunter2',
        b'{"process_exec":{"process":{"arguments":"--password=hunter2\\u00',
        b'{"a":"--password hunter2 and more"}',
        _EVENT.encode("utf-16"),
        _EVENT.encode("utf-16-be"),
        b"\0\0\0--password=hunter2",
        b"\xff\xfe --password=hunter2 \xff",
        b'{"process_kprobe":{"args":[{"bytes_arg":"' + base64.b64encode(b"x password=hunter2")[:-2],
    ],
)
def test_a_line_that_is_no_event_loses_its_secrets_and_nothing_else(raw: bytes) -> None:
    left = _text(raw)
    flat = left.replace(b"\0", b"")
    assert b"hunter2" not in flat
    assert base64.b64encode(b"x password=hunter2")[:-2] not in flat
    assert b"*****" in left
    first, last = left.split(b"*****")[0], left.split(b"*****")[-1]
    assert raw.startswith(first)
    assert raw.endswith(last)


@pytest.mark.parametrize(
    "raw", [b"garbage", b"\0" * 100, b"[" * 1000, b'{"a":1}', b"\\" * 99, b"", b'{"x":"a\\u0041b"}']
)
def test_a_line_without_a_secret_stays(raw: bytes) -> None:
    assert _text(raw) == raw


@pytest.mark.parametrize(
    ("whole", "least"),
    [
        ("ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6", 5),
        ("AKIAIOSFODNN7EXAMPLE", 6),
        ("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 22),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlLW9mLWl0", 8),
        ("https://me:hunter2@host/", 12),
        ('{"password":"my long hunter2"}', 14),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC", 30),
        ("Authorization: Bearer abcdef123456", 24),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", 10),
    ],
)
def test_the_beginning_of_a_secret_that_the_end_cuts_is_replaced(whole: str, least: int) -> None:
    for length in range(least, len(whole) + 1):
        left = _text(b"x " * 10 + whole[:length].encode())
        assert b"*****" in left, whole[:length]
        assert not left.endswith(whole[least - 1 : length].encode()), (whole[:length], left)


def _line(raw: bytes, digest: str = "") -> Line:
    return Line(raw, Position(), "f:1", len(raw) + 1, 1_700_000_000_000_000_000, digest)


def _made(raw: bytes, digest: str = "") -> tuple[Publication | DeadLetter, bytes]:
    line = _line(raw, digest)
    made = normalize(line, _ORIGIN)
    assert made is not None
    made, redacted = redact(line, made, _ORIGIN, _REDACTOR)
    return made, redacted.raw


def test_the_id_is_made_of_the_line_as_it_was_read_and_the_count_is_told() -> None:
    raw = _EVENT.encode()
    made, payload = _made(raw)
    assert isinstance(made, Publication)
    assert made.id == ids.event_id("c", "n", raw)
    assert payload == raw.replace(b"hunter2", b"*****")
    assert made.headers[REDACTED_HEADER] == "1"
    untouched, payload = _made(raw.replace(b"-phunter2", b""))
    assert payload == raw.replace(b"-phunter2", b"")
    assert REDACTED_HEADER not in untouched.headers


def test_a_dead_letter_keeps_its_id_and_loses_its_secrets() -> None:
    raw = b"level=error msg=x password=hunter2"
    made, payload = _made(raw)
    assert isinstance(made, DeadLetter)
    assert made.id == ids.dead_id(raw, f"{_ORIGIN.key}:f:1:")
    assert payload == raw.replace(b"hunter2", b"*****")
    assert made.headers[REDACTED_HEADER] == "1"


def test_the_reason_of_a_dead_letter_holds_no_secret_of_the_line() -> None:
    made, payload = _made(b'{"process_exec":{},"ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6":{}}')
    if isinstance(made, DeadLetter):
        assert "ghp_" not in made.reason
        assert b"ghp_" not in payload


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(_EVENT.encode()).replace(b"\n", b""),
        b"token=a " * (MOST_SECRETS + 1),
        b'{"process_exec":{"process":{"arguments":"' + b"token=a " * (MOST_SECRETS + 1) + b'"}}}',
    ],
)
def test_of_what_cannot_be_redacted_only_length_hash_and_reason_go_out(raw: bytes) -> None:
    made, payload = _made(raw)
    assert isinstance(made, DeadLetter)
    assert made.kind == WITHHELD
    assert payload == b""
    assert "withheld" in made.reason
    assert made.headers[LENGTH_HEADER] == str(len(raw))
    assert len(made.headers[HASH_HEADER]) == 32
    assert made.id == ids.dead_id(raw, f"{_ORIGIN.key}:f:1:")


def test_a_line_over_the_limit_is_redacted_and_tells_the_hash_of_the_whole() -> None:
    raw = _EVENT.encode()[:85]
    made, payload = _made(raw, digest="ab" * 16)
    assert isinstance(made, DeadLetter)
    assert b"-phun" not in payload
    assert made.headers[HASH_HEADER] == "ab" * 16


def test_without_a_redactor_lines_go_out_as_they_are() -> None:
    line = _line(_EVENT.encode())
    made = normalize(line, _ORIGIN)
    assert made is not None
    assert redact(line, made, _ORIGIN, None)[1].raw == line.raw

"""Whatever the event and wherever a secret stands in it: it is gone, and nothing else has changed."""

import base64
import json
import re
import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.collector.redaction import Redactor, parse
from tocsin.collector.redaction.finder import TooManySecrets
from tocsin.collector.redaction.redactor import Unreadable
from tocsin.model.event import read_head

_REDACTOR = Redactor()
_MARK = "*****"
_LETTERS = string.ascii_letters + string.digits
_secrets = st.builds(lambda text: "S3x9" + text, st.text(_LETTERS + "!#%^_+~.é世", min_size=4, max_size=20))
_words = st.text(st.characters(exclude_categories=("Cs",)), max_size=12).filter(lambda text: "*" not in text)
_GAPS = (
    "{}",
    "--password={}",
    "--api-token {}",
    "PGPASSWORD={}",
    '"secret": "{}"',
    "postgres://me:{}@db/x",
    "<password>{}</password>",
)
_templates = st.sampled_from(_GAPS[1:])


def _arguments(text: str) -> dict[str, Any]:
    return {"process_exec": {"process": {"binary": "/bin/x", "arguments": text}}}


_PLACES = (
    _arguments,
    lambda text: {"process_exec": {"parent": {"arguments": text, "pid": 7}}},
    lambda text: {"process_exit": {"ancestors": [{"arguments": "a"}, {"arguments": text}]}},
    lambda text: {"process_exec": {"process": {"environment_variables": [{"Key": "A", "Value": text}]}}},
    lambda text: {"process_kprobe": {"args": [{"int_arg": 1}, {"string_arg": text}], "return": {"int_arg": -1}}},
    lambda text: {"process_lsm": {"return": {"string_arg": text}}},
    lambda text: {"process_tracepoint": {"args": [{"string_arg": "x"}, {"string_arg": text}]}},
    lambda text: {"process_uprobe": {"data": [{"string_arg": text}]}},
    lambda text: {"process_usdt": {"args": [{"a_newer_arg": {"text": text}}]}},
)
_places = st.sampled_from(_PLACES)


def _hidden(text: str, escapes: list[int]) -> str:
    """*text* as a JSON string in which some characters are escaped that need not be."""
    written = []
    for index, character in enumerate(text):
        how = escapes[index % len(escapes)]
        if how == 1 and ord(character) < 0x10000:
            written.append(f"\\u{ord(character):04x}")
        elif how == 2 and character == "/":
            written.append("\\/")
        else:
            written.append(json.dumps(character, ensure_ascii=how == 3)[1:-1])
    return '"' + "".join(written) + '"'


@settings(max_examples=400)
@given(_secrets, _templates, _words, _words, _places, st.lists(st.integers(0, 3), min_size=1, max_size=7))
def test_a_planted_secret_is_gone_and_all_else_is_equal(
    secret: str, template: str, before: str, after: str, place: Any, escapes: list[int]
) -> None:
    text = f"{before} {template.format(secret)} {after}"
    body = {**place("@@"), "node_name": "n1", "time": "2026-01-01T00:00:00Z"}
    raw = json.dumps(body).replace('"@@"', _hidden(text, escapes)).encode()
    redacted = _REDACTOR.event(raw)
    left = json.loads(redacted.raw)
    assert secret not in json.dumps(left, ensure_ascii=False)
    assert redacted.count >= 1
    texts: list[str] = []
    masked = _masked(left, texts)
    assert masked == _masked(json.loads(raw), [])
    assert any(_MARK in each for each in texts)
    head = read_head(redacted.raw)
    assert head.node == "n1"


def _masked(value: Any, texts: list[str]) -> Any:
    """*value* with each text that may have changed left out."""
    if isinstance(value, dict):
        return {key: _masked(each, texts) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, texts) for each in value]
    if isinstance(value, str) and ("S3x9" in value or _MARK in value):
        texts.append(value)
        return ""
    return value


@pytest.mark.slow
@settings(max_examples=300)
@given(_secrets, _templates, st.lists(st.integers(0, 3), min_size=1, max_size=7))
def test_only_the_secrets_own_bytes_change(secret: str, template: str, escapes: list[int]) -> None:
    raw = (
        json.dumps({**_arguments("@@"), "x": 1.50})
        .replace('"@@"', _hidden(f"a\n{template.format(secret)} z", escapes))
        .encode()
    )
    left = _REDACTOR.event(raw).raw
    first, *rest = left.split(b"*****")
    assert len(rest) == 1
    assert raw.startswith(first)
    assert raw.endswith(rest[0])
    assert json.loads(left)["process_exec"]["process"]["arguments"] == f"a\n{template.format(_MARK)} z"


@given(st.text(max_size=40), st.text(_LETTERS, min_size=4, max_size=12))
def test_a_variables_whole_value_is_gone_whatever_it_is(value: str, name: str) -> None:
    variables = [{"Key": f"{name}_PASSWORD", "Value": "S3x9" + value}]
    raw = json.dumps({"process_exec": {"process": {"environment_variables": variables}}}).encode()
    left = json.loads(_REDACTOR.event(raw).raw)["process_exec"]["process"]["environment_variables"]
    assert left == [{"Key": f"{name}_PASSWORD", "Value": _MARK}]


@given(st.binary(max_size=40), _secrets, st.binary(max_size=40))
def test_a_secret_in_a_buffer_is_gone(before: bytes, secret: str, after: bytes) -> None:
    buffer = before + b"\nAuthorization: Bearer " + secret.encode() + b"\r\n" + after
    raw = json.dumps({"process_kprobe": {"args": [{"bytes_arg": base64.b64encode(buffer).decode()}]}}).encode()
    left = json.loads(_REDACTOR.event(raw).raw)["process_kprobe"]["args"][0]["bytes_arg"]
    assert base64.b64decode(left) == b"*****"


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from([t.format("S3x9abcd") for t in _GAPS]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["arguments", "binary", "Key", "Value", "bytes_arg", "pod_labels", "x", "name"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(_json, st.sampled_from([None, (",", ":"), (", ", ":")]))
def test_any_json_stays_json_of_the_same_shape_and_a_second_time_changes_nothing(value: Any, separators: Any) -> None:
    raw = json.dumps({"process_exec": value}, separators=separators).encode()
    once = _REDACTOR.event(raw)
    assert _shape(json.loads(once.raw)) == _shape(json.loads(raw))
    again = _REDACTOR.event(once.raw)
    assert (again.raw, again.count) == (once.raw, 0)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    return type(value).__name__


_bits = st.sampled_from(
    [b'"', b"\\", b"\\u00", b"\\ud83d", b"{", b"}", b"[", b"]", b":", b"arguments", b"password=", b"-p", b"mysql ", b"\xff", b"\0",
     b"bytes_arg", b"//u:p@", b"eyJ", b"-----BEGIN PRIVATE KEY-----", b" ", b"*****", b"Authorization:", b"'", b"Key", b"token"]
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(_bits | st.binary(max_size=4), max_size=30).map(b"".join))
def test_arbitrary_bytes_never_raise_but_in_the_ways_that_are_told(raw: bytes) -> None:
    own = Redactor(parse(b"x([^y]+)\n", "f"))
    for redactor in (_REDACTOR, own):
        redactor.event(raw)
        try:
            redactor.text(raw)
        except (TooManySecrets, Unreadable):
            assert raw[:1] in (b"\x1f", b"\x28", b"B", b"\xfd")


@pytest.mark.slow
@settings(max_examples=300)
@example("S3x900000000000#0", "postgres://me:{}@db/x", 98, 0)
@given(_secrets, _templates, st.integers(0, 400), st.sampled_from([0, 1, 2]))
def test_in_a_line_that_is_cut_anywhere_no_piece_of_the_secret_is_left(
    secret: str, template: str, cut: int, levels: int
) -> None:
    line = json.dumps({**_arguments(f"run {template.format(secret)} now"), "node_name": "n"}, ensure_ascii=False)
    for _ in range(levels):
        line = json.dumps({"log": line}, ensure_ascii=False)
    raw = line.encode()[:cut]
    left = _REDACTOR.text(raw).raw
    assert secret.encode() not in left
    piece = re.search(rb"S3x9[^\s\"\\@<]{2,}", left)
    assert piece is None or cut <= line.encode().index(secret.encode()) + len("S3x9") + 2

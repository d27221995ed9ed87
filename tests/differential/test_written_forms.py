"""How a value is written in YAML: quoted or not, as a number, a truth or nothing, read by us as pySigma reads it."""

import json

import pytest
import yaml
from sigma.exceptions import SigmaError

from support.pysigma_diff import compare, load, shown
from support.pysigma_sql import Oracle

FORMS = (
    "0x1F", "017", "0o17", "1_000", "1e3", "1.0", "1.50", ".5", "+5", "-0", "1:30", "1:30.5", "yes", "On", "TRUE", "y", "NULL", "~",
    '"5"', "'yes'", "5 # five", '"a\\tb"', "'it''s'", "!!str 5", '!!int "5"', "1e400", "08", "0b11", "[1, yes, x]",
    "|-\n      a\n      b", ">-\n      a\n      b", "a\n      b", r'"\\"', r"'\*'", r"\\*", r"\\\*", r"\\\\", "'\\'", "[]", "[~]",
    "[5, '5']", "''", '"*"', '"\\x41"', "a#b", "a:b", "-x", "12345678901234567890",
)  # fmt: skip
MODIFIERS = ("", "|neq", "|contains", "|endswith", "|cased", "|gt", "|lte", "|exists", "|re", "|all", "|windash")
TEXTS = (
    "5", "+5", "0", "15", "017", "31", "0x1F", "1", "1.0", "1.5", "1.50", "0.5", ".5", "90", "90.5", "1:30", "1000", "1_000", "1e3",
    "true", "True", "yes", "y", "On", "NULL", "~", "null", "5 # five", "a\tb", "it's", "08", "8", "3", "0b11", "x", "a b", "a\nb",
    "\\", "\\\\", "*", "\\*", "\\x", "\\\\*", "a: b", "-", "1e400", "-0", "A", "a#b", "a:b", "-x", "/x", "12345678901234567890",
)  # fmt: skip
_REWRITTEN = (
    "0x1F", "017", "1_000", "1.50", ".5", "+5", "-0", "1:30", "1:30.5", "yes", "On", "TRUE", "NULL", "~", "0b11", "[1, yes, x]", "[~]",
)  # fmt: skip
KNOWN = {
    ("|re", form): "pySigma writes the number or truth anew and searches for that; we search for what is written"
    for form in _REWRITTEN
}
"""What is read in two ways by choice."""


def event(message: str | None) -> bytes:
    body = {"process": {"binary": "/bin/sh"}, **({"message": message} if message is not None else {})}
    return json.dumps({"process_kprobe": body, "time": "2026-11-24T12:00:00Z"}).encode()


LINES = [event(text) for text in (None, *TEXTS)]


def rule(modifier: str, form: str) -> str:
    return (
        "title: A rule\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: tetragon}\nlevel: low\n"
        f"detection:\n  sel:\n    message{modifier}: {form}\n  condition: sel\n"
    )


def taken(text: str) -> bool:
    try:
        Oracle(text).judge([])
    except (SigmaError, yaml.YAMLError):
        return False
    return True


@pytest.mark.parametrize("modifier", MODIFIERS, ids=lambda modifier: modifier or "none")
def test_a_value_means_the_same_however_it_is_written(modifier):
    compared = 0
    for form in FORMS:
        text = rule(modifier, form)
        if (modifier, form) in KNOWN or not taken(text):
            continue
        outcome = compare(text, load(text), LINES)
        assert not outcome.differences, f"{form}: {shown(outcome)}"
        compared += 1
    assert compared >= len(FORMS) // 4 or modifier in ("|gt", "|lte", "|exists")

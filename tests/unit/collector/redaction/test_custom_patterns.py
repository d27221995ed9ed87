"""Patterns of the operator's own, and the settings that name them."""

import json
from pathlib import Path

import pytest

from tocsin.collector.redaction import Redactor, make, parse
from tocsin.collector.settings import Settings
from tocsin.model.errors import SettingsError


def _left(patterns: bytes, text: str) -> str:
    raw = json.dumps({"process_exec": {"process": {"binary": "/x", "arguments": text}}}, ensure_ascii=False).encode()
    redacted = Redactor(parse(patterns, "own.txt")).event(raw)
    if redacted.count:
        assert set(redacted.by_class) == {"own"}
    return str(json.loads(redacted.raw)["process_exec"]["process"]["arguments"])


@pytest.mark.parametrize(
    ("pattern", "text", "left"),
    [
        (r"badge=(\d+)", "a badge=1234 b badge=5", "a badge=***** b badge=*****"),
        (r"(?i)card (\d{4})-(\d{4})", "Card 1234-5678", "Card *****-*****"),
        (r"^(\w+) first", "alpha first", "***** first"),
        (r"last (\w+)$", "last omega", "last *****"),
        (r"\bpin (\d+)\b", "pin 1234", "pin *****"),
        (r'name: "([^"]+)"', 'name: "a b"', 'name: "*****"'),
        ("ключ=(\\S+)", "ключ=тайна x", "ключ=***** x"),
        (r"cut=(.)", "cut=é rest", "cut=***** rest"),
        (r"tab=\t(\S+)", "tab=\tx y", "tab=\t***** y"),
    ],
)
def test_what_the_groups_hold_is_replaced(pattern: str, text: str, left: str) -> None:
    assert _left(pattern.encode(), text) == left


def test_comments_empty_lines_and_line_ends_of_windows_are_no_patterns() -> None:
    assert _left(b"\xef\xbb\xbf# ours\r\n\r\n  badge=(\\d+)  \r\n# end", "badge=7") == "badge=*****"
    assert _left(b"# nothing\n", "badge=7") == "badge=7"


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"# fine\nbadge=(\\d+\n", 2, "not a valid RE2 expression"),
        (b"(a)\n\n(?=x)(y)\n", 3, "not a valid RE2 expression"),
        (b"(a)\nbadge=\\d+\n", 2, "capture group"),
        (b"(x*)\n", 1, "matches the empty text"),
        (b"(a)\n(\xff)\n", 2, "not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_told_with_file_and_line(content: bytes, line: int, word: str) -> None:
    with pytest.raises(SettingsError, match=f"^own.txt, line {line}: .*{word}"):
        parse(content, "own.txt")


def test_a_file_is_bounded() -> None:
    with pytest.raises(SettingsError, match="501 patterns, at most 500"):
        parse(b"(a)\n" * 501, "own.txt")
    with pytest.raises(SettingsError, match="at most 262,144"):
        parse(b"#" * 300_000, "own.txt")


def test_no_pattern_makes_a_line_take_for_ever() -> None:
    assert _left(b"(a+)+b$|((x|xx)+)+y", "a" * 5_000 + " " + "x" * 5_000) == "a" * 5_000 + " " + "x" * 5_000


def test_the_settings_name_a_file_which_is_read_at_start(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(b"badge=(\\d+)\n")
    redactor = make(Settings(redact_patterns_file=str(file)))
    assert redactor is not None
    raw = b'{"process_exec":{"process":{"arguments":"badge=12 --password=x"}}}'
    assert redactor.event(raw).by_class == {"own": 1, "named": 1}


def test_a_missing_file_and_settings_that_contradict_each_other_stop_the_start(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.txt")
    with pytest.raises(SettingsError, match=r"TOCSIN_COLLECTOR_REDACT_PATTERNS_FILE: .*gone\.txt cannot be read"):
        make(Settings(redact_patterns_file=gone))
    with pytest.raises(SettingsError, match="TOCSIN_COLLECTOR_REDACT is off"):
        make(Settings(redact="off", redact_patterns_file=gone))


def test_redaction_is_on_by_default_and_can_be_turned_off() -> None:
    assert make(Settings()) is not None
    assert make(Settings(redact="off")) is None

"""A log line cannot be forged by what it tells of."""

import json
import logging

from tocsin.model.text import printable
from tocsin.runtime.logs import JsonLines, readable


def record(text: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": text, "levelname": "INFO", "name": "tocsin.x"})
    vars(made).update(extra)
    return made


def test_a_record_is_one_line_of_json_with_its_keys() -> None:
    line = JsonLines("x", "1").format(record("file.opened", path="a\nb\x1b[31m", size=3))
    entry = json.loads(line)
    assert "\n" not in line
    assert entry["event"] == "file.opened"
    assert entry["path"] == "a\nb\x1b[31m"
    assert entry["size"] == 3
    assert entry["service"] == "x"


def test_a_long_text_is_cut_and_a_lone_surrogate_is_no_error() -> None:
    entry = json.loads(JsonLines("x", "1").format(record("e", long="a" * 9_000, odd="\ud800")))
    assert len(entry["long"]) < 3_000
    assert entry["odd"] == "?"


def test_a_line_for_people_shows_control_characters_escaped() -> None:
    line = JsonLines("x", "1").format(record("file.opened", path="a\x1b[31m"))
    assert "\x1b" not in readable(line.encode())
    assert readable(b"no json \x1b[0m") == "no json \\x1b[0m"
    assert printable("a\u202eb\nc") == "a\\u202eb\\nc"

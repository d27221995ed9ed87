"""One readable line for each alert, whatever a container wrote into it."""

import json

import pytest

from tocsin.bus import Start
from tocsin.cli import tail
from tocsin.model.alert import Summary
from tocsin.model.errors import SettingsError
from tocsin.model.severity import Severity


def summary(**changed: object) -> Summary:
    fields: dict[str, object] = {
        "id": "1",
        "time": "2026-11-23T14:08:12.641000000Z",
        "received": "2026-11-23T14:08:12.642000000Z",
        "severity": Severity.CRITICAL,
        "title": "Reverse shell",
        "kind": "kprobe",
        "event_type": "tcp_connect",
        "fingerprint": "f",
        "namespace": "payments",
        "pod": "ledger-1",
        "process": "/bin/bash",
        "arguments": "-i",
    }
    return Summary(**{**fields, **changed})  # type: ignore[arg-type]


def test_a_line_says_when_how_bad_where_what_and_who() -> None:
    assert tail.line(summary(), colour=False) == "14:08:12.641 critical payments/ledger-1 Reverse shell · /bin/bash -i"


def test_a_hostile_argument_moves_no_cursor_and_makes_no_line() -> None:
    line = tail.line(summary(arguments="\x1b[2J\nforged line\u202e"), colour=False)
    assert "\x1b" not in line
    assert "\n" not in line
    assert "\u202e" not in line


def test_a_host_process_is_shown_with_its_node() -> None:
    assert "host@worker-1" in tail.line(summary(namespace="", pod="", node="worker-1"), colour=False)


@pytest.mark.parametrize(("since", "age_s"), [("30s", 30), ("10m", 600), ("1h", 3600), ("2d", 172_800)])
def test_since_is_an_age(since: str, age_s: int) -> None:
    now = 1_700_000_000 * 10**9
    assert tail.start(since, now) == Start(time_ns=now - age_s * 10**9)


def test_since_that_is_no_age_says_what_one_is() -> None:
    assert tail.start("", 5) is None
    with pytest.raises(SettingsError, match="examples are"):
        tail.start("yesterday", 5)


def test_json_for_a_terminal_means_the_same_and_moves_no_cursor() -> None:
    text = json.dumps({"a": "\x9b2J\u202e\x7f\u00e9"}, ensure_ascii=False)
    shown = tail.escaped(text)
    assert json.loads(shown) == json.loads(text)
    assert shown.isprintable()
    assert "\u00e9" in shown

import msgspec
import pytest

from tocsin.model.alert import Alert, encode
from tocsin.model.severity import Severity
from tocsin.simulator import Generator, number_of

pytestmark = pytest.mark.slow

START_NS = 1_790_000_000_123_456_789


def test_every_line_carries_the_next_number():
    generator = Generator(7, START_NS, first_number=41)
    lines = generator.take(3_000, START_NS, START_NS + 10**9)
    assert [number_of(line) for line in lines] == list(range(41, 3_041))
    assert generator.number == 3_041


def test_the_number_is_found_in_an_alert_around_the_line():
    line = Generator(7, START_NS, first_number=5).line(START_NS).rstrip(b"\n")
    alert = Alert(
        id="1", time="", received="", severity=Severity.LOW, base_severity=Severity.LOW, severity_from="t", title="",
        reason="", cluster="c", kind="exec", event_type="execve", outcome="observed", fingerprint="f",
        event=msgspec.Raw(line),
    )  # fmt: skip
    assert number_of(encode(alert)) == 5


def test_spaces_after_the_colon_do_not_matter():
    assert number_of(b'{"a": {"tocsin.dev/number": "12"}}') == 12


def test_a_line_without_a_number_has_none():
    assert number_of(b"") is None
    assert number_of(b'{"process_exec":{}}') is None
    assert number_of(b'{"tocsin.dev/number":"x"}') is None


def test_a_container_cannot_forge_the_number():
    line = Generator(7, START_NS, first_number=9).line(START_NS)
    forged = msgspec.json.encode({"arguments": '"tocsin.dev/number":"1"'})
    assert number_of(forged) is None
    assert number_of(line[:-2] + b',"arguments":' + forged + b"}") == 9

"""How answers are told: on a terminal, in a pipe, as JSON, and by the exit code."""

import argparse
import json
from pathlib import Path

import pytest

from tocsin.cli import doctor
from tocsin.cli.doctor import render
from tocsin.cli.doctor.checks import gateway as gateway_checks
from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.command import CHECKS, run_checks, targets
from tocsin.cli.doctor.finding import Finding, Unknown, Verdict, fail, ok, unknown, warn, worst
from tocsin.cli.doctor.gather.server_info import loopback
from tocsin.cli.doctor.observations import Gateway, Judge, Observations
from tocsin.model.errors import SettingsError

from support.doctor import NOW_NS, found, verdicts


def _chosen(*arguments: str) -> argparse.Namespace:
    top = argparse.ArgumentParser()
    doctor.add(top.add_subparsers())
    return top.parse_args(["doctor", *arguments])


def test_areas_come_in_the_order_in_which_one_looks() -> None:
    text = render.text(
        render.ordered([warn("agent.x", "an agent", "do it"), ok("nats.server", "a server")]), colour=False
    )
    assert text.splitlines() == [
        "NATS",
        "  ok       a server",
        "",
        "Tetragon",
        "  WARN     an agent",
        "           > do it",
        "",
        "2 checks: 1 ok, 1 warn. It works; read the warnings.",
    ]


def test_colours_are_for_terminals_and_texts_of_others_obey_nothing() -> None:
    hostile = [fail("nats.x", "a \x1b[2Jb", "c\rd", details=["e\x07"])]
    plain = render.text(hostile, colour=False)
    assert "\x1b" not in plain
    assert "\r" not in plain
    assert "\x07" not in plain
    assert "\x1b[1;31mFAIL   \x1b[0m" in render.text(hostile, colour=True)


def test_what_could_not_be_seen_for_one_reason_is_told_once() -> None:
    why = Unknown("NATS cannot be asked", "start it")
    text = render.text([unknown("streams.declared", why), unknown("ledger.balance", why)], colour=False)
    assert text.count("NATS cannot be asked") == 1
    assert "streams.declared, ledger.balance" in text


def test_very_many_details_are_cut_for_people_and_whole_in_json() -> None:
    findings = [warn("nats.x", "much", "look", details=map(str, range(100)))]
    assert "and 88 more" in render.text(findings, colour=False)
    told = json.loads(render.as_json(findings, time="t", version="v"))
    assert len(told["checks"][0]["details"]) == 100
    assert told["verdict"] == "warn"
    assert told["counts"] == {"ok": 0, "warn": 1, "fail": 0, "unknown": 0}


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], Verdict.OK),
        ([ok("nats.a", "x"), unknown("nats.b", Unknown("y"))], Verdict.UNKNOWN),
        ([unknown("nats.b", Unknown("y")), warn("nats.c", "z", "do")], Verdict.WARN),
        ([warn("nats.c", "z", "do"), fail("nats.d", "w", "do")], Verdict.FAIL),
    ],
)
def test_a_failure_outweighs_a_warning_and_that_outweighs_what_was_not_seen(
    findings: list[Finding], expected: Verdict
) -> None:
    assert worst(findings) is expected


def test_with_nothing_observed_every_check_answers_and_each_answer_has_its_area() -> None:
    findings = render.ordered(run_checks(Observations(now_ns=NOW_NS)))
    assert len({finding.check.partition(".")[0] for finding in findings}) == 12
    assert len(CHECKS) == 12


def test_a_failure_and_a_warning_always_say_what_to_do() -> None:
    for finding in run_checks(Observations(now_ns=NOW_NS)):
        assert finding.do or finding.verdict in (Verdict.OK, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0012, "1 ms"), (45, "45 s"), (600, "10 min"), (18_000, "5 h"), (300_000, "3 days")]
)
def test_spans_are_told_in_one_unit(seconds: float, text: str) -> None:
    assert units.span(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(700, "700 bytes"), (12_288, "12 KiB"), (3 << 20, "3 MiB"), (5 << 30, "5 GiB")]
)
def test_sizes_are_told_in_one_unit(number: int, text: str) -> None:
    assert units.size(number) == text


def test_secrets_come_from_files_and_a_missing_one_is_named(tmp_path: Path) -> None:
    environ = {"TOCSIN_NATS_URL": "nats://127.0.0.1:4222", "TOCSIN_GATEWAY_HOST": "0.0.0.0", "TOCSIN_GATEWAY_PORT": "9"}
    token = tmp_path / "token"
    token.write_text("abc\n")
    where = targets(_chosen("--token-file", str(token)), environ)
    assert (where.token, where.gateway) == ("abc", "http://127.0.0.1:9")
    assert targets(_chosen(), {**environ, "TOCSIN_GATEWAY_TOKEN_FILE": str(token)}).token == "abc"
    assert targets(_chosen(), {**environ, "TOCSIN_GATEWAY_TOKEN": "xyz"}).token == "xyz"
    with pytest.raises(SettingsError, match="--token-file"):
        targets(_chosen("--token-file", str(tmp_path / "none")), environ)
    with pytest.raises(SettingsError, match="TOCSIN_NATS_URL"):
        targets(_chosen("--state-dir", str(tmp_path)), {})


@pytest.mark.parametrize("number", ["0", "-1", "100001", "many"])
def test_a_number_of_events_out_of_bounds_is_wrong_usage(number: str) -> None:
    with pytest.raises(SystemExit) as ended:
        _chosen("--events", number)
    assert ended.value.code == 2


def test_addresses_of_this_machine_alone_are_loopback() -> None:
    assert loopback("127.0.0.1")
    assert loopback("::1")
    assert loopback("localhost")
    assert not loopback("10.0.0.1")
    assert not loopback("")


def _page(**fields: object) -> Gateway:
    judges = [Judge(service=name, instance="a", hash="h") for name in ("classifier", "correlator")]
    return Gateway(**{"url": "http://x", "loopback": True, "open_status": 200, "judges": judges, **fields})


@pytest.mark.parametrize(
    ("own", "name", "verdict"),
    [
        (_page(), "page", "ok"),
        (_page(broken={"classifier": "silent"}), "page", "fail"),
        (_page(), "page.login", "ok"),
        (_page(loopback=False), "page.login", "fail"),
        (_page(loopback=False, open_status=401), "page.login", "ok"),
        (_page(open_status=503), "page.login", "unknown"),
        (_page(judges=Unknown("no token", "")), "rules.judges", "unknown"),
        (_page(judges=[]), "rules.classifier", "fail"),
        (_page(problems=["a.yml:3: no title"]), "rules.problems", "fail"),
    ],
)
def test_a_page_is_judged(own: Gateway, name: str, verdict: str) -> None:
    assert verdicts(gateway_checks.check, gateway=own)[name] == verdict


def test_replicas_that_differ_are_named_and_fail_once_the_gateway_says_so_too() -> None:
    judges = [Judge(service="classifier", instance=name, hash=name * 16) for name in "ab"]
    now = found(gateway_checks.check, gateway=_page(judges=judges))["rules.classifier"]
    assert now.verdict == "warn"
    assert now.details == ("a: aaaaaaaaaaaa", "b: bbbbbbbbbbbb")
    long = found(gateway_checks.check, gateway=_page(judges=judges, differing=["classifier/b"]))["rules.classifier"]
    assert long.verdict == "fail"

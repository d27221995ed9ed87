"""The page as the doctor sees it, with a real gateway and with something else at its address."""

import argparse
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tocsin.cli import doctor
from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.gather.gateway import fetch
from tocsin.cli.doctor.observations import Gateway
from tocsin.model import rule_report, subjects
from tocsin.model.rule_report import RuleProblem, RuleReport

from support.buses import opened
from support.gateway import gateway
from support.server import NatsServer
from support.waiting import until


@asynccontextmanager
async def _serving(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A stand-in for whatever listens where a gateway should."""
    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _seen(url: str, token: str = "") -> Gateway:
    found = await fetch(url, token)
    assert isinstance(found, Gateway)
    return found


async def test_a_gateway_tells_its_judges_and_what_is_broken(declared: NatsServer) -> None:
    problem = RuleProblem(file="a.yml", line=3, text="no title")
    book = RuleReport(service="classifier", instance="one", time="t", hash="h1", problems=[problem])
    async with gateway(declared) as own, opened(declared, "classifier") as bus:

        async def judges() -> bool:
            await bus.publish_unstored(subjects.rules("classifier", "one"), rule_report.encode(book))
            seen = await _seen(own.url)
            return not isinstance(seen.judges, Unknown) and bool(seen.judges)

        await until(judges, what="a judge that is heard")
        seen = await _seen(own.url)
    assert seen.loopback
    assert seen.open_status == 200
    assert not isinstance(seen.judges, Unknown)
    assert [(judge.service, judge.instance, judge.hash) for judge in seen.judges] == [("classifier", "one", "h1")]
    assert list(seen.problems) == ["a.yml:3: no title"]


async def test_nobody_and_something_else_are_told_apart() -> None:
    nobody = await fetch("http://127.0.0.1:1", "")
    assert isinstance(nobody, Unknown)
    assert "no gateway at" in nobody.why

    async def handle(request: web.Request) -> web.Response:
        return web.Response(text="<html>")

    async with _serving(handle) as url:
        other = await fetch(url, "")
    assert isinstance(other, Unknown)
    assert "is not a Tocsin gateway" in other.why


async def test_a_token_is_shown_only_where_a_login_is_asked_for_and_a_wrong_one_is_said() -> None:
    given: list[str | None] = []

    async def handle(request: web.Request) -> web.Response:
        if request.path == "/readyz":
            return web.json_response({"ready": True})
        given.append(request.headers.get("Authorization"))
        return web.json_response({"judges": []}, status=200 if given[-1] == "Bearer right" else 401)

    async with _serving(handle) as url:
        without, wrong, right = await _seen(url), await _seen(url, "wrong"), await _seen(url, "right")
    assert given == [None, None, "Bearer wrong", None, "Bearer right"]
    assert isinstance(without.judges, Unknown)
    assert "--token-file" in without.judges.do
    assert isinstance(wrong.judges, Unknown)
    assert "does not accept the token" in wrong.judges.why
    assert right.judges == []


def test_the_command_tells_json_and_the_exit_code_of_the_worst(
    declared: NatsServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = declared.settings("admin")
    for name in ("url", "user", "password"):
        monkeypatch.setenv(f"TOCSIN_NATS_{name.upper()}", getattr(settings, name))
    top = argparse.ArgumentParser()
    doctor.add(top.add_subparsers())

    def run(*arguments: str) -> tuple[int, str]:
        chosen = top.parse_args(["doctor", "--gateway", "http://127.0.0.1:1", "--export", "/none", *arguments])
        return chosen.run(chosen), capsys.readouterr().out

    code, text = run("--json")
    told = json.loads(text)
    assert code == 0, text
    assert told["verdict"] == "warn"
    assert {"check", "verdict", "found", "do", "details"} == set(told["checks"][0])
    assert settings.password not in text
    monkeypatch.setenv("TOCSIN_GATEWAY_PROT", "80")
    code, text = run()
    assert code == 1
    assert "TOCSIN_GATEWAY_PROT: no such setting" in text
    assert "\x1b" not in text
    assert text.rstrip().endswith("Something needs to be fixed.")

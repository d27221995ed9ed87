"""The door: which settings make one, whom it lets in and how long they may stay."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tocsin.gateway import __main__ as gateway
from tocsin.gateway.auth import identity
from tocsin.gateway.auth.authenticator import Authenticator
from tocsin.gateway.auth.identity import REASONS, AuthError, RequestIdentity
from tocsin.gateway.errors import HttpError
from tocsin.gateway.settings import Settings
from tocsin.model.errors import SettingsError
from tocsin.runtime.metrics import Metrics

TOKEN, METRICS_TOKEN = "a-token-of-this-gateway", "a-token-for-the-scraper"
NOW_S, NOW = 1_800_000_000.0, 1_000.0
NONCE = bytes(8)


def asked(path: str = "/api/v1/status", **fields: Any) -> RequestIdentity:
    return RequestIdentity(path=path, **{"peer": "203.0.113.9", "address": "203.0.113.9", **fields})


def door(**settings: Any) -> Authenticator:
    return Authenticator(Settings(**settings))


def refusal(own: Authenticator, request: RequestIdentity, now: float = NOW) -> tuple[int, str]:
    with pytest.raises(AuthError) as error:
        own.admit(request, NOW_S, now)
    return error.value.status, error.value.reason


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"auth": "token"}, "AUTH=token: set TOCSIN_GATEWAY_TOKEN_FILE or TOCSIN_GATEWAY_TOKEN"),
        ({"auth": "token", "token": TOKEN, "token_file": "/x"}, "not both"),
        ({"auth": "token", "token": "short"}, "TOCSIN_GATEWAY_TOKEN: a token has at least 16"),
        ({"auth": "token", "token_file": "/nowhere"}, "TOCSIN_GATEWAY_TOKEN_FILE: /nowhere cannot be read"),
        ({"auth": "proxy"}, "set TOCSIN_GATEWAY_PROXY_FROM"),
        ({"auth": "proxy", "proxy_from": " "}, "set TOCSIN_GATEWAY_PROXY_FROM"),
        ({"auth": "proxy", "proxy_from": "everybody"}, "TOCSIN_GATEWAY_PROXY_FROM: 'everybody'"),
        ({"auth": "proxy", "proxy_from": "10.0.0.1", "token": TOKEN}, "TOCSIN_GATEWAY_TOKEN is set and"),
        ({"token": TOKEN}, "TOCSIN_GATEWAY_TOKEN is set and TOCSIN_GATEWAY_AUTH=none does not use it"),
        ({"token_file": "/x"}, "TOCSIN_GATEWAY_TOKEN_FILE is set"),
        ({"proxy_from": "10.0.0.1"}, "TOCSIN_GATEWAY_PROXY_FROM is set"),
        ({"metrics_token_file": "/x"}, "TOCSIN_GATEWAY_METRICS_TOKEN_FILE is set"),
    ],
)
def test_settings_that_make_no_lock_stop_the_start(settings: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError) as error:
        door(**settings)
    assert why in str(error.value)
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize("wrong", [{"auth": "yes"}, {"session_hours": 0}, {"proxy_header": "X-User:"}])
def test_settings_out_of_bounds_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Settings)


def test_without_a_log_in_only_loopback_may_be_listened_on() -> None:
    identity.check_address(Settings(), "127.0.0.1", loopback=True)
    identity.check_address(Settings(auth="token", token=TOKEN), "0.0.0.0", loopback=False)
    with pytest.raises(SettingsError, match=r"TOCSIN_GATEWAY_HOST .*TOCSIN_GATEWAY_AUTH=token"):
        identity.check_address(Settings(host="0.0.0.0"), "0.0.0.0", loopback=False)


def test_where_nobody_signs_in_everybody_is_let_in() -> None:
    own = door()
    assert own.admit(asked(), NOW_S, NOW).how == "open"
    assert own.knows(asked(), NOW_S, NOW)
    with pytest.raises(HttpError, match="there is no login here"):
        own.sign_in(TOKEN, asked(), NOW_S, NOW, NONCE)


def test_a_token_opens_as_bearer_or_as_session() -> None:
    own = door(auth="token", token=TOKEN, session_hours=1)
    assert refusal(own, asked()) == (401, "missing")
    assert refusal(own, asked(authorization=("Basic YTpi",))) == (401, "missing")
    assert own.admit(asked(authorization=(f"bearer  {TOKEN} ",)), NOW_S, NOW).how == "bearer"
    assert refusal(own, asked(authorization=(f"Bearer {TOKEN}x",))) == (401, "bearer")
    assert refusal(own, asked(authorization=("Bearer ",))) == (401, "bearer")
    assert refusal(own, asked(authorization=(f"Bearer {TOKEN}", f"Bearer {TOKEN}"))) == (401, "bearer")

    session = own.sign_in(f" {TOKEN}\n", asked(), NOW_S, NOW, NONCE)
    entry = own.admit(asked(cookies=("forged", session)), NOW_S, NOW)
    assert (entry.how, entry.ends_s) == ("session", NOW_S + 3_600)
    assert own.over(entry, NOW_S + 3_599, NOW) == ""
    assert own.over(entry, NOW_S + 3_600, NOW) == "auth"
    assert refusal(own, asked(cookies=("forged",))) == (401, "session")


def test_who_signs_out_ends_that_session_and_no_other() -> None:
    own = door(auth="token", token=TOKEN)
    first = own.sign_in(TOKEN, asked(), NOW_S, NOW, b"11111111")
    second = own.sign_in(TOKEN, asked(), NOW_S, NOW, b"22222222")
    entry = own.admit(asked(cookies=(first,)), NOW_S, NOW)
    own.sign_out(asked(cookies=(first, "forged")), NOW_S, NOW)
    assert own.over(entry, NOW_S, NOW) == "auth"
    assert refusal(own, asked(cookies=(first,))) == (401, "session")
    assert own.knows(asked(cookies=(second,)), NOW_S, NOW)


def test_a_rotated_token_ends_sessions_and_bearers(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    own = door(auth="token", token_file=str(path))
    session = own.sign_in(TOKEN, asked(), NOW_S, NOW, NONCE)
    entries = [
        own.admit(request, NOW_S, NOW)
        for request in (asked(cookies=(session,)), asked(authorization=(f"Bearer {TOKEN}",)))
    ]
    path.write_text("another-token-of-this-gateway")
    assert [own.over(entry, NOW_S, NOW + 0.5) for entry in entries] == ["", ""]
    assert [own.over(entry, NOW_S, NOW + 1.5) for entry in entries] == ["auth", "auth"]
    assert refusal(own, asked(cookies=(session,)), NOW + 1.5) == (401, "session")


def test_wrong_tokens_are_slowed_down_whichever_way_they_come_but_sessions_go_on() -> None:
    own = door(auth="token", token=TOKEN)
    session = own.sign_in(TOKEN, asked(), NOW_S, NOW, NONCE)
    for _ in range(5):
        assert refusal(own, asked(authorization=("Bearer wrong",))) == (401, "bearer")
        with pytest.raises(AuthError, match=r"This is not the token"):
            own.sign_in("wrong", asked(), NOW_S, NOW, NONCE)
    assert refusal(own, asked(authorization=(f"Bearer {TOKEN}",))) == (429, "limited")
    with pytest.raises(AuthError, match="try again in 7 s") as error:
        own.sign_in(TOKEN, asked(), NOW_S, NOW, NONCE)
    assert error.value.retry_after_s == 7
    assert own.knows(asked(cookies=(session,)), NOW_S, NOW)
    assert own.admit(asked(cookies=(session,)), NOW_S, NOW).how == "session"
    own.sign_in(TOKEN, asked(), NOW_S, NOW + 6.5, NONCE)
    assert own.failures.counts == {**dict.fromkeys(REASONS, 0), "token": 5, "bearer": 5, "limited": 2}


def test_a_scraper_has_a_token_that_opens_the_metrics_alone(tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    path.write_text(METRICS_TOKEN)
    own = door(auth="token", token=TOKEN, metrics_token_file=str(path))
    scraper = (f"Bearer {METRICS_TOKEN}",)
    assert own.admit(asked("/metrics", authorization=scraper), NOW_S, NOW).how == "bearer"
    assert own.admit(asked("/metrics", authorization=(f"Bearer {TOKEN}",)), NOW_S, NOW).how == "bearer"
    assert refusal(own, asked("/api/v1/status", authorization=scraper)) == (401, "bearer")
    assert refusal(own, asked("/metrics", authorization=("Bearer x",))) == (401, "bearer")
    assert refusal(own, asked("/metrics")) == (401, "missing")
    behind = door(auth="proxy", proxy_from="10.0.0.0/24", metrics_token_file=str(path))
    assert behind.admit(asked("/metrics", authorization=scraper), NOW_S, NOW).how == "bearer"
    assert refusal(behind, asked("/api/v1/status", authorization=scraper)) == (403, "proxy_address")
    assert refusal(behind, asked("/metrics")) == (403, "proxy_address")
    named = asked("/metrics", peer="10.0.0.1", identity=("jane",), authorization=("Bearer of-another-service",))
    assert behind.admit(named, NOW_S, NOW).how == "proxy"


def test_a_proxy_is_believed_only_from_its_addresses() -> None:
    own = door(auth="proxy", proxy_from="10.0.0.0/24", session_hours=1)
    entry = own.admit(asked(peer="10.0.0.7", identity=("jane@example.com",)), NOW_S, NOW)
    assert (entry.how, entry.user) == ("proxy", "jane@example.com")
    assert own.over(entry, NOW_S + 3_599, NOW) == ""
    assert own.over(entry, NOW_S + 3_600, NOW) == "shutdown", "it reconnects, through the proxy"
    assert refusal(own, asked(identity=("jane",))) == (403, "proxy_address")
    assert refusal(own, asked(peer="10.0.0.7")) == (401, "proxy_identity")
    assert refusal(own, asked(peer="10.0.0.7", identity=("",))) == (401, "proxy_identity")
    assert refusal(own, asked(peer="10.0.0.7", identity=("jane", "admin"))) == (401, "proxy_identity")


def test_refusals_are_logged_with_the_address_and_counted_by_reason(caplog: pytest.LogCaptureFixture) -> None:
    own = door(auth="token", token=TOKEN)
    for _ in range(9):
        refusal(own, asked(authorization=("Bearer guessed-token-of-somebody",)))
    (said,) = [record for record in caplog.records if record.message == "login.refused"]
    assert (said.__dict__["reason"], said.__dict__["address"]) == ("bearer", "203.0.113.9")
    assert "guessed" not in str(vars(said))
    metrics = Metrics()
    own.watch(metrics)
    counts = {sample.labels["reason"]: sample.value for sample in metrics.snapshot()}
    assert counts == {**dict.fromkeys(REASONS, 0), "bearer": 9}


async def test_a_token_is_not_taken_from_the_command_line() -> None:
    with pytest.raises(SettingsError, match="--token: every user of this machine can read a command line"):
        await gateway.main({"token": TOKEN})


def test_an_open_entry_never_ends() -> None:
    own = door()
    assert own.over(own.admit(asked(), NOW_S, NOW), math.inf, math.inf) == ""

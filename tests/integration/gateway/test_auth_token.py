"""Signing in with a token, over real HTTP: forms, cookies, bearers, and a WebSocket that ends with its session."""

import asyncio
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tocsin.gateway import service
from tocsin.gateway.settings import Settings
from tocsin.model.errors import SettingsError

from support.gateway import Gateway, alert, gateway, publisher
from support.server import NatsServer
from support.waiting import until

TOKEN = "a-token-of-this-gateway-7f"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}


async def ready(own: Gateway) -> None:
    """Return once the window has been read back, as somebody who knows the token sees."""

    async def is_ready() -> bool:
        async with own.http.get(f"{own.url}/api/runtime/stats", headers=BEARER) as answer:
            return answer.status == 200

    await until(is_ready, what="the window")


async def asked(own: Gateway, path: str, method: str = "GET", **options: Any) -> aiohttp.ClientResponse:
    """The answer, read to its end; redirects are not followed."""
    address = URL(own.url + path, encoded=True)
    async with own.http.request(method, address, allow_redirects=False, **options) as answer:
        await answer.read()
        return answer


async def sign_in(
    own: Gateway, token: str = TOKEN, *, headers: Mapping[str, str] | None = None, **fields: str
) -> aiohttp.ClientResponse:
    """Send the form as a browser does."""
    own_headers = {"Origin": own.url} if headers is None else headers
    return await asked(own, "/login", "POST", data={"token": token, **fields}, headers=own_headers)


async def cookie(own: Gateway) -> dict[str, str]:
    """The header of a browser that has signed in."""
    answer = await sign_in(own)
    assert answer.status == 303, await answer.text()
    (said,) = answer.headers.getall("Set-Cookie")
    return {"Cookie": said.partition(";")[0]}


async def test_everything_but_health_and_the_form_needs_a_log_in(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        session = await cookie(own)
        for path in (
            "/", "/runtime", "/index.html", "/assets/x.js", "/api/runtime/stats", "/api/runtime/alerts", "/api/v1/status",
            "/api/v1/ledger", "/api/v1/rules", "/api/openapi.json", "/api/nothing", "/metrics", "/api/v1/stream",
            "/login/../api/v1/status", "/login%2f..%2fapi/v1/status", "/login/", "/healthz/x", "//healthz",
        ):  # fmt: skip
            answer = await asked(own, path)
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
            assert "sign in" in (await answer.json())["error"]
            for known in (session, BEARER):
                assert (await asked(own, path, headers=known)).status != 401, path
        for path in ("/healthz", "/login", "/login/style.css"):
            assert (await asked(own, path)).status == 200, path
        assert (await asked(own, "/readyz")).status in (200, 503)


async def test_the_document_says_of_each_path_whether_a_stranger_is_answered(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        document = await own.get("/api/openapi.json", headers=BEARER)
        assert set(document["components"]["securitySchemes"]) == {"bearer", "session"}
        for path, operations in document["paths"].items():
            is_open = operations["get"].get("security") == []
            answer = await asked(own, path.replace("{id}", "x").replace("{name}", "style.css"))
            assert (answer.status != 401) is is_open, path
            assert ("401" in operations["get"]["responses"]) is not is_open, path


async def test_a_browser_is_led_to_the_form_and_on_to_where_it_wanted(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        led = await asked(own, "/runtime?ns=a,b&q=x%20y", headers=PAGE)
        assert (led.status, led.headers["Cache-Control"]) == (303, "no-store")
        assert sum(own.face.login.authenticator.failures.counts.values()) == 0, "who is led to the form was not refused"
        where = led.headers["Location"]
        assert where == "/login?next=/runtime%3Fns%3Da%2Cb%26q%3Dx%2520y"
        form = await (await asked(own, where)).text()
        (onward,) = re.findall('name="next" value="([^"]*)"', form)
        assert onward == "/runtime?ns=a,b&amp;q=x%20y"
        answer = await sign_in(own, next=onward.replace("&amp;", "&"))
        assert (answer.status, answer.headers["Location"]) == (303, "/runtime?ns=a,b&q=x%20y")
        assert (await asked(own, where, headers=await cookie(own))).headers["Location"] == "/runtime?ns=a,b&q=x%20y"
        for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"):
            assert (await sign_in(own, next=evil)).headers["Location"] == "/"
        for path in ("/api/v1/status", "/assets/x.js", "/metrics"):
            assert (await asked(own, path, headers=PAGE)).status == 401, "only a page is led"


async def test_a_link_from_elsewhere_is_followed_by_whoever_is_signed_in(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        stranger = await asked(own, "/alerts/1a?x=<b>", headers={**PAGE, "Sec-Fetch-Site": "cross-site"})
        text = await stranger.text()
        assert stranger.status == 200
        (where,) = re.findall('content="0; url=([^"]*)"', text)
        assert "<b>" not in text
        onward = await asked(own, where, headers=await cookie(own))
        assert (onward.status, onward.headers["Location"]) == (303, "/alerts/1a?x=<b>")


async def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN, proxy_from="127.0.0.1", session_hours=2) as own:
        await ready(own)
        host = own.url.removeprefix("http://")
        for headers, name, secure in (
            ({"Origin": own.url}, "tocsin_session", False),
            ({"Sec-Fetch-Site": "same-origin"}, "tocsin_session", False),
            ({"Origin": f"https://{host}"}, "__Host-tocsin_session", True),
            ({"Origin": own.url, "X-Forwarded-Proto": "https"}, "__Host-tocsin_session", True),
            ({"Origin": own.url, "X-Forwarded-Proto": "http"}, "tocsin_session", False),
        ):
            (said,) = (await sign_in(own, headers=headers)).headers.getall("Set-Cookie")
            pair, *rest = said.split("; ")
            assert pair.startswith(f"{name}=1.")
            assert set(rest) - {"Secure"} == {"HttpOnly", "Max-Age=7200", "Path=/", "SameSite=Strict"}
            assert ("Secure" in rest) is secure
            assert TOKEN not in said
            assert (await asked(own, "/api/v1/status", headers={"Cookie": pair})).status == 200


async def test_a_strangers_forwarded_headers_mean_nothing(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN, proxy_from="10.9.9.9") as own:
        await ready(own)
        answer = await sign_in(own, headers={"Origin": own.url, "X-Forwarded-Proto": "https"})
        assert "Secure" not in answer.headers["Set-Cookie"]
        for number in range(10):
            headers = {"Origin": own.url, "X-Forwarded-For": f"203.0.113.{number}"}
            assert (await sign_in(own, "wrong", headers=headers)).status == 401
        headers = {"Origin": own.url, "X-Forwarded-For": "203.0.113.99"}
        assert (await sign_in(own, "wrong", headers=headers)).status == 429


async def test_behind_our_proxy_each_client_has_its_own_count_of_wrong_tokens(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN, proxy_from="127.0.0.1") as own:
        await ready(own)

        def client(address: str) -> dict[str, str]:
            return {"Origin": own.url, "X-Forwarded-For": f"1.1.1.1, {address}"}

        for _ in range(10):
            assert (await sign_in(own, "wrong", headers=client("203.0.113.1"))).status == 401
        assert (await sign_in(own, headers=client("203.0.113.1"))).status == 429
        assert (await sign_in(own, headers=client("203.0.113.2"))).status == 303


async def test_wrong_tokens_are_told_slowed_down_and_logged(
    declared: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        session = await cookie(own)
        for _ in range(10):
            answer = await sign_in(own, "guess-number-one", next="/runtime")
            text = await answer.text()
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert 'role="alert">This is not the token of this gateway.' in text
            assert 'value="/runtime"' in text
            assert "guess-number-one" not in text
        limited = await sign_in(own)
        assert limited.status == 429
        assert 1 <= int(limited.headers["Retry-After"]) <= 7
        assert "Too many wrong tokens" in await limited.text()
        bearer = await asked(own, "/api/v1/status", headers=BEARER)
        assert (bearer.status, "Retry-After" in bearer.headers) == (429, True)
        assert (await asked(own, "/api/v1/status", headers=session)).status == 200
        text = await (await asked(own, "/metrics", headers=session)).text()
        for reason, n in (("token", 10), ("limited", 2), ("bearer", 0)):
            own_labels = f'reason="{reason}",service="gateway",instance="test"'
            assert f"tocsin_gateway_refused_logins_total{{{own_labels}}} {n}" in text
    said = [vars(record) for record in caplog.records if record.message.startswith("login.")]
    assert {(one["message"], one["address"]) for one in said} == {
        ("login.accepted", "127.0.0.1"),
        ("login.refused", "127.0.0.1"),
    }
    assert not any(secret in str(said) for secret in ("guess-number-one", TOKEN))


async def test_only_a_form_of_ours_is_taken(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        session = await cookie(own)
        for path in ("/login", "/logout"):
            for headers in (
                {},
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
                {"Origin": own.url, "Sec-Fetch-Site": "cross-site"},
                {"Origin": own.url, "Sec-Fetch-Site": "same-site"},
            ):
                answer = await asked(own, path, "POST", data={"token": TOKEN}, headers={**session, **headers})
                assert (answer.status, "Set-Cookie" in answer.headers) == (403, False), headers
        assert (await asked(own, "/api/v1/status", headers=session)).status == 200
        origin = {"Origin": own.url}
        for data, status in (
            (aiohttp.FormData({"token": TOKEN}, default_to_multipart=True), 415),
            (b"x" * 70_000, 415),
            ({"token": "x" * 70_000}, 413),
            ({f"f{n}": "" for n in range(9)}, 400),
            ({}, 401),
        ):
            assert (await asked(own, "/login", "POST", data=data, headers=origin)).status == status
        for method, path in (("POST", "/"), ("POST", "/api/v1/status"), ("PUT", "/login"), ("DELETE", "/logout")):
            assert (await asked(own, path, method, headers={**session, **origin})).status == 405
        evil = await asked(own, "/login", headers={"Host": "evil.example"})
        assert evil.status == 421, "a name that leads here by another's DNS gets no form"


async def test_the_form_may_be_sent_to_us_alone_and_runs_no_script(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        session = await cookie(own)
        for path, headers in (("/login", {}), ("/logout", session)):
            answer = await asked(own, path, headers=headers)
            assert (answer.status, answer.content_type) == (200, "text/html")
            policy = answer.headers["Content-Security-Policy"]
            assert "form-action 'self'" in policy
            assert "script-src" not in policy
            assert "default-src 'none'" in policy
            assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "same-origin")
        page = await asked(own, "/", headers=session)
        assert "form-action 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert (await asked(own, "/logout", headers=PAGE)).headers["Location"] == "/login"


async def test_what_the_form_looks_like_is_served_and_nothing_else_of_the_page(
    declared: NatsServer, tmp_path: Path
) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    for name in ("inter-latin-1a.woff2", "icon-1a.svg", "index-1a.js"):
        (assets / name).write_text(name)
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        own.face.static = tmp_path
        for name, text in (("sans.woff2", "inter-latin-1a.woff2"), ("icon.svg", "icon-1a.svg")):
            answer = await asked(own, f"/login/{name}")
            assert (answer.status, await answer.text()) == (200, text)
        style = await asked(own, "/login/style.css")
        assert (style.content_type, style.headers["X-Content-Type-Options"]) == ("text/css", "nosniff")
        for name in ("index-1a.js", "page.html", "..%2fassets%2findex-1a.js", "*"):
            assert (await asked(own, f"/login/{name}")).status == 404
        own.face.static = tmp_path / "none"
        assert (await asked(own, "/login/sans.woff2")).status == 404


async def test_signing_out_ends_the_session_and_its_sockets(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        session, other = await cookie(own), await cookie(own)
        async with own.socket(headers=session) as client, own.socket(headers=other) as stays:
            await client.open()
            await stays.open()
            await client.until("snapshot")
            answer = await asked(own, "/logout", "POST", headers={**session, "Origin": own.url})
            assert (answer.status, answer.headers["Location"]) == (303, "/login")
            cleared = answer.headers.getall("Set-Cookie")
            assert len(cleared) == 2
            assert all("Max-Age=0" in said for said in cleared)
            assert await _end(client.socket) == ("auth", 4401)
            await stays.until("stats")
        assert (await asked(own, "/api/v1/status", headers=session)).status == 401
        assert (await asked(own, "/api/v1/status", headers=other)).status == 200


async def _end(socket: aiohttp.ClientWebSocketResponse) -> tuple[str, int | None]:
    """Why the last frame said goodbye, and the code of the close."""
    why = ""
    async with asyncio.timeout(15):
        async for message in socket:
            frame = message.json()
            why = frame["why"] if frame["k"] == "bye" else why
    return why, socket.close_code


async def test_a_websocket_without_a_session_is_closed_so_that_a_browser_sees_why(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as own:
        await ready(own)
        for headers in ({}, {"Cookie": "tocsin_session=1.1.1.1"}, {"Authorization": "Bearer x"}):
            async with own.socket(headers=headers) as client:
                assert await _end(client.socket) == ("auth", 4401)
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            async with own.socket(headers={"Origin": "https://evil.example"}):
                pass
        assert error.value.status == 401
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            async with own.socket(headers={**await cookie(own), "Origin": "https://evil.example"}):
                pass
        assert error.value.status == 403
        for headers in (BEARER, await cookie(own)):
            async with own.socket(headers={**headers, "Origin": own.url}) as client:
                await client.open()
                await client.until("snapshot")


async def test_an_open_websocket_ends_with_its_session(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN, session_hours=4 / 3_600) as own:
        await ready(own)
        session = await cookie(own)
        async with own.socket(headers=session) as client, own.socket(headers=BEARER) as bearer:
            await client.open()
            await bearer.open()
            assert await _end(client.socket) == ("auth", 4401)
            await bearer.until("stats")
        assert (await asked(own, "/api/v1/status", headers=session)).status == 401


async def test_a_rotated_token_ends_what_was_made_with_the_old_one(declared: NatsServer, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    async with publisher(declared) as bus, gateway(declared, auth="token", token_file=str(path)) as own:
        await ready(own)
        session = await cookie(own)
        async with own.socket(headers=session) as client, own.socket(headers=BEARER) as bearer:
            for each in (client, bearer):
                await each.open()
                await each.until("snapshot")
            path.write_text("another-token-of-this-gateway")
            assert await _end(client.socket) == ("auth", 4401)
            assert await _end(bearer.socket) == ("auth", 4401)
        for known in (session, BEARER):
            assert (await asked(own, "/api/v1/status", headers=known)).status == 401
        await bus.send(alert(1))
        assert (await sign_in(own, "another-token-of-this-gateway")).status == 303
        path.write_text("")
        assert (await sign_in(own, "another-token-of-this-gateway")).status == 303, "a broken file locks nobody out"


async def test_gateways_with_one_token_share_their_sessions_and_a_restart_keeps_them(declared: NatsServer) -> None:
    async with gateway(declared, auth="token", token=TOKEN) as first:
        await ready(first)
        session = await cookie(first)
        async with gateway(declared, auth="token", token=TOKEN) as second:
            await ready(second)
            assert (await asked(second, "/api/v1/status", headers=session)).status == 200
            strangers = await cookie(second)
        async with gateway(declared, auth="token", token=f"{TOKEN}-of-another-house") as other:
            assert (await asked(other, "/api/v1/status", headers=session)).status == 401
    async with gateway(declared, auth="token", token=TOKEN) as again:
        for known in (session, strangers):
            assert (await asked(again, "/api/v1/status", headers=known)).status in (200, 503)


async def test_a_scraper_needs_a_token_of_its_own(declared: NatsServer, tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    path.write_text("a-token-for-the-scraper")
    scraper = {"Authorization": "Bearer a-token-for-the-scraper"}
    async with gateway(declared, auth="token", token=TOKEN, metrics_token_file=str(path)) as own:
        await ready(own)
        for headers, status in ((scraper, 200), (BEARER, 200), ({}, 401)):
            assert (await asked(own, "/metrics", headers=headers)).status == status
        for path_ in ("/", "/api/v1/status", "/metrics/x"):
            assert (await asked(own, path_, headers=scraper)).status == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_without_a_log_in_the_gateway_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(SettingsError, match=r"only loopback .*TOCSIN_GATEWAY_AUTH=token"):
        async with service.listening(Settings(host=host, port=0)):
            pass
    async with service.listening(Settings(host="localhost", port=0)) as face:
        assert face.port
    async with service.listening(Settings(host="0.0.0.0", port=0, auth="token", token=TOKEN)) as face:
        assert face.port

"""Behind a proxy that signs people in: only its address is believed, and it names one user."""

import asyncio

import aiohttp
import pytest

from support.gateway import Gateway, gateway
from support.server import NatsServer
from support.waiting import until

JANE = {"X-Forwarded-User": "jane@example.com"}


async def _status(own: Gateway, path: str, headers: object = None, method: str = "GET") -> tuple[int, str]:
    options = {"headers": headers, "allow_redirects": False}
    async with own.http.request(method, own.url + path, **options) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.text()


async def _ready(own: Gateway, headers: dict[str, str]) -> None:
    async def is_ready() -> bool:
        return (await _status(own, "/api/runtime/stats", headers))[0] == 200

    await until(is_ready, what="the window")


async def test_whoever_the_proxy_names_is_let_in(declared: NatsServer) -> None:
    async with gateway(declared, auth="proxy", proxy_from="127.0.0.0/8,::1") as own:
        await _ready(own, JANE)
        for path in ("/", "/api/v1/status", "/metrics"):
            assert (await _status(own, path, JANE))[0] == 200
            status, text = await _status(own, path, {"Accept": "text/html"})
            assert (status, "X-Forwarded-User" in text) == (401, True)
        twice = [("X-Forwarded-User", "jane"), ("X-Forwarded-User", "admin")]
        for headers in ({"X-Forwarded-User": ""}, {"X-Forwarded-User": "a, b"}, twice, {"X_Forwarded_User": "jane"}):
            assert (await _status(own, "/api/v1/status", headers))[0] == 401
        assert (await _status(own, "/healthz"))[0] == 200
        async with own.socket(headers=JANE) as client:
            await client.open()
            await client.until("snapshot")
        async with own.socket() as stranger:
            async with asyncio.timeout(15):
                assert (await stranger.socket.receive_json())["why"] == "auth"
                await stranger.socket.receive()
            assert stranger.socket.close_code == 4401


async def test_from_any_other_address_the_header_means_nothing(declared: NatsServer) -> None:
    async with gateway(declared, auth="proxy", proxy_from="10.9.9.0/24", proxy_header="X-Email") as own:
        for headers in ({"X-Email": "jane"}, {"X-Email": "jane", "X-Forwarded-For": "10.9.9.1"}, {}):
            status, text = await _status(own, "/api/v1/status", headers)
            assert (status, "only connections of its proxy" in text) == (403, True)
        async with own.socket(headers={"X-Email": "jane"}) as client:
            async with asyncio.timeout(15):
                assert (await client.socket.receive_json())["k"] == "bye"
                await client.socket.receive()
            assert client.socket.close_code == 4401
        assert (await _status(own, "/readyz"))[0] in (200, 503)


async def test_there_is_no_form_where_a_proxy_signs_people_in(declared: NatsServer) -> None:
    async with gateway(declared, auth="proxy", proxy_from="127.0.0.1") as own:
        await _ready(own, JANE)
        assert (await _status(own, "/login"))[0] == 401
        assert (await _status(own, "/login", JANE))[0] == 303
        status, text = await _status(own, "/login", {**JANE, "Origin": own.url}, "POST")
        assert status == 415 or "there is no login here" in text
        status, text = await _status(own, "/logout", {**JANE, "Origin": own.url}, "POST")
        assert (status, "there is no login here" in text) == (404, True)


async def test_after_a_sessions_time_the_stream_asks_the_proxy_again(declared: NatsServer) -> None:
    async with gateway(declared, auth="proxy", proxy_from="127.0.0.1", session_hours=2 / 3_600) as own:
        await _ready(own, JANE)
        async with own.socket(headers=JANE) as client:
            await client.open()
            bye = await client.until("bye")
            assert bye["why"] == "shutdown"
            await client.socket.receive()
            assert client.socket.close_code == 1001


async def test_a_page_of_another_origin_is_refused_whoever_the_proxy_names(declared: NatsServer) -> None:
    async with gateway(declared, auth="proxy", proxy_from="127.0.0.1") as own:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            async with own.socket(headers={**JANE, "Origin": "https://evil.example"}):
                pass
        assert error.value.status == 403

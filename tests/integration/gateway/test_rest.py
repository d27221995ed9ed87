"""REST, headers and documents of a running gateway."""

import asyncio
import gzip
import json
import socket
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from tocsin.bus import open_bus, streams
from tocsin.gateway import service
from tocsin.gateway.http import app
from tocsin.gateway.http.endpoints import ENDPOINTS
from tocsin.gateway.pipeline.rule_status import RulesAnswer
from tocsin.gateway.queries.schemas import AlertsAnswer, FullAlertsAnswer, ReadyAnswer, StatsAnswer
from tocsin.gateway.settings import Settings
from tocsin.model.alert import Alert, encode
from tocsin.model.errors import SettingsError
from tocsin.runtime.ledger import Ledger
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.service_report import ServiceReport

from support.gateway import Gateway, alert, gateway, publisher
from support.server import NatsServer
from support.waiting import until

SEVERITIES = ("critical", "high", "medium", "low")


async def test_lists_can_be_narrowed(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n, SEVERITIES[n % 4], process=f"/bin/p{n % 2}") for n in range(40)))
        await own.rows(40)
        found = await own.get("/api/runtime/alerts?severity=critical,high&q=P1+exec&limit=5")
        assert [row["arguments"] for row in found["alerts"]] == [f"number {n}" for n in (37, 33, 29, 25, 21)]
        assert found["total"] == 40
        for path, named in (
            ("/api/runtime/alerts?full=1&limit=201", "limit must be a whole number from 1 to 200"),
            ("/api/runtime/alerts?limit=1&limit=2", "limit must be given once"),
            ("/api/v1/alerts/x?seq=1&seq=2", "seq must be given once"),
            ("/api/v1/ledger?x=1", "x: no such parameter"),
            ("/api/openapi.json?x=1", "x: no such parameter"),
        ):
            assert (await own.get(path, status=400))["error"].startswith(named)
        wrong = await own.get("/api/runtime/alerts?limit=many", status=400)
        assert wrong["error"].startswith("limit must be a whole number from 1 to 1,000")


async def test_whole_alerts_are_read_from_the_stream(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        sent = [alert(n, event=msgspec.Raw(b'{"process_exec":{"pid":1.50}}')) for n in range(3)]
        await bus.send(*sent)
        rows = await own.rows(3)
        whole = await own.get("/api/runtime/alerts?full=1")
        assert [each["id"] for each in whole["alerts"]] == [row["id"] for row in rows]
        assert whole["alerts"][0]["reason"] == "because"
        for path in (f"/api/v1/alerts/{rows[0]['id']}", f"/api/v1/alerts/{rows[0]['id']}?seq={rows[0]['seq']}"):
            async with own.http.get(own.url + path) as answer:
                assert b'"event":{"process_exec":{"pid":1.50}}' in await answer.read()
        await own.get("/api/v1/alerts/nobody", status=404)
        await own.get(f"/api/v1/alerts/{rows[0]['id']}?seq=1", status=404)
        await own.get(f"/api/v1/alerts/{rows[0]['id']}?seq=99", status=404)
        await own.get(f"/api/v1/alerts/{rows[0]['id']}?seq=x", status=400)


async def test_an_alert_that_the_stream_let_go_is_gone(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n) for n in range(5)))
        rows = await own.rows(5)
        async with open_bus(declared.settings("admin"), "admin") as admin:
            await admin.request(f"$JS.API.STREAM.PURGE.{streams.ALERTS}", b'{"seq":3}', timeout_s=5)
        await own.get(f"/api/v1/alerts/{rows[-1]['id']}", status=410)

        async def dropped() -> bool:
            return len((await own.get("/api/runtime/alerts"))["alerts"]) == 3

        await until(dropped, what="the window to follow the stream")
        await own.get(f"/api/v1/alerts/{rows[-1]['id']}", status=410)
        await own.get(f"/api/v1/alerts/{rows[-1]['id']}?seq={rows[-1]['seq']}", status=410)
        stats = await own.get("/api/runtime/stats")
        assert (stats["total"], stats["window"]["low"]["rows"]) == (3, 3)


async def test_an_alert_that_made_room_here_is_answered_from_the_stream(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared, window_rows=100) as own:
        await own.ready()
        await bus.send(*(alert(n) for n in range(150)))
        await until(lambda: _head(own) == 150)
        found = await own.get(f"/api/v1/alerts/{5:032x}")
        assert found["arguments"] == "number 5"
        async with open_bus(declared.settings("admin"), "admin") as admin:
            await admin.request(f"$JS.API.STREAM.PURGE.{streams.ALERTS}", b'{"seq":20}', timeout_s=5)
        await own.get(f"/api/v1/alerts/{5:032x}", status=410)
        assert (await own.get(f"/api/v1/alerts/{30:032x}"))["arguments"] == "number 30"


async def test_whole_alerts_end_where_the_answer_is_full(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(alert(0))
        await own.rows(1)
        assert (await own.get("/api/runtime/alerts?full=1"))["cut"] is False
        event = msgspec.Raw(msgspec.json.encode({"x": "x" * 900_000}))
        await bus.send(*(alert(n, event=event) for n in range(1, 21)))
        await own.rows(21)
        async with own.http.get(f"{own.url}/api/runtime/alerts?full=1") as answer:
            body = await answer.read()
        found = msgspec.json.decode(body, type=FullAlertsAnswer)
        assert found.cut
        assert 15 << 20 < len(body) < (16 << 20) + 4_096
        assert msgspec.json.decode(found.alerts[0], type=Alert).arguments == "number 20"


async def test_a_third_answer_of_whole_alerts_waits_its_turn(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        event = msgspec.Raw(msgspec.json.encode({"x": "x" * 900_000}))
        await bus.send(*(alert(n, event=event) for n in range(20)))
        await own.rows(20)
        path = f"{own.url}/api/runtime/alerts?full=1"
        slow = [await _asks_and_does_not_read(own) for _ in range(2)]
        async with own.http.get(path) as third:
            assert (third.status, third.headers["Retry-After"]) == (503, "1")
        for writer in slow:
            writer.transport.abort()

        async def room() -> bool:
            async with own.http.get(path) as again:
                await again.read()
                return again.status == 200

        await until(room)


async def _asks_and_does_not_read(own: Gateway) -> asyncio.StreamWriter:
    """A client whose answer of whole alerts is under way and stays so."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    narrow.connect(("127.0.0.1", own.face.port))
    reader, writer = await asyncio.open_connection(sock=narrow, limit=4_096)
    writer.write(b"GET /api/runtime/alerts?full=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200" in await reader.readline()
    return writer


async def test_a_restart_shows_the_same_and_two_gateways_agree(declared: NatsServer) -> None:
    async with publisher(declared) as bus:
        async with gateway(declared, window_rows=100) as one, gateway(declared, window_rows=100) as other:
            await one.ready()
            await other.ready()
            await bus.send(
                *(alert(n, "critical" if n % 50 == 0 else "low", fingerprint=f"f{n % 9}") for n in range(400))
            )
            await until(lambda: _head(one) == _head(other) == 400, what="both to read all")
            live = [await _shown(one), await _shown(other)]
        async with gateway(declared, window_rows=100) as again:
            await again.ready()
            assert live[0] == live[1] == await _shown(again)
        assert live[0][1]["by_severity"]["low"] == 392
        assert live[0][1]["window"]["low"] | {"since": ""} == {"since": "", "rows": 100, "complete": False}
        assert live[0][1]["window"]["critical"]["complete"]


def _head(own: Gateway) -> int:
    return int(own.face.state.store.window.head) if own.face.state else 0


async def _shown(own: Gateway) -> tuple[dict[str, Any], dict[str, Any]]:
    async def whole() -> bool:
        return bool((await own.get("/api/runtime/stats"))["total"] == 400)

    await until(whole, what="the kept total to be current")
    alerts = await own.get("/api/runtime/alerts")
    stats = await own.get("/api/runtime/stats")
    return alerts | {"timestamp": ""}, stats | {"timestamp": ""}


async def test_an_alert_that_makes_no_sense_is_counted_and_passed(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as client:
        await own.ready()
        await client.open()
        await client.until("snapshot")
        await bus.raw("alerts.low.c1.n.x", b"\x00 no alert", "a")
        await bus.raw("alerts.low.c1.n.x", b'{"id":"x","time":"yesterday"}', "b")
        await bus.raw("alerts.low.c1.n.x", b'{"event":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "d")
        await bus.raw("alerts.high.c1.n.x", encode(alert(2, "critical")), "c")
        await bus.send(alert(3))
        await client.rows(1)
        assert client.cursor().endswith(":5")
        async with own.http.get(f"{own.url}/metrics") as answer:
            assert 'tocsin_gateway_undecodable_alerts_total{service="gateway",instance="test"} 4' in await answer.text()


async def test_every_route_is_documented_and_its_answer_reads_as_documented(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(alert(1, "high", rule="reverse-shell"))
        (row,) = await own.rows(1)
        document = await own.get("/api/openapi.json")
        assert document["openapi"].startswith("3.1")
        served = {
            resource.canonical
            for resource in app.application(own.face).router.resources()
            if resource.canonical != "/{path}"
        }
        assert served == set(document["paths"]) == {endpoint.path for endpoint in ENDPOINTS}
        for path in ("/api/v1/ledger", "/api/openapi.json"):
            assert "400" in document["paths"][path]["get"]["responses"]
        assert "cut" in document["components"]["schemas"]["FullAlertsAnswer"]["properties"]
        assert "#/components/schemas/Alert" in json.dumps(document)
        for path, kind in (
            ("/api/runtime/alerts", AlertsAnswer),
            ("/api/runtime/alerts?full=1", FullAlertsAnswer),
            ("/api/runtime/stats", StatsAnswer),
            (f"/api/v1/alerts/{row['id']}", Alert),
            ("/api/v1/rules", RulesAnswer),
            ("/api/v1/ledger", Ledger),
        ):
            async with own.http.get(own.url + path) as answer:
                body = await answer.read()
                assert answer.status == 200, body
                assert msgspec.json.decode(body, type=kind)
                assert answer.content_type == "application/json"


async def test_readiness_names_the_broken_hop(declared: NatsServer) -> None:
    async with gateway(declared) as own:
        await own.ready()
        broken = msgspec.convert(await own.get("/readyz", status=503), ReadyAnswer).broken
        assert set(broken) == {"collector", "classifier", "correlator"}
        for name, problems in (("collector", {}), ("correlator", {}), ("classifier", {"rules": "3 rules are wrong"})):
            report = ServiceReport(service=name, instance="x", time="", problems=problems)
            async with open_bus(declared.settings(name), name) as service_bus:
                await service_bus.publish_unstored(f"tocsin.metrics.{name}.x", msgspec.json.encode(report))
        deep = b'{"samples":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
        async with open_bus(declared.settings("collector"), "collector") as service_bus:
            await service_bus.publish_unstored("tocsin.metrics.collector.x", deep)
        await until(lambda: _heard(own) >= {"collector", "classifier", "correlator"})
        ready = await own.get("/readyz", status=503)
        assert ready["broken"] == {"classifier.rules": "3 rules are wrong"}
        async with open_bus(declared.settings("classifier"), "classifier") as service_bus:
            report = ServiceReport(service="classifier", instance="x", time="")
            await service_bus.publish_unstored("tocsin.metrics.classifier.x", msgspec.json.encode(report))

        async def ready_now() -> bool:
            async with own.http.get(f"{own.url}/readyz") as answer:
                return answer.status == 200

        await until(ready_now)
        declared.kill()

        async def names_nats() -> bool:
            async with own.http.get(f"{own.url}/readyz") as answer:
                return answer.status == 503 and "nats" in (await answer.json())["broken"]

        await until(names_nats)
        assert (await own.get("/healthz"))["alive"]

        async def refuses() -> bool:
            async with own.http.get(f"{own.url}/api/runtime/stats") as answer:
                return answer.status == 503

        await until(refuses)
        declared.start()
        await until(ready_now, 20)


def _heard(own: Gateway) -> set[str]:
    return {said.service for said in own.face.state.service_reports.fresh(0)} if own.face.state else set()


async def test_metrics_of_all_services_are_shown_with_their_labels(declared: NatsServer) -> None:
    async with gateway(declared) as own:
        await own.ready()
        metrics = Metrics()
        metrics.counter("tocsin_collector_lines_total", "Lines.").add(7)
        report = ServiceReport(service="collector", instance='a"\n', time="", samples=metrics.snapshot())
        async with open_bus(declared.settings("collector"), "collector") as bus:
            await bus.publish_unstored("tocsin.metrics.collector.a", msgspec.json.encode(report))
        await until(lambda: "collector" in _heard(own))
        async with own.http.get(f"{own.url}/metrics") as answer:
            text = await answer.text()
        assert 'tocsin_collector_lines_total{service="collector",instance="a\\"\\n"} 7' in text
        assert 'tocsin_gateway_clients{service="gateway",instance="test"} 0' in text


async def test_strangers_are_refused_and_every_answer_is_guarded(declared: NatsServer) -> None:
    async with gateway(declared) as own:
        await own.ready()
        refused = await own.get("/api/runtime/stats", status=421, headers={"Host": "evil.example"})
        assert "TOCSIN_GATEWAY_ALLOWED_HOSTS" in refused["error"]
        for method, path, status in (
            ("GET", "/healthz", 200),
            ("GET", "/api/runtime/stats", 200),
            ("GET", "/api/nothing", 404),
            ("GET", "/assets/nothing.js", 404),
            ("GET", "/assets/" + "x" * 300, 404),
            ("GET", "/" + "x" * 300, 404),
            ("GET", "/" + "x/" * 3_000, 404),
            ("GET", "/a%00b", 404),
            ("GET", "/assets/a%00b", 404),
            ("POST", "/api/runtime/stats", 405),
            ("DELETE", "/", 405),
            ("GET", "/api/v1/stream", 400),
            ("GET", "/metrics", 200),
        ):
            async with own.http.request(method, own.url + path) as answer:
                body = await answer.text()
                assert answer.status == status, (method, path, body)
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert answer.headers["Cache-Control"] == "no-store"
                assert status < 400 or json.loads(body)["error"]
        async with own.http.head(f"{own.url}/healthz") as answer:
            assert answer.status == 200


async def test_the_page_is_served_with_what_it_may_be_cached_for(declared: NatsServer, tmp_path: Path) -> None:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>page</title>")
    (static / "assets" / "app-1a2b.js").write_text("1")
    (static / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"packed"))
    (tmp_path / "secret").write_text("secret")
    async with gateway(declared) as own:
        own.face.static = static
        for path, text, cache in (
            ("/", "<title>page</title>", "no-cache"),
            ("/runtime", "<title>page</title>", "no-cache"),
            ("/alerts/1a", "<title>page</title>", "no-cache"),
            ("/assets/app-1a2b.js", "packed", "public, max-age=31536000, immutable"),
            ("/%2e%2e/secret", "<title>page</title>", "no-cache"),
            ("/..%2fsecret", "<title>page</title>", "no-cache"),
        ):
            async with own.http.get(own.url + path) as answer:
                assert (answer.status, await answer.text()) == (200, text)
                assert answer.headers["Cache-Control"] == cache
                assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        own.face.static = tmp_path / "none"
        async with own.http.get(f"{own.url}/") as answer:
            assert "make ui" in await answer.text()


async def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port} is taken"):
            async with service.listening(Settings(port=port)):
                pass


async def test_before_the_first_connection_the_page_says_what_it_waits_for() -> None:
    async with service.listening(Settings(port=0)) as face, aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{face.port}/readyz") as answer:
            assert (answer.status, (await answer.json())["broken"].keys()) == (503, {"nats": ""}.keys())
        async with http.get(f"http://127.0.0.1:{face.port}/api/runtime/stats") as answer:
            assert answer.status == 503


async def test_an_error_of_ours_shows_no_stack_trace(declared: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async with gateway(declared) as own:
        await own.ready()
        assert own.face.state is not None
        own.face.state.store.window.lanes = ()
        answer = await own.get("/api/runtime/stats", status=500)
        assert answer == {"error": "internal error; see the log"}

"""The WebSocket against a running gateway: resuming, gaps, slow clients, protocol errors, the end."""

import asyncio
import contextlib
import json
import time

import aiohttp
import msgspec
import pytest

from tocsin.bus import open_bus, streams
from tocsin.gateway.window.search import SLOTS
from tocsin.runtime.service_report import ServiceReport

from support.gateway import PATIENCE_S, Gateway, Socket, alert, gateway, publisher
from support.server import SIZES, NatsServer
from support.waiting import until

LOW_BUFFER = 4_096


async def test_a_filter_narrows_snapshot_and_stream(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await bus.send(*(alert(n, "low", namespace="a" if n % 2 else "b") for n in range(10)))
        await own.rows(10)
        await socket.open(filter={"namespace": ["a"]})
        snapshot = await socket.until("snapshot")
        assert {row["namespace"] for row in snapshot["rows"]} == {"a"}
        assert snapshot["filter"] == {"namespace": ["a"]}
        assert (snapshot["matched"]["low"], snapshot["counts"]["low"]) == (5, 10)
        await bus.send(alert(10, namespace="b"), alert(11, namespace="a"))
        assert [row["namespace"] for row in await socket.rows(1)] == ["a"]
        await socket.send({"k": "view", "filter": {"namespace": ["b"]}})
        snapshot = await socket.until("snapshot")
        assert {row["namespace"] for row in snapshot["rows"]} == {"b"}
        await bus.send(alert(12, namespace="b"))
        await socket.rows(2)
        assert socket.seen()[-1]["arguments"] == "number 12"
        await socket.send({"k": "view", "filter": {"q": '"number 7" A'}})
        snapshot = await socket.until("snapshot")
        assert [row["arguments"] for row in snapshot["rows"]] == ["number 7"]
        socket.cursor()


async def test_ranges_move_on_where_no_row_matches(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await socket.open(filter={"namespace": ["nobody"]})
        await socket.until("snapshot")
        await bus.send(*(alert(n) for n in range(3)))
        frame = await socket.until(lambda frame: frame["k"] == "alerts" and frame["to"].endswith(":3"))
        assert frame["rows"] == []
        assert socket.cursor().endswith(":3")


async def test_a_client_that_comes_back_is_told_what_it_missed(declared: NatsServer) -> None:
    async with publisher(declared) as bus:
        async with gateway(declared) as own:
            async with own.socket() as socket:
                await socket.open()
                await socket.until("snapshot")
                await bus.send(alert(1))
                await socket.rows(1)
                place = socket.cursor()
            await bus.send(*(alert(n) for n in range(2, 900)))
            async with own.socket() as socket:
                await socket.open(cursor=place)
                rows = await socket.rows(898)
                assert [frame["replay"] for frame in socket.frames if frame["k"] == "alerts"][:2] == [True, True]
                assert sorted(row["arguments"] for row in rows) == sorted(f"number {n}" for n in range(2, 900))
                assert socket.cursor().endswith(":899")
                assert all(frame["k"] != "snapshot" for frame in socket.frames)
        async with gateway(declared) as again, again.socket() as socket:
            await socket.open(cursor=place)
            assert len(await socket.rows(898)) == 898


async def test_a_client_that_missed_too_much_is_told_how_much(declared: NatsServer) -> None:
    async with publisher(declared) as bus:
        await bus.send(*(alert(n, "high" if n % 100 == 0 else "low") for n in range(1, 5_203)))
        async with gateway(declared, window_rows=1_000) as own, own.socket() as socket:
            await own.ready()
            assert own.face.state is not None
            epoch = own.face.state.store.window.epoch
            await socket.open(cursor=f"{epoch}:101")
            gap = await socket.until("gap")
            assert (gap["why"], gap["from"], gap["missing"]) == ("too_far", f"{epoch}:101", 5_101)
            assert gap["counts"] == {"critical": 0, "high": 51, "medium": 0, "low": 5_050}
            assert len((await socket.until("snapshot"))["rows"]) == 200


async def test_a_client_whose_place_the_stream_let_go_is_told_so(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n) for n in range(20)))
        await own.rows(20)
        async with open_bus(declared.settings("admin"), "admin") as admin:
            await admin.request(f"$JS.API.STREAM.PURGE.{streams.ALERTS}", b'{"seq":15}', timeout_s=5)
        assert own.face.state is not None
        window = own.face.state.store.window
        await until(lambda: len(window) == 6)
        async with own.socket() as socket:
            await socket.open(cursor=f"{window.epoch}:3")
            gap = await socket.until("gap")
            assert (gap["why"], gap["counts"]["low"], gap["missing"]) == ("retention", 6, 17)
            await socket.until("snapshot")


async def test_a_stream_that_was_made_anew_is_told_to_clients_and_shown(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await socket.open()
        await socket.until("snapshot")
        await bus.send(*(alert(n) for n in range(5)))
        await socket.rows(5)
        old = socket.cursor()
        async with open_bus(declared.settings("admin"), "admin") as admin:
            config = (await admin.stream(streams.ALERTS)).config
            await admin.request(f"$JS.API.STREAM.DELETE.{streams.ALERTS}", b"", timeout_s=5)
            request = json.dumps(config).encode()
            await admin.request(f"$JS.API.STREAM.CREATE.{streams.ALERTS}", request, timeout_s=5)
        await bus.send(alert(7, "critical"))
        gap = await socket.until("gap")
        assert (gap["why"], gap["from"]) == ("epoch", old)
        snapshot = await socket.until("snapshot")
        assert snapshot["to"].partition(":")[0] != old.partition(":")[0]
        await bus.send(alert(8, "critical"))
        await socket.until(lambda frame: any(row["arguments"] == "number 8" for row in frame.get("rows", ())))
        assert (await own.get("/api/runtime/stats"))["by_severity"]["critical"] >= 1


async def test_reading_goes_on_after_nats_was_killed(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await socket.open()
        await socket.until("snapshot")
        await bus.send(alert(1))
        await socket.rows(1)
        declared.kill()
        await socket.until(lambda frame: frame["k"] == "stats" and "NATS" in frame["lag"].get("broken", ""))
        declared.start()
        await bus.send(alert(2))
        await socket.rows(2)
        assert socket.cursor().endswith(":2")


async def test_a_service_that_is_not_heard_is_told_to_clients_once_it_had_time(declared: NatsServer) -> None:
    async with gateway(declared, grace_s=1.5) as own, own.socket() as socket:
        assert set((await own.get("/readyz", status=503))["broken"]) >= {"collector", "classifier"}
        await socket.open()
        assert "broken" not in (await socket.until("stats"))["lag"]
        stats = await socket.until(lambda frame: frame["k"] == "stats" and "broken" in frame["lag"])
        assert "no collector has reported" in stats["lag"]["broken"]
        assert "no classifier has reported" in stats["lag"]["broken"]


async def test_what_a_service_says_is_broken_is_told_to_clients(declared: NatsServer) -> None:
    async with gateway(declared) as own, own.socket() as socket:
        await socket.open()
        await socket.until("stats")
        said = ServiceReport(service="classifier", instance="x", time="", problems={"rules": "3 rules are wrong"})
        async with open_bus(declared.settings("classifier"), "classifier") as bus:
            await bus.publish_unstored("tocsin.metrics.classifier.x", msgspec.json.encode(said))
        stats = await socket.until(lambda frame: frame["k"] == "stats" and "broken" in frame["lag"])
        assert stats["lag"]["broken"] == "3 rules are wrong"


async def test_a_snapshot_lists_only_rows_of_its_window(declared: NatsServer) -> None:
    hour_ago_ns = time.time_ns() - 3_600 * 1_000_000_000
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await bus.send(alert(1, time_ns=hour_ago_ns), alert(2))
        await own.rows(2)
        for wanted in ({}, {"q": "number"}):
            await socket.send({"k": "view" if socket.frames else "open", "filter": wanted, "window": "5m"})
            assert [row["arguments"] for row in (await socket.until("snapshot"))["rows"]] == ["number 2"]
            await socket.send({"k": "view", "window": "3h"})
            assert len((await socket.until("snapshot"))["rows"]) == 2


async def test_without_folding_every_row_is_one_alert(declared: NatsServer) -> None:
    async with (
        publisher(declared) as bus,
        gateway(declared) as own,
        own.socket() as raw,
        own.socket() as folding,
    ):
        await raw.open(fold=False, rows=100)
        await folding.open(rows=100)
        for socket in (raw, folding):
            await socket.until("snapshot")
        await bus.send(*(alert(n, fingerprint="same") for n in range(500)))
        for socket in (raw, folding):
            await socket.until(lambda frame: frame["k"] == "alerts" and frame["to"].endswith(":500"))
            assert _told(socket) == 500
        assert all(row["n"] == 1 for row in raw.seen())
        assert len(folding.seen()) < len(raw.seen())
        assert any(row["n"] > 1 for row in folding.seen())
        await raw.send({"k": "view", "fold": True})
        await raw.until("snapshot")
        assert own.face.state is not None
        assert own.face.state.hub.fanout.views == 1


async def test_a_search_for_which_there_is_no_room_is_refused_and_a_page_gets_it_later(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await bus.send(alert(1))
        await own.rows(1)
        assert own.face.state is not None
        store = own.face.state.store
        with contextlib.ExitStack() as others:
            for asker, places in SLOTS.items():
                for _ in range(places):
                    others.enter_context(store.search.slot(asker))
            async with own.http.get(f"{own.url}/api/runtime/alerts?q=number") as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            await own.get("/api/runtime/alerts?severity=low")
            await socket.open(filter={"q": "number"})
            snapshot = await socket.until("snapshot")
            assert (snapshot["rows"], snapshot["busy"]) == ([], True)
        snapshot = await socket.until(lambda frame: frame["k"] == "snapshot" and "busy" not in frame)
        assert len(snapshot["rows"]) == 1
        assert store.search.refused >= 2


async def test_a_slow_client_gets_fewer_rows_and_a_fast_one_all_of_them(declared: NatsServer) -> None:
    async with (
        publisher(declared) as bus,
        gateway(declared) as own,
        own.socket() as fast,
        own.socket(acknowledging=False) as slow,
    ):
        for socket in (fast, slow):
            await socket.open()
            await socket.until("snapshot")
        for start in range(0, 4_000, 200):
            await bus.send(*(alert(n, "low", fingerprint=f"f{n}") for n in range(start, start + 200)))
            await fast.until(lambda frame, end=f":{start + 200}": frame.get("to", "").endswith(end))  # type: ignore[misc]
        assert _told(fast) == 4_000
        fast.cursor()
        while sum(frame["k"] == "stats" for frame in slow.frames) < 3:
            await slow.next()
        behind = [frame for frame in slow.frames if frame["k"] == "alerts"]
        assert len(behind) == 2
        slow.acknowledging = True
        await slow.send({"k": "ack", "to": behind[-1]["to"]})
        last = await slow.until(lambda frame: frame["k"] == "alerts" and frame["to"].endswith(":4000"))
        assert len(last["rows"]) <= 400
        assert last["left_out"] > 0
        assert _told(slow) == 4_000
        slow.cursor()


def _told(socket: Socket) -> int:
    frames = [frame for frame in socket.frames if frame["k"] == "alerts"]
    return sum(sum(row["n"] for row in frame["rows"]) + frame["left_out"] for frame in frames)


async def test_a_client_that_never_reads_is_closed_and_delays_nobody(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared, silence_s=2.0) as own, own.socket() as fast:
        reader, writer = await asyncio.open_connection("127.0.0.1", own.face.port, limit=LOW_BUFFER)
        writer.write(
            b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Protocol: alerts.v2\r\n\r\n"
        )
        assert b"101" in await reader.readline()
        await fast.open()
        await fast.until("snapshot")
        assert own.face.state is not None
        clients = own.face.state.broadcaster
        await until(lambda: len(clients.sessions) == 2)
        await bus.send(*(alert(n) for n in range(500)))

        async def answers() -> None:
            while True:
                await fast.send({"k": "pong", "t": 0})
                await fast.next()

        answering = asyncio.ensure_future(answers())
        await until(lambda: clients.closed_silent == 1 and len(clients.sessions) == 1, PATIENCE_S)
        answering.cancel()
        writer.close()
        assert _told(fast) == 500


@pytest.mark.parametrize(
    "frames",
    [
        ["no json"],
        ['{"k":"view","rows":1}'],
        ['{"k":"open","cursor":"nonsense"}'],
        ['{"k":"open","filter":{"severity":["urgent"]}}'],
        ['{"k":"open"}', '{"k":"open"}'],
        [b"\x00"],
        ['{"k":"open","filter":{"namespace":' + "[" * 20_000 + "]" * 20_000 + "}}"],
        ['{"k":"dance","x":' + "[" * 20_000 + "]" * 20_000 + "}"],
        [json.dumps({"k": "open", "filter": {"q": " ".join(map(str, range(17)))}})],
    ],
)
async def test_a_client_that_breaks_the_protocol_is_told_why(declared: NatsServer, frames: list[str | bytes]) -> None:
    async with gateway(declared) as own, own.socket() as socket:
        await own.ready()
        for frame in frames:
            await (socket.socket.send_str(frame) if isinstance(frame, str) else socket.socket.send_bytes(frame))
        bye = await socket.until("bye")
        assert bye["why"] == "protocol"
        assert bye["text"]
        message = await socket.socket.receive()
        assert (message.type, socket.socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_a_frame_that_is_too_long_ends_the_session(declared: NatsServer) -> None:
    async with gateway(declared) as own, own.socket() as socket:
        await own.ready()
        await socket.send({"k": "open", "cursor": "x" * 70_000})
        while (message := await socket.socket.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
        assert socket.socket.close_code == 1009
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"headers": {"Host": "evil.example"}}, 421),
        ({"protocols": ["other"]}, 400),
    ],
)
async def test_a_stranger_gets_no_stream(declared: NatsServer, options: dict[str, object], status: int) -> None:
    async with gateway(declared) as own:
        await own.ready()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await own.http.ws_connect(f"{own.url}/api/v1/stream", **{"protocols": ["alerts.v2"], **options})  # type: ignore[arg-type]
        assert refused.value.status == status


async def test_our_own_page_may_open_the_stream(declared: NatsServer) -> None:
    async with gateway(declared) as own, own.socket(origin=own.url) as socket:
        await socket.open()
        await socket.until("snapshot")


async def test_at_the_end_clients_are_told_when_to_come_back(declared: NatsServer) -> None:
    async with gateway(declared) as own, own.socket() as socket:
        await socket.open()
        await socket.until("snapshot")
        own.stop.set()
        bye = await socket.until("bye")
        assert bye == {"k": "bye", "why": "shutdown", "retry_ms": 1_000}
        await socket.socket.receive()
        assert socket.socket.close_code == 1001


async def test_one_client_too_many_is_refused(declared: NatsServer) -> None:
    async with gateway(declared, clients=1) as own, own.socket() as socket:
        await socket.open()
        await socket.until("snapshot")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await own.http.ws_connect(f"{own.url}/api/v1/stream", protocols=["alerts.v2"])
        assert refused.value.status == 503


async def test_a_client_that_comes_before_the_stream_is_served_once_it_is_there(nats_server: NatsServer) -> None:
    async with gateway(nats_server) as own, own.socket() as socket, own.socket() as gone:
        await gone.open()
        await socket.open()
        ready = await own.get("/readyz", status=503)
        assert "window" in ready["broken"]
        await own.get("/api/runtime/alerts", status=503)
        assert own.face.state is not None
        clients = own.face.state.broadcaster
        await until(lambda: len(clients.sessions) == 2)
        await gone.socket.close()
        await until(lambda: len(clients.sessions) == 1)
        async with open_bus(nats_server.settings("admin"), "admin") as admin:
            await admin.declare(SIZES)
        await socket.until("snapshot")


async def test_a_gateway_without_a_stream_stops_with_a_client_waiting(nats_server: NatsServer) -> None:
    async with gateway(nats_server) as own, own.socket() as socket:
        await socket.open()
        own.stop.set()
        assert (await socket.until("bye"))["why"] == "shutdown"


async def test_a_client_of_the_old_version_gets_the_former_names_and_its_filter_is_counted(
    declared: NatsServer,
) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(alert(1, "high", namespace="a"), alert(2, "high", namespace="b"))
        await own.rows(2)
        async with own.socket(protocol="alerts.v1") as old, own.socket() as new:
            assert (old.socket.protocol, new.socket.protocol) == ("alerts.v1", "alerts.v2")
            await old.open(filter={"ns": ["a"]})
            await new.open(filter={"namespace": ["a"]})
            assert ((await old.until("hello"))["v"], (await new.until("hello"))["v"]) == (1, 2)
            snapshots = await old.until("snapshot"), await new.until("snapshot")
            assert [(row["ns"], row["event"]) for row in snapshots[0]["rows"]] == [("a", "process_exec")]
            assert [(row["namespace"], row["kind"]) for row in snapshots[1]["rows"]] == [("a", "exec")]
            assert (
                snapshots[0]["matched_top"]["event"]
                == snapshots[1]["matched_top"]["event_type"]
                == [["execve", 1, "high"]]
            )
            await bus.send(alert(3, "high", namespace="a", arguments="three"))
            assert ((await old.rows(1))[0]["args"], (await new.rows(1))[0]["arguments"]) == ("three", "three")
        assert await _old_filter_keys(own) == {
            "ns": 1,
            **dict.fromkeys(("sev", "wl", "proc", "event", "rule", "att"), 0),
        }


async def _old_filter_keys(own: Gateway) -> dict[str, int]:
    """How often each former name was used, as the metrics say."""
    async with own.http.get(f"{own.url}/metrics") as answer:
        lines = [line for line in (await answer.text()).splitlines() if "old_filter_keys_total{" in line]
    return {line.split('key="')[1].split('"')[0]: int(line.rsplit(" ", 1)[1]) for line in lines}


async def test_former_names_in_addresses_still_work(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n, "high", namespace="ab"[n % 2], event_type="execve") for n in range(6)))
        await own.rows(6)
        for query in ("ns=a&event=execve", "namespace=a&event_type=execve", "ns=a&namespace=a"):
            rows = (await own.get(f"/api/v1/alerts?{query}"))["rows"]
            assert [row["namespace"] for row in rows] == ["a"] * 3, query
        assert (await own.get("/api/v1/facets?narrow=event:exec"))["top"]["event_type"] == [["execve", 6, "high"]]
        used = {name: n for name, n in (await _old_filter_keys(own)).items() if n}
        assert used == {"ns": 2, "event": 1}

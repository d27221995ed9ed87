"""Numbers on the WebSocket: exact, the same on every gateway, and those of the filter beside those of everything."""

import time
from typing import Any

from support.gateway import Gateway, Socket, alert, gateway, publisher
from support.server import NatsServer

SEVERITIES = ("critical", "high", "medium", "low")
NS = 1_000_000_000


def table(timeline: dict[str, Any]) -> dict[int, tuple[int, ...]]:
    rows = zip(*(timeline[name] for name in SEVERITIES), strict=True)
    begin, step = timeline["t0"], timeline["step_s"]
    return {begin + n * step: values for n, values in enumerate(rows) if any(values)}


async def opened(socket: Socket, **wanted: Any) -> dict[str, Any]:
    await socket.send({"k": "open", "cursor": None, "window": "15m", "rows": 400, "visible": True, **wanted})
    return await socket.until("snapshot")


async def test_a_filtered_view_has_exact_counts_timeline_and_values_of_its_own(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        now = time.time_ns()
        many = [alert(n, SEVERITIES[n % 4], namespace="ab"[n % 2], time_ns=now - n * 5 * NS) for n in range(40)]
        await bus.send(*many, alert(100, "low", namespace="a", time_ns=now - 1_000 * NS))
        await own.rows(41)
        async with own.socket() as socket:
            snapshot = await opened(socket, filter={"namespace": ["a"]})
            assert snapshot["counts"] == dict.fromkeys(SEVERITIES, 10)
            assert snapshot["matched"] == {"critical": 10, "high": 0, "medium": 10, "low": 0}
            assert snapshot["matched_since"] == dict.fromkeys(SEVERITIES)
            assert snapshot["rows_since"] == dict.fromkeys(SEVERITIES)
            assert {name: sum(snapshot["matched_timeline"][name]) for name in SEVERITIES} == snapshot["matched"]
            assert snapshot["matched_top"]["namespace"] == [["a", 20, "critical"]]
            known = table(snapshot["matched_timeline"])
            await bus.send(*(alert(200 + n, "high", namespace="a", time_ns=now - n * 60 * NS) for n in range(5)))
            await bus.send(*(alert(300 + n, "high", namespace="b") for n in range(5)))
            stats = await socket.until(lambda frame: frame["k"] == "stats" and frame["matched"]["high"] == 5)
            assert stats["matched"] == {"critical": 10, "high": 5, "medium": 10, "low": 0}
            for frame in socket.frames:
                if frame["k"] == "stats":
                    known |= {second: tuple(values) for second, *values in frame["matched_bins"]}
            assert [sum(values[n] for values in known.values()) for n in range(4)] == [10, 5, 10, 0]
            while not any(_top(frame) == [["a", 25, "critical"]] for frame in socket.frames):
                await socket.until("stats")
            await socket.send({"k": "view", "filter": {}})
            whole = await socket.until("snapshot")
            assert "matched" not in whole
            assert whole["counts"]["high"] == 20


async def test_a_client_that_comes_back_gets_the_numbers_of_its_filter_with_the_next_stats(
    declared: NatsServer,
) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(*(alert(n, "high", namespace="ab"[n % 2]) for n in range(10)))
        await own.rows(10)
        async with own.socket() as socket:
            await opened(socket, filter={"q": "number"})
            cursor = socket.cursor()
    async with gateway(declared) as own:
        await own.rows(10)
        async with own.socket() as socket:
            await socket.send({"k": "open", "cursor": cursor, "filter": {"namespace": ["a"]}})
            stats = await socket.until("stats")
            assert stats["matched"]["high"] == 5
            assert sum(high for _, _, high, _, _ in stats["matched_bins"]) == 5
            assert stats["matched_top"]["namespace"] == [["a", 5, "high"]]


async def test_two_gateways_say_the_same_and_a_client_moves_between_them_without_a_gap(declared: NatsServer) -> None:
    now = time.time_ns()
    async with publisher(declared) as bus, gateway(declared) as first:
        early = [alert(n, SEVERITIES[n % 4], time_ns=now - n * NS, namespace=f"n{n % 3}") for n in range(60)]
        await bus.send(*early)
        await first.rows(60)
        async with gateway(declared) as second:
            late = [alert(100 + n, "high", time_ns=now - (600 + n) * NS, late_s=600, namespace="n1") for n in range(50)]
            await bus.send(*late)
            for own in (first, second):
                await own.rows(110)
            begin, end = now // 1_000_000 - 900_000, now // 1_000_000 + 60_000
            for path in (
                f"alerts?from={begin}&to={end}&limit=1000",
                f"alerts?from={begin}&to={end}&namespace=n1&q=number",
                f"timeline?from={begin}&to={end}",
                f"timeline?from={begin}&to={end}&namespace=n1",
                f"facets?from={begin}&to={end}",
                f"facets?from={begin}&to={end}&severity=high",
            ):
                assert await first.get(f"/api/v1/{path}") == await second.get(f"/api/v1/{path}"), path
            await _moves(first, second, bus)


def _top(frame: dict[str, Any]) -> Any:
    return (frame.get("matched_top") or {}).get("namespace")


async def _moves(first: Gateway, second: Gateway, bus: Any) -> None:
    frames: list[dict[str, Any]] = []
    cursor = None
    for turn, own in enumerate((first, second, first)):
        async with own.socket() as socket:
            socket.frames = frames
            await socket.send({"k": "open", "cursor": cursor, "filter": {"namespace": ["moved"]}, "fold": False})
            if turn == 0:
                await socket.until("snapshot")
            await bus.send(*(alert(1_000 + turn * 10 + n, "high", namespace="moved") for n in range(5)))
            await socket.rows(5 * (turn + 1))
            cursor = socket.cursor()
        await bus.send(alert(2_000 + turn, "low", namespace="other"))
    assert [frame["k"] for frame in frames].count("snapshot") == 1
    assert not any(frame["k"] == "gap" for frame in frames)
    assert len({row["id"] for frame in frames if frame["k"] == "alerts" for row in frame["rows"]}) == 15


async def test_what_comes_late_is_told_as_late_and_not_as_the_rate_of_now(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await own.ready()
        async with own.socket() as socket:
            snapshot = await opened(socket)
            assert "late" not in snapshot
            now = time.time_ns()
            await bus.send(*(alert(n, "critical", time_ns=now - 1_200 * NS, late_s=1_200) for n in range(200)))
            stats = await socket.until(lambda frame: frame["k"] == "stats" and frame.get("late", {}).get("n") == 200)
            assert stats["late"]["most_s"] == 1_200
            assert stats["late"]["from"] == (now - 1_200 * NS) // 1_000_000
            assert stats["counts"] == dict.fromkeys(SEVERITIES, 0)
            rates = [frame["rate"]["critical"] for frame in socket.frames if frame["k"] == "stats"]
            assert set(rates) == {0}
        async with own.socket() as socket:
            assert (await opened(socket, window="1h"))["late"]["n"] == 200

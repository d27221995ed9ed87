"""Alerts on their way from the stream to REST and the WebSocket."""

from tocsin.model.alert import Correlated

from support.gateway import alert, gateway, publisher
from support.server import NatsServer


async def test_an_alert_that_is_stored_arrives_at_a_client(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await socket.open()
        assert (await socket.next())["k"] == "hello"
        snapshot = await socket.until("snapshot")
        assert snapshot["rows"] == []
        await bus.send(alert(1, "high"))
        (row,) = await socket.rows(1)
        assert row["id"] == f"{1:032x}"
        assert (row["severity"], row["process"], row["namespace"], row["n"]) == ("high", "/bin/bash", "payments", 1)
        assert (row["kind"], row["event_type"], row["arguments"]) == ("exec", "execve", "number 1")
        stats = await socket.until(lambda frame: frame["k"] == "stats" and frame["counts"]["high"] == 1)
        assert stats["rate"].keys() == stats["counts"].keys()


async def test_a_correlation_is_an_alert_like_any_other_but_for_its_event(declared: NatsServer) -> None:
    found = Correlated(rule="exec-storm", key={"scope": "payments/ledger-1"}, from_="a", to="b", count=512)
    storm = alert(
        2, "high", rule="exec-storm", title="Many programs started", kind="correlation", event_type="correlation",
        process="", arguments="", pod="", correlation=found, evidence=(f"{1:032x}",),
    )  # fmt: skip
    async with publisher(declared) as bus, gateway(declared) as own, own.socket() as socket:
        await socket.open(filter={"kind": ["correlation"]})
        assert (await socket.until("snapshot"))["rows"] == []
        await bus.send(alert(1), storm)
        (row,) = await socket.rows(1)
        assert (row["kind"], row["event_type"], row["rules"]) == ("correlation", "correlation", ["exec-storm"])
        assert "process" not in row
        for path in (f"/api/v1/alerts/{row['id']}", f"/api/v1/alerts/{row['id']}?seq={row['seq']}"):
            whole = await own.get(path)
            assert (whole["kind"], whole["evidence"], "event" in whole) == ("correlation", [f"{1:032x}"], False)
            assert whole["correlation"]["count"] == 512
        assert [one["id"] for one in (await own.get("/api/runtime/alerts?q=correlation"))["alerts"]] == [row["id"]]
        assert len((await own.get("/api/runtime/alerts?full=1"))["alerts"]) == 2
        stats = await own.get("/api/runtime/stats")
        assert stats["by_type"] == {"correlation": 1, "execve": 1}
        assert stats["by_process"] == {"/bin/bash": 1}


async def test_what_was_stored_before_the_start_is_in_the_window(declared: NatsServer) -> None:
    async with publisher(declared) as bus:
        await bus.send(*(alert(n, "critical" if n % 10 == 0 else "low") for n in range(50)))
        async with gateway(declared) as own:
            rows = await own.rows(50)
            assert [row["arguments"] for row in rows] == [f"number {n}" for n in reversed(range(50))]
            stats = await own.get("/api/runtime/stats")
            assert stats["total"] == 50
            assert stats["by_severity"] == {"critical": 5, "high": 0, "medium": 0, "low": 45}
            assert stats["by_type"] == {"execve": 50}
            assert stats["by_process"] == {"/bin/bash": 50}
            assert stats["window"]["low"]["complete"]
            async with own.socket() as socket:
                await socket.open()
                snapshot = await socket.until("snapshot")
                assert len(snapshot["rows"]) == 50
                assert snapshot["counts"]["critical"] == 5
                assert sum(snapshot["timeline"]["low"]) == 45
                assert snapshot["top"]["process"] == [["/bin/bash", 50, "critical"]]

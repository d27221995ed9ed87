"""The whole house under a step load, beside the same three stages over plain core NATS with nothing stored.

Offered, delivered, latency from the event's time to a WebSocket client, CPU per event of each process, memory. The
simulator, the server, all services and the client share this machine, which the table says. A rate judged without rules
stands beside that with the whole pack. Usage: `make bench`, or for other steps `PYTHONPATH=tests python -m bench.stages 1000 5000`.
"""

import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from tocsin.bus import Bus, Message, open_bus, streams
from tocsin.model import alert, subjects
from tocsin.model.severity import Severity
from tocsin.model.timestamps import parse_ns
from tocsin.runtime import ledger, policy_files

from bench import core
from bench.processes import cpu_s, percentile, resident_mb
from support.load import Load
from support.processes import House

_STEPS = (1_000, 5_000, 8_000, 9_000, 10_000, 15_000)
_WITHOUT_RULES = (8_000, 9_000, 10_000)
_STEP_S = 12.0
_SETTLE_S = 3.0
_DRAIN_S = 120.0
NAMES = ("collector", "classifier", "correlator", "gateway", "nats")


class Watcher:
    """A client that acknowledges at once and notes how old each row was."""

    def __init__(self, page: str) -> None:
        self._page = page
        self.ages_ms: list[float] = []
        self.urgent_ms: list[float] = []

    async def run(self) -> None:
        """Until cancelled."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(self._page + "api/v1/stream", protocols=["alerts.v2"], max_msg_size=0) as socket,
        ):
            await socket.send_json({"k": "open", "cursor": None, "window": "1m", "rows": 400})
            async for message in socket:
                frame: dict[str, Any] = message.json()
                if frame["k"] == "alerts":
                    await socket.send_json({"k": "ack", "to": frame["to"]})
                    self._note(frame["rows"])
                elif frame["k"] == "ping":
                    await socket.send_json({"k": "pong", "t": frame["t"]})

    def _note(self, rows: list[dict[str, Any]]) -> None:
        now_ms = time.time() * 1000
        for row in rows:
            age = now_ms - row["t"]
            self.ages_ms.append(age)
            if row["severity"] in ("critical", "high"):
                self.urgent_ms.append(age)

    def clear(self) -> None:
        """Forget what the warm-up showed."""
        self.ages_ms, self.urgent_ms = [], []


class Reader:
    """Reads medium alerts (a fifth of all) from the stream, as the gateway reads all, and notes how old each was."""

    def __init__(self) -> None:
        self.ages_ms: list[float] = []

    def take(self, message: Message) -> None:
        """Note one alert's age, counted from the event's time."""
        born = parse_ns(alert.summarize(message.payload).time)
        if born is not None:
            self.ages_ms.append((time.time_ns() - born) / 1e6)


async def _last(bus: Bus) -> int:
    return (await bus.stream(streams.ALERTS)).state.last_seq


async def step(folder: Path, rate: int, *, rules: bool = True) -> str:
    """One rate in a house of its own, with the pack of rules or without; a line of the table."""
    export = folder / "export" / "tetragon.log"
    own = House(folder, "--file", str(export), environ={} if rules else _bare(folder))
    own.start()
    count = int(rate * (_STEP_S + _SETTLE_S))
    load = Load(
        export,
        "--rate",
        str(rate),
        "--count",
        str(count),
        "--max-backups",
        "0",
        "--max-size-mb",
        "200",
        "--late-share",
        "0",
    )
    watcher = Watcher(own.page)
    watching = asyncio.create_task(watcher.run())
    reader, stop = Reader(), asyncio.Event()
    try:
        async with open_bus(own.nats(), "admin") as bus, asyncio.TaskGroup() as tasks:
            tasks.create_task(
                bus.follow(streams.ALERTS, reader.take, stop, filters=[subjects.alerts_of(Severity.MEDIUM)])
            )
            await asyncio.sleep(_SETTLE_S)
            pids = {name: own.pid(name) for name in NAMES}
            watcher.clear()
            reader.ages_ms.clear()
            before, cpu, began = await _last(bus), {n: cpu_s(p) for n, p in pids.items()}, time.monotonic()
            await asyncio.sleep(_STEP_S - 1)
            after, elapsed = await _last(bus), time.monotonic() - began
            used = {n: cpu_s(p) - cpu[n] for n, p in pids.items()}
            ages, urgent, read = list(watcher.ages_ms), list(watcher.urgent_ms), list(reader.ages_ms)
            memory = {n: resident_mb(p) for n, p in pids.items()}
            stop.set()
            await asyncio.to_thread(load.wait)
            balanced = await is_through(bus, count)
    finally:
        watching.cancel()
        own.stop()
    events = max(1, after - before)
    cells = [
        f"{rate:,}",
        f"{events / elapsed:,.0f}",
        f"{percentile(read, 0.5):.1f} / {percentile(read, 0.99):.0f}",
        f"{percentile(ages, 0.5):.0f} / {percentile(ages, 0.99):.0f}",
        f"{percentile(urgent, 0.5):.0f} / {percentile(urgent, 0.99):.0f}",
        *(f"{used[n] / events * 1e6:.0f}" for n in NAMES),
        *(f"{memory[n]:.0f}" for n in NAMES),
        "yes" if balanced else "NO",
    ]
    return "| " + " | ".join(cells) + " |"


def _bare(folder: Path) -> dict[str, str]:
    """Policies that are the severity table alone."""
    table = folder / "bare" / policy_files.SEVERITY_FILE
    table.parent.mkdir()
    table.write_bytes((policy_files.shipped() / policy_files.SEVERITY_FILE).read_bytes())
    return {"TOCSIN_CLASSIFIER_POLICIES": str(table.parent)}


async def is_through(bus: Bus, lines: int) -> bool:
    """Whether everything written arrives, and the ledger balances at rest."""
    deadline = time.monotonic() + _DRAIN_S
    while time.monotonic() < deadline:
        taken = await ledger.take(bus)
        if taken.done and sum(s.counts.lines for s in taken.sources) == lines:
            return True
    return False


async def main(steps: list[int]) -> None:
    """Print both tables."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, everything on this machine"
    )
    print(f"load {os.getloadavg()[0]:.1f} before the start; each rate for {_STEP_S - 1:g} s\n")
    heads = [
        "offered/s",
        "delivered/s",
        "to gateway p50 / p99 ms",
        "to client p50 / p99 ms",
        "critical, high p50 / p99 ms",
    ]
    heads += [f"{n} us/event" for n in NAMES] + [f"{n} MB" for n in NAMES] + ["ledger"]
    print("| " + " | ".join(heads) + " |\n|" + "--:|" * len(heads))
    for rate in steps:
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            print(await step(Path(folder), rate), flush=True)
    print("\nThe same without rules\n")
    for rate in [rate for rate in steps if rate in _WITHOUT_RULES]:
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            print(await step(Path(folder), rate, rules=False), flush=True)
    print("\nThe ceiling: the same three stages over core NATS, nothing stored, nothing acknowledged\n")
    for line in await core.table(steps):
        print(line, flush=True)


if __name__ == "__main__":
    uvloop.run(main([int(word) for word in sys.argv[1:]] or list(_STEPS)))

"""The ceiling: line to event to alert to row over plain core NATS; the same work in each stage, nothing stored."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg

from tocsin.bus import RECEIVED_HEADER
from tocsin.classifier.judge import Origin as Judging
from tocsin.classifier.judge import judge
from tocsin.collector.normalize import Origin, Publication, normalize
from tocsin.collector.sources.base import Line
from tocsin.model import alert, event
from tocsin.model.checkpoint import Position
from tocsin.simulator.generator import Generator

from bench.processes import cpu_s, percentile
from support import rulings
from support.server import binary

_SECONDS = 8.0
_LINES = 20_000
_TICK_S = 0.005
_END = "bench.end"


async def _connect(url: str) -> Client:
    client = Client()
    await client.connect(url)
    return client


async def source(url: str, rate: int) -> None:
    """Publish *rate* lines a second as the collector would make messages of them."""
    generator = Generator(1, time.time_ns())
    lines = [generator.line(time.time_ns()).rstrip(b"\n") for _ in range(_LINES)]
    origin, client = Origin("bench", "", "key"), await _connect(url)
    began, sent = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < _SECONDS:
        while sent < elapsed * rate:
            line = Line(raw=lines[sent % _LINES], position=Position(), place="", size=0, received_ns=time.time_ns())
            made = normalize(line, origin)
            if isinstance(made, Publication):
                await client.publish(made.subject, line.raw, headers={**made.headers, "Nats-Msg-Id": made.id})
            sent += 1
        await asyncio.sleep(_TICK_S)
    await client.flush()
    print(sent, flush=True)
    await client.close()


async def classifier(url: str) -> None:
    """Judge each event into an alert and publish it."""
    client, ruling, ended = await _connect(url), rulings.shipped(), asyncio.Event()

    async def take(message: Msg) -> None:
        headers = message.headers or {}
        read = event.read(message.data)
        origin = Judging(headers["Nats-Msg-Id"], "bench", "node", int(headers[RECEIVED_HEADER]))
        judged = judge(read, message.data, origin, ruling)
        await client.publish(judged.subject, alert.encode(judged.alert), headers={"Nats-Msg-Id": origin.id})

    async def end(_: Msg) -> None:
        ended.set()

    await client.subscribe("tetragon.>", cb=take, pending_msgs_limit=-1, pending_bytes_limit=-1)
    await client.subscribe(_END, cb=end)
    print("ready", flush=True)
    await ended.wait()
    await client.close()


async def sink(url: str) -> None:
    """Read each alert as a gateway does, and note its age."""
    client, ages, ended = await _connect(url), [], asyncio.Event()
    first = last = 0.0

    async def take(message: Msg) -> None:
        nonlocal first, last
        alert.summarize(message.data)
        last = time.monotonic()
        first = first or last
        received = message.data.index(b'"received":"')
        ages.append((time.time_ns() - _ns(message.data[received + 12 : received + 42])) / 1e6)

    async def end(_: Msg) -> None:
        ended.set()

    await client.subscribe("alerts.>", cb=take, pending_msgs_limit=-1, pending_bytes_limit=-1)
    await client.subscribe(_END, cb=end)
    print("ready", flush=True)
    await ended.wait()
    rate = len(ages) / max(last - first, 0.001)
    print(json.dumps([len(ages), rate, percentile(ages, 0.5), percentile(ages, 0.99)]), flush=True)
    await client.close()


def _ns(text: bytes) -> int:
    from tocsin.model.timestamps import parse_ns

    return parse_ns(text.decode()) or 0


async def table(steps: list[int]) -> list[str]:
    """The ceiling's table, a line for each rate."""
    lines = [
        "| offered/s | delivered/s | p50 / p99 ms | classifier us/event | sink us/event | nats us/event |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    return lines + [await asyncio.to_thread(_step, rate) for rate in steps]


def _step(rate: int) -> str:
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        command = [binary(), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", name]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            return _measure(_url(folder / f"nats-server_{server.pid}.ports"), rate, server.pid)
        finally:
            server.terminate()
            server.wait()


def _measure(url: str, rate: int, server: int) -> str:
    reader, judging = _stage("sink", url), _stage("classifier", url)
    for stage in (reader, judging):
        assert stage.stdout is not None
        stage.stdout.readline()
    before = {stage.pid: cpu_s(stage.pid) for stage in (reader, judging)}
    served = cpu_s(server)
    writer = _stage("source", url, str(rate))
    assert writer.stdout is not None
    sent = int(writer.stdout.readline())
    time.sleep(1.0)
    used = [cpu_s(judging.pid) - before[judging.pid], cpu_s(reader.pid) - before[reader.pid], cpu_s(server) - served]
    asyncio.run(_end(url))
    count, delivered, p50, p99 = json.loads(reader.communicate(timeout=60)[0].splitlines()[-1])
    judging.communicate(timeout=60)
    writer.communicate(timeout=60)
    per = [f"{seconds / max(1, count) * 1e6:.0f}" for seconds in used]
    lost = f" ({sent - count:,} not there)" if count != sent else ""
    return f"| {rate:,} | {delivered:,.0f}{lost} | {p50:.1f} / {p99:.0f} | {per[0]} | {per[1]} | {per[2]} |"


async def _end(url: str) -> None:
    client = await _connect(url)
    await client.publish(_END, b"")
    await client.close()


def _stage(name: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.core", name, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _url(ports: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if ports.exists() and (text := ports.read_text()):
            return str(json.loads(text)["nats"][0])
        time.sleep(0.01)
    raise RuntimeError("nats-server did not start")


if __name__ == "__main__":
    role, address, *rest = sys.argv[1:]
    if role == "source":
        uvloop.run(source(address, int(rest[0])))
    else:
        uvloop.run({"classifier": classifier, "sink": sink}[role](address))

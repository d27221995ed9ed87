"""What following a thousand pods costs: CPU, memory and latency of one collector, at a steady rate over all logs.

    python -m bench.pods --pods 1000 --rate 5000 --seconds 20     (from tests/)

The API server is a stand-in that speaks only list, watch and log; it, the nats-server and the reader of EVENTS share the
machine with the collector, whose own CPU is told. Latency is from the event's time, which is just before the stand-in
writes the line, to its storing in EVENTS.
"""

import argparse
import asyncio
import functools
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from aiohttp import web

from tocsin.bus import Message, streams
from tocsin.model.timestamps import format_ns, parse_ns

from bench.processes import cpu_s, percentile, resident_mb
from support.buses import opened
from support.server import SIZES, NatsServer
from support.waiting import until

_TICK_S = 0.05
_SETTLE_S = 120.0


class StandIn:
    """Lists pods, and hands a log to each follower."""

    def __init__(self, pods: int) -> None:
        self.pods = [_pod(number) for number in range(pods)]
        self.logs: dict[str, web.StreamResponse] = {}
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/api/v1/namespaces/{namespace}/pods", self._list)
        app.router.add_get("/api/v1/namespaces/{namespace}/pods/{pod}/log", self._log)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            response = web.StreamResponse()
            await response.prepare(request)
            await asyncio.sleep(3600)
            return response
        if request.match_info["namespace"] != "kube-system":
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})
        start = int(request.query.get("continue", "0"))
        size = int(request.query["limit"])
        more = str(start + size) if start + size < len(self.pods) else ""
        return web.json_response(
            {"metadata": {"resourceVersion": "1", "continue": more}, "items": self.pods[start : start + size]}
        )

    async def _log(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        self.logs[request.match_info["pod"]] = response
        await asyncio.sleep(3600)
        return response


def _pod(number: int) -> dict[str, object]:
    name = f"tetragon-{number:04}"
    status = {"name": "export-stdout", "restartCount": 0, "state": {"running": {}}}
    return {
        "metadata": {"name": name, "namespace": "kube-system", "uid": f"uid-{number}", "resourceVersion": "1"},
        "spec": {"nodeName": f"node-{number:04}", "containers": [{"name": "export-stdout"}, {"name": "tetragon"}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }


def _line(number: int, node: str, padding: str) -> bytes:
    process = {"exec_id": f"e{number}", "pid": number, "uid": 0, "binary": "/usr/bin/true", "arguments": padding}
    stamp = format_ns(time.time_ns())
    return json.dumps({"process_exec": {"process": process}, "node_name": node, "time": stamp}).encode() + b"\n"


async def _write(api: StandIn, rate: int, seconds: float, padding: str) -> int:
    """Numbered lines, spread over all logs, at *rate* a second."""
    names = sorted(api.logs)
    began, number = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        parts: dict[str, list[bytes]] = {}
        for _ in range(int(rate * elapsed) - number):
            name = names[number % len(names)]
            parts.setdefault(name, []).append(_line(number, name.replace("tetragon", "node"), padding))
            number += 1
        for name, lines in parts.items():
            await api.logs[name].write(b"".join(lines))
        await asyncio.sleep(_TICK_S)
    return number


async def _bench(pods: int, rate: int, seconds: float, line_bytes: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        server, api = NatsServer(Path(folder)), StandIn(pods)
        server.start()
        await api.start()
        try:
            async with opened(server, "admin") as bus:
                await bus.declare(SIZES)
            return await _measured(server, api, Path(folder), rate, seconds, "x" * line_bytes)
        finally:
            await api.stop()
            server.stop()


async def _measured(
    server: NatsServer, api: StandIn, folder: Path, rate: int, seconds: float, padding: str
) -> dict[str, object]:
    latencies: list[float] = []
    judge = functools.partial(_judge, latencies)
    stop, began = asyncio.Event(), time.monotonic()
    process = await _collector(server, api, folder)
    try:
        async with opened(server, "classifier") as bus, asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.consume(streams.EVENTS, streams.CLASSIFIER, judge, stop))
            await until(lambda: len(api.logs) == len(api.pods), _SETTLE_S, "all logs opened")
            opened_s, start_cpu, idle_mb = time.monotonic() - began, cpu_s(process.pid), resident_mb(process.pid)
            await asyncio.sleep(5)
            idle_cpu = cpu_s(process.pid) - start_cpu
            cpu, nats, at = cpu_s(process.pid), cpu_s(server.pid), time.monotonic()
            written = await _write(api, rate, seconds, padding)
            took = time.monotonic() - at
            used, nats = cpu_s(process.pid) - cpu, cpu_s(server.pid) - nats
            await until(lambda: len(latencies) >= written, _SETTLE_S, "all lines delivered")
            memory = resident_mb(process.pid)
            stop.set()
    finally:
        process.terminate()
        await process.wait()
    return {
        "pods": len(api.logs),
        "opened_s": round(opened_s, 1),
        "start_cpu_s": round(start_cpu, 1),
        "idle_cpu_percent": round(100 * idle_cpu / 5, 1),
        "idle_mb": round(idle_mb),
        "lines": written,
        "delivered": len(latencies),
        "lines_s": round(written / took),
        "cpu_percent": round(100 * used / took, 1),
        "cpu_us_line": round(used / written * 1e6, 1),
        "nats_cpu_percent": round(100 * nats / took, 1),
        "mb": round(memory),
        "p50_ms": round(percentile(latencies, 0.5), 1),
        "p99_ms": round(percentile(latencies, 0.99), 1),
    }


async def _judge(latencies: list[float], message: Message) -> None:
    """Answers a message, and notes how long it took from being written, ms."""
    stamp = parse_ns(json.loads(message.payload)["time"])
    latencies.append((message.stored_ns - (stamp or 0)) / 1e6)
    await message.ack()


async def _collector(server: NatsServer, api: StandIn, folder: Path) -> asyncio.subprocess.Process:
    kubeconfig = folder / "kubeconfig"
    named = {"name": "bench"}
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{api.port}"}}],
                "users": [{**named, "user": {"token": "none"}}],
                "contexts": [{**named, "context": {"cluster": "bench", "user": "bench"}}],
                "current-context": "bench",
            }
        )
    )
    nats = server.settings("collector")
    own = {"NATS_URL": nats.url, "NATS_USER": nats.user, "NATS_PASSWORD": nats.password}
    own |= {"COLLECTOR_SOURCE": "kubernetes", "COLLECTOR_KUBECONFIG": str(kubeconfig), "LOG_LEVEL": "warning"}
    environ = {**os.environ, **{f"TOCSIN_{name}": value for name, value in own.items()}}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tocsin.collector", env=environ)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run once and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--line-bytes", type=int, default=1800)
    own = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(_bench(own.pods, own.rate, own.seconds, own.line_bytes)), indent=2))


if __name__ == "__main__":
    main()

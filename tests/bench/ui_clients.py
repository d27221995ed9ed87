"""Many clients of the stream at one rate, and beside them one that reads 1 kB a second."""

import asyncio
import re
import time
from pathlib import Path

import aiohttp

from tocsin.bus import Bus, open_bus, streams

from bench.processes import cpu_s, percentile, resident_mb
from support.load import Load
from support.processes import House
from support.slow import slow_client

HEADS = [
    "clients", "beside them", "delivered/s", "gateway CPU %", "gateway MB", "to all clients MB/s",
    "send to receipt p50 / p99 ms", "slow client read",
]  # fmt: skip
_SETTLE_S = 5.0
_SLOW_BYTES_S = 1_000
_DEFLATE = 15
"""As browsers do."""
_HEAD = re.compile(r'\{"k":"alerts","sent":([\d.]+),"from":"[^"]*","to":"([^"]*)"')
_PING = re.compile(r'\{"k":"ping","t":(\d+)')


class Reader:
    """Acknowledges at once, and looks at no more of a frame than that takes."""

    def __init__(self, page: str) -> None:
        self._page = page
        self.delays_ms: list[float] = []
        self.characters = 0

    async def run(self) -> None:
        """Until cancelled."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                self._page + "api/v1/stream", protocols=["alerts.v2"], max_msg_size=0, compress=_DEFLATE
            ) as socket,
        ):
            await socket.send_json({"k": "open", "cursor": None, "window": "15m", "rows": 400})
            async for message in socket:
                text = str(message.data)
                self.characters += len(text)
                if found := _HEAD.match(text):
                    await socket.send_json({"k": "ack", "to": found[2]})
                    self.delays_ms.append(time.time() * 1000 - float(found[1]))
                elif found := _PING.match(text):
                    await socket.send_json({"k": "pong", "t": int(found[1])})

    def clear(self) -> None:
        """Forget what was so far."""
        self.delays_ms, self.characters = [], 0


async def measure(folder: Path, rate: int, clients: int, seconds: float) -> list[str]:
    """A line without the slow client and one with it, in one house."""
    export = folder / "export" / "tetragon.log"
    own = House(folder, "--file", str(export))
    own.start()
    count = int(rate * (2 * (seconds + _SETTLE_S) + _SETTLE_S))
    load = Load(export, "--rate", str(rate), "--count", str(count), "--max-backups", "0", "--max-size-mb", "200")
    readers = [Reader(own.page) for _ in range(clients)]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        async with open_bus(own.nats(), "admin") as bus:
            alone = await _line(bus, own, readers, seconds, "nobody")
            async with slow_client(own.page, _SLOW_BYTES_S) as slow:
                beside = await _line(bus, own, readers, seconds, "one at 1 kB/s")
                read = f"{slow.bytes / 1e3:.0f} kB{', then it was hung up on' if slow.ended else ''}"
        return [f"{alone} |", f"{beside} {read} |"]
    finally:
        for task in tasks:
            task.cancel()
        load.stop()
        own.stop()


async def _line(bus: Bus, own: House, readers: list[Reader], seconds: float, beside: str) -> str:
    await asyncio.sleep(_SETTLE_S)  # until the connections are made and the rate is reached
    for reader in readers:
        reader.clear()
    gateway = own.pid("gateway")
    before, cpu, began = await _last(bus), cpu_s(gateway), time.monotonic()
    await asyncio.sleep(seconds)
    elapsed = time.monotonic() - began
    delivered, used = (await _last(bus) - before) / elapsed, cpu_s(gateway) - cpu
    delays = [delay for reader in readers for delay in reader.delays_ms]
    cells = [
        str(len(readers)),
        beside,
        f"{delivered:,.0f}",
        f"{100 * used / elapsed:.0f}",
        f"{resident_mb(gateway):.0f}",
        f"{sum(reader.characters for reader in readers) / elapsed / 1e6:.1f}",
        f"{percentile(delays, 0.5):.0f} / {percentile(delays, 0.99):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


async def _last(bus: Bus) -> int:
    return (await bus.stream(streams.ALERTS)).state.last_seq

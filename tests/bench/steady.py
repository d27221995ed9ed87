"""Memory over time: one rate, many clients, a line each half minute. Usage: `python -m bench.steady [minutes] [clients] [rate]`."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from tocsin.bus import open_bus

from bench.processes import cpu_s, resident_mb
from bench.stages import NAMES, Watcher, is_through
from support.load import Load
from support.processes import House

_SAMPLE_S = 30.0


async def main(minutes: float, clients: int, rate: int) -> None:
    """Print the table, and whether the ledger balances at the end."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        export = folder / "export" / "tetragon.log"
        own = House(folder, "--file", str(export))
        own.start()
        count = int(rate * minutes * 60)
        load = Load(export, "--rate", str(rate), "--count", str(count), "--max-backups", "5", "--max-size-mb", "50")
        watchers = [Watcher(own.page) for _ in range(clients)]
        tasks = [asyncio.create_task(watcher.run()) for watcher in watchers]
        pids = {name: own.pid(name) for name in NAMES}
        print(f"{rate:,} events/s, {clients} clients\n\n| s | " + " | ".join(f"{n} MB" for n in NAMES) + " |")
        print("|" + "--:|" * (len(NAMES) + 1))
        began = time.monotonic()
        try:
            while load.running:
                await asyncio.sleep(_SAMPLE_S)
                cells = [f"{resident_mb(pids[n]):.0f}" for n in NAMES]
                print(f"| {time.monotonic() - began:.0f} | " + " | ".join(cells) + " |", flush=True)
                for watcher in watchers:
                    watcher.clear()
            print("\nCPU seconds: " + ", ".join(f"{n} {cpu_s(pids[n]):.0f}" for n in NAMES))
            async with open_bus(own.nats(), "admin") as bus:
                print(f"ledger at zero: {await is_through(bus, count)}")
        finally:
            for task in tasks:
                task.cancel()
            own.stop()


if __name__ == "__main__":
    words = [float(word) for word in sys.argv[1:]]
    minutes, clients, rate = (*words, *(10, 50, 1_000)[len(words) :])
    uvloop.run(main(minutes, int(clients), int(rate)))

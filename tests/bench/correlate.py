"""Correlations over time: signals a second on one core, and memory under a million different keys.

Usage: `PYTHONPATH=tests python -m bench.correlate`; the last part runs the service on a real server.
"""

import asyncio
import gc
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop

from tocsin.bus import Bus, open_bus, streams
from tocsin.correlator import correlation_set, position, service
from tocsin.correlator.settings import Settings
from tocsin.model import signal as signals
from tocsin.model import subjects
from tocsin.model.signal import Signal
from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.service_report import resident_bytes
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.syntax.documents import Correlation

from support.correlation_builder import correlation
from support.server import NatsServer
from support.waiting import until

_SIGNALS = 200_000
_STORED = 100_000
"""In SIGNALS, whose share of the server's disk holds no more."""
_KEYS = 1_000_000
_BATCH = 100
"""Signals in one message, as the classifier gathers them under load."""
_BEGIN_NS = 1_790_000_000 * NS_PER_S
_REPEATS = 3

COUNT = correlation(id="count", at_least=100, by=["scope"])
LARGE = correlation(id="large", at_least=500, by=["scope"])
VALUES = correlation("value_count", id="values", at_least=50, within_s=60, by=["scope"], field="v")
TOGETHER = correlation("temporal", "r", "q", "s", id="together", within_s=60, by=["scope"])
ORDERED = correlation("temporal_ordered", "r", "q", "s", id="ordered", within_s=300, by=["scope"])
PACK: tuple[Correlation, ...] = (
    LARGE,
    correlation("event_count", "q", id="connects", at_least=1_000, by=["scope"]),
    correlation("value_count", "s", id="ports", at_least=20, within_s=60, by=["scope"], field="v"),
    correlation("value_count", "s", id="addresses", at_least=50, within_s=60, by=["scope"], field="v"),
    ORDERED,
    correlation("temporal_ordered", "q", "s", id="confirmed", within_s=30, by=["exec_id"]),
    correlation("event_count", "confirmed", id="again", at_least=5, within_s=300, by=["scope"]),
    correlation(id="crashes", at_least=10, within_s=60, by=["scope"]),
)
"""As many as the pack has, of the same kinds."""


def course(count: int, keys: int, rules: Sequence[str], *, step_ns: int = 1_000_000) -> Iterator[Signal]:
    """Signals in turn of so many keys and of these rules, one a millisecond."""
    for number in range(count):
        key = number % keys
        yield Signal(
            id=f"{number:032x}",
            time=format_ns(_BEGIN_NS + number * step_ns),
            rules=(rules[number % len(rules)],),
            values={"scope": f"shop/web-{key}", "exec_id": f"bm9kZTo{key}", "v": str(number % 97)},
            cluster="bench",
            node=f"node-{key % 50}",
        )


def windows_row(name: str, correlations: Sequence[Correlation], keys: int) -> str:
    """Signals a second of windows alone, the best of three."""
    rules = sorted({rule for each in correlations for rule in each.rules} - {each.id for each in correlations})
    offered = list(course(_SIGNALS, keys, rules))
    best, fired, held = float("inf"), 0, 0
    for _ in range(_REPEATS):
        windows = CorrelationEngine(correlations)
        gc.collect()
        began = time.process_time()
        fired = sum(len(windows.feed(each, seq)) for seq, each in enumerate(offered, 1))
        best, held = min(best, time.process_time() - began), windows.repeated
    return f"| {name} | {keys:,} | {best / _SIGNALS * 1e6:.1f} | {_SIGNALS / best:,.0f} | {fired:,} | {held:,} |"


def memory_row(name: str, correlations: Sequence[Correlation]) -> str:
    """Resident memory after a million different keys, and half-way."""
    gc.collect()
    windows, before, half = CorrelationEngine(correlations), resident_bytes(), 0
    began = time.process_time()
    for seq, each in enumerate(course(_KEYS, _KEYS, ["r"], step_ns=1_000), 1):
        windows.feed(each, seq)
        if seq == _KEYS // 2:
            half = resident_bytes() - before
    took = time.process_time() - began
    kept = sum(counts.keys for counts in windows.counts().values())
    grown = resident_bytes() - before
    return f"| {name} | {half / 1e6:.0f} | {grown / 1e6:.0f} | {kept:,} | {sum(windows.evicted.values()):,} | {_KEYS / took:,.0f} |"


async def service_row(server: NatsServer, name: str, correlations: Sequence[Correlation], keys: int) -> str:
    """The service behind a real server: from a full stream to its end."""
    rules = sorted({rule for each in correlations for rule in each.rules} - {each.id for each in correlations})
    async with open_bus(server.settings("admin"), "admin") as admin:
        await admin.declare(streams.sizes(1 << 30))
        async with open_bus(server.settings("classifier"), "classifier") as classifier:
            await _fill(classifier, list(course(_STORED, keys, rules)))
        stop, metrics = asyncio.Event(), Metrics()
        async with open_bus(server.settings("correlator"), "correlator") as own:
            cpu, began = time.process_time(), time.monotonic()
            running = asyncio.ensure_future(
                service.run(
                    own, None, correlation_set.from_correlations(tuple(correlations)), Settings(), stop, metrics=metrics
                )
            )
            await until(lambda: _value(metrics, "received_signals_total") >= _STORED, timeout_s=60)
            took, used = time.monotonic() - began, time.process_time() - cpu
            stop.set()
            await running
        raised = (await admin.stream(streams.RAISED)).state.last_seq
        stands = (await position.load(admin)).position
        last = (await admin.stream(streams.SIGNALS)).state.last_seq
    assert stands is not None
    assert stands.seq == last
    return f"| {name} | {_STORED / took:,.0f} | {used / _STORED * 1e6:.1f} | {raised:,} |"


async def _fill(bus: Bus, offered: Sequence[Signal]) -> None:
    for first in range(0, len(offered), _BATCH):
        batch = offered[first : first + _BATCH]
        await bus.publish(subjects.signals("bench"), signals.encode(batch), id=f"batch-{first}")
    assert await bus.flush(60)


def _value(metrics: Metrics, name: str) -> float:
    return sum(each.value for each in metrics.snapshot() if each.name == f"tocsin_correlator_{name}")


async def through_the_service() -> None:
    """One fresh server for each row."""
    for name, correlations, keys in (
        ("pack", PACK, 1_000),
        ("pack, a storm of one key", PACK, 1),
        (
            "one alert for each 20 signals",
            (correlation(id="often", at_least=20, by=["scope"], within_s=3_600),),
            5_000,
        ),
    ):
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            server = NatsServer(Path(folder))
            server.start()
            try:
                print(await service_row(server, name, correlations, keys), flush=True)
            finally:
                server.stop()


def main() -> None:
    """Print the tables."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n"
    )
    print("| windows | keys | us/signal | signals/s | fired | held back |\n|---|--:|--:|--:|--:|--:|")
    for name, correlations in (
        ("event_count 100", (COUNT,)),
        ("event_count 500 (sixteenths)", (LARGE,)),
        ("value_count 50", (VALUES,)),
        ("temporal, 3 rules", (TOGETHER,)),
        ("temporal_ordered, 3 rules", (ORDERED,)),
        ("pack: 8 correlations", PACK),
    ):
        for keys in (1_000, 1):
            print(windows_row(name, correlations, keys), flush=True)
    print(
        "\n| a million keys | MB at half | MB at the end | keys kept | evicted | signals/s |\n|---|--:|--:|--:|--:|--:|"
    )
    for name, correlations in (
        ("event_count 100", (COUNT,)),
        ("event_count 500", (LARGE,)),
        ("value_count 50", (VALUES,)),
        ("temporal_ordered", (ORDERED,)),
        ("pack: 8 correlations", PACK),
    ):
        print(memory_row(name, correlations), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak of this process {peak:.0f} MB, its signals included\n")
    print("| the service on a real server | signals/s | us/signal CPU | raised |\n|---|--:|--:|--:|")
    uvloop.run(through_the_service())


if __name__ == "__main__":
    sys.exit(main())

"""Running the collector over the pods of a test's cluster, with events that carry numbers and times."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tocsin.collector.pods import fleet_run
from tocsin.collector.settings import Settings
from tocsin.collector.sources.kubernetes.shared import Timeouts
from tocsin.model import subjects
from tocsin.model.timestamps import format_ns
from tocsin.runtime import service_report
from tocsin.runtime.service_report import ServiceReport

from support.buses import opened
from support.collector_harness import Running
from support.kube import Account, Cluster, ContainerLog, Pod
from support.server import NatsServer

QUICK = Timeouts(
    silence_s=60.0,
    unfinished_s=0.5,
    leaving_s=0.3,
    restarted_s=0.3,
    replaced_s=1.0,
    most_backoff_s=0.5,
    least_save_s=0.05,
)
"""A test does not wait for what an operator would."""


def event(number: int, *, time_ns: int | None = None, padding: int = 0) -> bytes:
    """An event that carries a number, of now unless *time_ns* is given."""
    process = {"exec_id": f"e{number}", "pid": number, "arguments": "x" * padding}
    stamp = format_ns(time.time_ns() if time_ns is None else time_ns)
    return json.dumps({"process_exec": {"process": process}, "node_name": "n1", "time": stamp}).encode()


class Writer:
    """Writes numbered events to one log, each number once."""

    def __init__(self, log: ContainerLog, first: int = 0) -> None:
        self.log = log
        self.next = first

    def write(self, count: int, *, padding: int = 0) -> list[bytes]:
        """*count* more; what was written."""
        lines = [event(number, padding=padding) for number in range(self.next, self.next + count)]
        self.next += count
        self.log.write(*lines)
        return lines


def follows(cluster: Cluster, kubeconfig: Path, **more: object) -> Settings:
    """Settings for the pods of the test's own namespace."""
    values: dict[str, object] = {
        "source": "kubernetes",
        "kubeconfig": str(kubeconfig),
        "kube_namespaces": cluster.namespace,
        "checkpoint_interval_s": 0.05,
    }
    return msgspec.convert({**values, **more}, Settings)


class Following(Running):
    """A collector that follows pods."""

    def __init__(self, server: NatsServer, settings: Settings, timeouts: Timeouts, window_s: float) -> None:
        self.stop = asyncio.Event()
        self.killed = False
        self.reports: list[ServiceReport] = []
        self.task = asyncio.create_task(self._run(server, settings, timeouts, window_s))

    async def _run(self, server: NatsServer, settings: Settings, timeouts: Timeouts, window_s: float) -> None:
        async with opened(server, "collector", duplicate_window_s=window_s) as bus:
            await fleet_run.run(bus, settings, self.stop, timeouts=timeouts)

    async def kill(self) -> None:
        """End it at once: no flush, no checkpoint."""
        self.killed = True
        await super().kill()

    def reported(self, hop: str, *words: str) -> Callable[[], bool]:
        """Whether a report had a problem of *hop* with all *words* in it."""
        return lambda: any(all(word in r.problems.get(hop, "") for word in words) for r in self.reports)


@asynccontextmanager
async def following(
    server: NatsServer, settings: Settings, *, timeouts: Timeouts = QUICK, window_s: float = 60.0
) -> AsyncIterator[Following]:
    """Such a collector for the body, with what it reports; stopped in order at its end, where it still runs."""
    async with opened(server, "gateway") as bus:
        follower = Following(server, settings, timeouts, window_s)
        await bus.subscribe(
            subjects.ALL_METRICS, lambda _, payload: follower.reports.append(service_report.decode(payload))
        )
        try:
            yield follower
        except BaseException as error:
            if follower.task.done() and not follower.killed:
                await follower.task
            follower.task.cancel()
            if follower.reports:
                error.add_note(f"the collector says: {follower.reports[-1].problems} {follower.reports[-1].facts}")
            raise
        if not follower.task.done():
            await follower.end()
        elif not follower.killed:
            await follower.task


async def reader(cluster: Cluster, folder: Path) -> tuple[Account, Path]:
    """An account that may read the logs of the test's namespace, and its kubeconfig."""
    account = await cluster.account()
    return account, account.kubeconfig(folder / "kubeconfig", await account.token())


async def a_pod(cluster: Cluster) -> tuple[Pod, Writer]:
    """A Tetragon pod on a node of its own, and what writes to it."""
    pod = await cluster.tetragon_pod(await cluster.node())
    return pod, Writer(pod.log())

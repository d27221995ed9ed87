"""Follows the logs of all pods of Tetragon with one collector for each."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Sequence

from tocsin.bus import Bus
from tocsin.collector import redaction
from tocsin.collector.background import Background
from tocsin.collector.backlog import Backlog
from tocsin.collector.checkpoint import CheckpointOptions
from tocsin.collector.collector import Collector
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.pods import slot_checkpoints
from tocsin.collector.pods.slots import Slot, Slots, State
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.sources.kubernetes.api import KubeApi
from tocsin.collector.sources.kubernetes.directory import Directory
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.pod import PodSource
from tocsin.collector.sources.kubernetes.removed_pod import RemovedPodSource
from tocsin.collector.sources.kubernetes.shared import SharedResources, Timeouts
from tocsin.collector.stored_messages import StoredLine, StoredMessages
from tocsin.model.checkpoint import Counts
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import streams_ready, until_answered

log = logging.getLogger(__name__)

_STARTS = 16
"""Collectors that start at the same time, at most."""
_UPDATE_S = 0.5
_HINT = (
    "run one collector for all pods of a cluster (one replica, strategy Recreate); give the collector of a second "
    "cluster a name of its own (TOCSIN_COLLECTOR_CLUSTER)"
)


class Fleet:
    """All pods, each with its collector."""

    def __init__(
        self, bus: Bus, settings: Settings, api: KubeApi, timeouts: Timeouts, counters: CollectorMetrics, health: Health
    ) -> None:
        """No request is sent before `load`."""
        self.backlog = Backlog(bus, counters, health)
        self.api = api
        self.shared = SharedResources(
            api,
            container=settings.kube_container,
            limit=settings.max_line_bytes,
            newest=settings.start == "newest",
            timeouts=timeouts,
        )
        self.followed: dict[str, PodSource] = {}
        """The sources, by the pod's uid."""
        self._bus = bus
        self._settings = settings
        self._counters = counters
        self._health = health
        self._redactor = redaction.make(settings)
        self._changed = asyncio.Event()
        most_s = timeouts.most_backoff_s
        self.directory = Directory(api, settings, self._changed.set, most_backoff_s=most_s)
        interval_s = max(settings.checkpoint_interval_s, timeouts.least_save_s)
        self._background = Background(bus, health, lambda: list(self._collectors.values()), interval_s)
        self._cluster = settings.cluster or DEFAULT_CLUSTER
        self.slots = Slots(self._cluster)
        self._dead: dict[str, list[StoredLine]] = {}
        self._starting = asyncio.Semaphore(_STARTS)
        self._collectors: dict[int, Collector] = {}
        """The running collectors, by the slot's number."""

    async def load(self, stop: asyncio.Event) -> bool:
        """Wait for the streams and read all checkpoints; false if *stop* is set first."""
        await streams_ready(self._bus, stop, self._health)
        reader = StoredMessages(self._bus, cluster=self._settings.cluster, node="", key="")
        await until_answered(reader.prepare, stop, self._health)
        checkpoints = await until_answered(lambda: slot_checkpoints.load(self._bus, self._cluster), stop, self._health)
        dead = await until_answered(
            lambda: slot_checkpoints.dead_letters(self._bus, self._cluster, checkpoints or {}), stop, self._health
        )
        if checkpoints is None or dead is None:
            return False
        self._dead = dead
        self.slots.load(checkpoints, time.monotonic())
        await self.backlog.ask()
        lines = sum(saved.counts.lines for saved in checkpoints.values())
        log.info("collector.loaded", extra={"logs": len(checkpoints), "lines": lines})
        return not stop.is_set()

    def background_tasks(self) -> list[Coroutine[None, None, None]]:
        """The tasks that run beside `follow`, until cancelled."""
        return [
            self.directory.keep(),
            self.backlog.keep_asking(),
            self._background.keep_saving(),
            self._background.keep_resolving(),
            self._background.keep_checking(self.problems),
        ]

    async def follow(self, stop: asyncio.Event) -> None:
        """Follow all pods until *stop* is set; then end all collectors in order."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._interrupt_all(stop))
            while not stop.is_set():
                self._changed.clear()
                self._follow_all(tasks, stop)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_UPDATE_S):
                        await self._changed.wait()

    async def _interrupt_all(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._changed.set()
        for source in self.followed.values():
            source.interrupt()

    def _follow_all(self, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        """Start following new pods, and leave deleted ones."""
        if not self.directory.complete:
            return
        pods = self.directory.pods()
        for uid, source in self.followed.items():
            if uid in pods:
                source.update(pods[uid])
            else:
                source.leave()
        leaving = {source.pod.node for uid, source in self.followed.items() if uid not in pods}
        new = [pod for uid, pod in pods.items() if uid not in self.followed and pod.node not in leaving]
        for pod in sorted(new, key=lambda pod: not self.slots.knows(pod.uid)):  # known pods get their own slots first
            slot = self.slots.take(pod.uid, pod.node)
            tasks.create_task(self._follow(pod, slot, stop))
        for slot in self.slots.overdue(time.monotonic(), self.shared.timeouts.replaced_s):
            slot.state = State.TAKEN
            tasks.create_task(self._give_up(slot, stop))

    async def _follow(self, pod: Pod, slot: Slot, stop: asyncio.Event) -> None:
        """Follow one pod until it is deleted."""

        async def recall(events_floor: int, dead_floor: int) -> None:
            await collector.recall(events_floor, dead_floor, stop)

        source = PodSource(pod, self.shared, recall)
        self.followed[pod.uid] = source
        collector = self._collector(source, slot, pod.node)
        slot.pod, slot.path = pod.uid, pod.path
        try:
            await self._run(collector, slot, stop)
        finally:
            del self.followed[pod.uid]
            source.close()
            slot.leave(time.monotonic())
            self._changed.set()

    async def _give_up(self, slot: Slot, stop: asyncio.Event) -> None:
        """The pod of *slot* was not replaced: report its lost lines and free the slot."""
        source = RemovedPodSource(slot.path, slot.node)
        try:
            await self._run(self._collector(source, slot, slot.node), slot, stop)
        finally:
            if source.caught_up:
                slot.pod = slot.path = ""
            slot.leave(time.monotonic())

    def _collector(self, source: PodSource | RemovedPodSource, slot: Slot, node: str) -> Collector:
        return Collector(
            self._bus,
            self._settings,
            source,
            CheckpointOptions(key=slot.key, node=node, complete=source.complete, registers=True, hint=_HINT),
            backlog=self.backlog,
            counters=self._counters,
            health=self._health,
            redactor=self._redactor,
            on_doubt=self._background.doubt,
        )

    async def _run(self, collector: Collector, slot: Slot, stop: asyncio.Event) -> None:
        try:
            async with self._starting:
                started = await collector.start(stop, dead=self._dead.pop(slot.key, None))
            if started:
                self._collectors[slot.number] = collector
                await collector.collect(stop)
        finally:
            if self._collectors.pop(slot.number, None) is not None:
                slot.counts = collector.account.counts

    def counts(self) -> Sequence[Counts]:
        """The counts of all pods, including deleted ones."""
        running = self._collectors
        return [running[n].account.counts if n in running else slot.counts for n, slot in self.slots.all.items()]

    def unsettled(self) -> int:
        """Number of lines read and not acknowledged yet."""
        return sum(len(collector.account) for collector in self._collectors.values())

    def problems(self) -> list[str]:
        """Problems that do not belong to a single log."""
        missing = self.directory.problem
        silent = [
            f"no line from node {node} for {seconds:.0f} s, though its log can be read"
            for node, seconds in sorted(self.silent_nodes().items())
        ]
        return ([missing] if missing else []) + silent

    def silent_nodes(self) -> dict[str, float]:
        """Nodes that sent lines before and no longer do, with the seconds since their last line."""
        now, after_s = time.monotonic(), 2 * self.shared.timeouts.silence_s
        quiet: dict[str, float] = {}
        for source in self.followed.values():
            seconds = now - source.last_line_at
            if source.lines and not source.problem and seconds > after_s:
                quiet[source.pod.node] = seconds
        return quiet

"""Follows the logs of all pods of Tetragon: one collector each, over what they share."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Sequence

from tocsin.bus import Bus
from tocsin.collector import redaction
from tocsin.collector.background import Background
from tocsin.collector.backlog import Backlog
from tocsin.collector.collecting import Collector, Whose
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.pods import slot_pages
from tocsin.collector.pods.slots import Slot, Slots, State
from tocsin.collector.readback import Reader, Stored
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.sources.kubernetes.api import KubeApi
from tocsin.collector.sources.kubernetes.directory import Directory
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.pod import PodSource
from tocsin.collector.sources.kubernetes.removed_pod import RemovedPodSource
from tocsin.collector.sources.kubernetes.shared import Patience, Shared
from tocsin.model.checkpoint import Counts
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import streams_ready, until_answered

log = logging.getLogger(__name__)

_STARTS = 16
"""Collectors that look for their place at once."""
_LOOK_S = 0.5
_HINT = (
    "one collector follows all pods of a cluster (one replica, strategy Recreate); that of a second cluster needs a "
    "name of its own (TOCSIN_COLLECTOR_CLUSTER)"
)


class Fleet:
    """All pods, each with its collector."""

    def __init__(
        self, bus: Bus, settings: Settings, api: KubeApi, patience: Patience, tally: CollectorMetrics, health: Health
    ) -> None:
        """Nothing is asked before `load`."""
        self.backlog = Backlog(bus, tally, health)
        self.api = api
        self.shared = Shared(
            api,
            container=settings.kube_container,
            limit=settings.max_line_bytes,
            newest=settings.start == "newest",
            patience=patience,
        )
        self.followed: dict[str, PodSource] = {}
        """By the pod's uid."""
        self._bus = bus
        self._settings = settings
        self._tally = tally
        self._health = health
        self._redactor = redaction.make(settings)
        self._changed = asyncio.Event()
        most_s = patience.most_backoff_s
        self.directory = Directory(api, settings, self._changed.set, most_backoff_s=most_s)
        interval_s = max(settings.checkpoint_interval_s, patience.least_save_s)
        self._upkeep = Background(bus, health, lambda: list(self._collectors.values()), interval_s)
        self._cluster = settings.cluster or DEFAULT_CLUSTER
        self.slots = Slots(self._cluster)
        self._dead: dict[str, list[Stored]] = {}
        self._starting = asyncio.Semaphore(_STARTS)
        self._collectors: dict[int, Collector] = {}
        """By the slot's number."""

    async def load(self, stop: asyncio.Event) -> bool:
        """Wait for the streams, and read where all logs stand; false where *stop* came first."""
        await streams_ready(self._bus, stop, self._health)
        reader = Reader(self._bus, cluster=self._settings.cluster, node="", key="")
        await until_answered(reader.prepare, stop, self._health)
        pages = await until_answered(lambda: slot_pages.pages(self._bus, self._cluster), stop, self._health)
        dead = await until_answered(
            lambda: slot_pages.dead_letters(self._bus, self._cluster, pages or {}), stop, self._health
        )
        if pages is None or dead is None:
            return False
        self._dead = dead
        self.slots.load(pages, time.monotonic())
        await self.backlog.ask()
        lines = sum(page.counts.lines for page in pages.values())
        log.info("collector.loaded", extra={"logs": len(pages), "lines": lines})
        return not stop.is_set()

    def works(self) -> list[Coroutine[None, None, None]]:
        """What goes on beside the following, until cancelled."""
        return [
            self.directory.keep(),
            self.backlog.keep_asking(),
            self._upkeep.keep_saving(),
            self._upkeep.keep_resolving(),
            self._upkeep.keep_looking(self.problems),
        ]

    async def follow(self, stop: asyncio.Event) -> None:
        """Follow whatever pods there are until *stop* is set; then let all end in order."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._end(stop))
            while not stop.is_set():
                self._changed.clear()
                self._follow_all(tasks, stop)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._changed.wait()

    async def _end(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._changed.set()
        for source in self.followed.values():
            source.interrupt()

    def _follow_all(self, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
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
        for pod in sorted(new, key=lambda pod: not self.slots.knows(pod.uid)):  # nobody takes the place of another
            slot = self.slots.take(pod.uid, pod.node)
            tasks.create_task(self._follow(pod, slot, stop))
        for slot in self.slots.overdue(time.monotonic(), self.shared.patience.replaced_s):
            slot.state = State.TAKEN
            tasks.create_task(self._give_up(slot, stop))

    async def _follow(self, pod: Pod, slot: Slot, stop: asyncio.Event) -> None:
        """One pod, to its end."""

        async def recall(events_floor: int, dead_floor: int) -> None:
            await collector.recall(events_floor, dead_floor, stop)

        source = PodSource(pod, self.shared, recall)
        self.followed[pod.uid] = source
        whose = Whose(key=slot.key, node=pod.node, complete=source.complete, registers=True, hint=_HINT)
        collector = self._collector(source, whose)
        slot.pod, slot.path = pod.uid, pod.path
        try:
            await self._run(collector, slot, stop)
        finally:
            del self.followed[pod.uid]
            source.close()
            slot.leave(time.monotonic())
            self._changed.set()

    async def _give_up(self, slot: Slot, stop: asyncio.Event) -> None:
        """Nobody came after the pod that had *slot*: say what it took, and let another have it."""
        source = RemovedPodSource(slot.path, slot.node)
        whose = Whose(key=slot.key, node=slot.node, complete=source.complete, registers=True, hint=_HINT)
        try:
            await self._run(self._collector(source, whose), slot, stop)
        finally:
            if source.caught_up:
                slot.pod = slot.path = ""
            slot.leave(time.monotonic())

    def _collector(self, source: PodSource | RemovedPodSource, whose: Whose) -> Collector:
        return Collector(
            self._bus,
            self._settings,
            source,
            whose,
            backlog=self.backlog,
            tally=self._tally,
            health=self._health,
            redactor=self._redactor,
            on_doubt=self._upkeep.doubt,
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
        """What became of all lines of all pods, those that are gone included."""
        own = self._collectors
        return [own[n].account.counts if n in own else slot.counts for n, slot in self.slots.all.items()]

    def unsettled(self) -> int:
        """Lines read and not acknowledged yet."""
        return sum(len(collector.account) for collector in self._collectors.values())

    def problems(self) -> list[str]:
        """What is wrong besides single logs."""
        missing = self.directory.problem
        silent = [
            f"no line from node {node} for {seconds:.0f} s, though its log can be read"
            for node, seconds in sorted(self.silent().items())
        ]
        return ([missing] if missing else []) + silent

    def silent(self) -> dict[str, float]:
        """Nodes that sent lines and do so no more, with the seconds since."""
        now, after_s = time.monotonic(), 2 * self.shared.patience.silence_s
        quiet: dict[str, float] = {}
        for source in self.followed.values():
            seconds = now - source.last_line_at
            if source.lines and not source.problem and seconds > after_s:
                quiet[source.pod.node] = seconds
        return quiet

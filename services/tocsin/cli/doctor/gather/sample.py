"""A sample of EVENTS: the newest events of each kind, so that a rare hook is found among millions of other events."""

import math
from collections import Counter
from collections.abc import Iterable

from tocsin.bus import RECEIVED_HEADER, Bus, Message, Start, streams
from tocsin.cli.doctor.gather.jetstream import subject_counts
from tocsin.cli.doctor.observations import NodeClock, ObservedStream, Sample
from tocsin.model import subjects
from tocsin.model.errors import BadEvent
from tocsin.model.event import Event, read
from tocsin.model.hook_names import event_type, for_table
from tocsin.model.timestamps import NS_PER_S, parse_ns
from tocsin.sigma.authoring.tracing_policies import Hook, HookKind

_HOOKED: tuple[HookKind, ...] = ("kprobe", "lsm", "tracepoint", "uprobe", "usdt", "loader")
_READ_S = 15.0
_MOST_HOOKS = 2_000
_MOST_NODES = 1_000
_CHARACTERS = 120
_KIND, _NODE = 3, 2
"""Tokens of ``tetragon.<cluster>.<node>.<kind>``."""


async def sample(bus: Bus, most: int) -> Sample:
    """Counts of all of EVENTS, and a sample of about *most* of the newest events of each kind."""
    stream = await subject_counts(bus, streams.EVENTS, subjects.ALL_EVENTS)
    kinds, nodes = _counted(stream)
    builder = _SampleBuilder()
    for kind in ("exec", *_HOOKED):
        if kinds.get(kind):
            start = Start(seq=_begin(stream, kinds[kind], most))
            builder.left = 2 * most
            filter = f"tetragon.*.*.{kind}"
            await bus.read(streams.EVENTS, builder.take, filters=[filter], start=start, timeout_s=_READ_S)
    return builder.sample(kinds, nodes)


def _counted(stream: ObservedStream) -> tuple[Counter[str], Counter[str]]:
    kinds: Counter[str] = Counter()
    nodes: Counter[str] = Counter()
    for subject, n in stream.subjects.items():
        tokens = subject.split(".")
        if len(tokens) > _KIND:
            kinds[tokens[_KIND]] += n
            nodes[tokens[_NODE]] += n
    return kinds, nodes


def _begin(stream: ObservedStream, count: int, most: int) -> int:
    """The first sequence to read for about *most* of *count* messages, if they are spread evenly."""
    if count <= most:
        return stream.first_seq
    share = most / count
    return max(stream.first_seq, stream.last_seq - math.ceil(share * (stream.last_seq - stream.first_seq + 1)))


class _SampleBuilder:
    """Collects counts, hooks and clocks from events."""

    def __init__(self) -> None:
        self.left = 0
        self._read = self._execs = self._hosts = 0
        self._hooks: Counter[tuple[str, str, str]] = Counter()
        self._observed: dict[tuple[str, str], Hook] = {}
        self._clocks: dict[str, NodeClock] = {}

    def take(self, message: Message) -> None:
        """Add one event."""
        if self.left <= 0:
            return
        self.left -= 1
        try:
            event = read(message.payload)
        except BadEvent:
            return
        self._read += 1
        if event.kind == "exec":
            self._execs += 1
            self._hosts += _on_host(event)
        elif event.kind in _HOOKED:
            self._hook(event)
        self._clock(event, message)

    def _hook(self, event: Event) -> None:
        hook = hook_of(event)
        if hook is not None and len(self._hooks) < _MOST_HOOKS:
            self._hooks[(hook.kind, hook.function, hook.policy)] += 1
            self._observed.setdefault((hook.kind, hook.name), hook)

    def _clock(self, event: Event, message: Message) -> None:
        happened, received = parse_ns(event.time), message.headers.get(RECEIVED_HEADER, "")
        if happened is None or not received.isdecimal() or len(received) > 20:
            return
        late_s = (int(received) - happened) / NS_PER_S
        stored_s = (message.stored_ns - int(received)) / NS_PER_S
        node = event.node[:_CHARACTERS] or message.subject.split(".")[_NODE]
        last = self._clocks.get(node)
        if last is None and len(self._clocks) >= _MOST_NODES:
            return
        least = late_s if last is None else min(last.least_late_s, late_s)
        stored = stored_s if last is None else min(last.least_stored_s, stored_s)
        self._clocks[node] = NodeClock(least_late_s=least, newest_late_s=late_s, least_stored_s=stored)

    def sample(self, kinds: Counter[str], nodes: Counter[str]) -> Sample:
        """The finished sample."""
        return Sample(
            kinds=dict(kinds),
            nodes=dict(nodes),
            read=self._read,
            execs=self._execs,
            host_execs=self._hosts,
            hooks=dict(self._hooks),
            observed=tuple(self._observed.values()),
            clocks=self._clocks,
        )


def _on_host(event: Event) -> bool:
    process = event.body.process
    return process is not None and process.pod is None and not process.docker


def hook_of(event: Event) -> Hook | None:
    """The hook of *event*, named as in `tracing_policies.hooks`."""
    body, policy = event.body, (event.body.policy_name or "")[:_CHARACTERS]
    function = event_type(event)[:_CHARACTERS]
    match event.kind:
        case "kprobe" | "lsm":
            plain = for_table(function)
            return Hook(name=plain, function=plain, kind=event.kind, policy=policy)
        case "tracepoint":
            name = f"{body.subsys or ''}/{body.event or ''}"[:_CHARACTERS]
            return Hook(name=name, function=function, kind="tracepoint", policy=policy)
        case "uprobe" | "usdt":
            name = f"{body.path or ''}:{function}"
            return Hook(name=name, function=function, kind=event.kind, policy=policy)
        case "loader":
            return Hook(name="loader", function="load", kind="loader", policy=policy)
    return None


def kinds(hooks: Iterable[Hook]) -> set[str]:
    """The kinds among *hooks*."""
    return {hook.kind for hook in hooks}

"""What rules cost: a match by number of rules, all of judging, a reload beside an event loop, and hostile events.

CPU time of one thread, the best of some runs: other work on this machine makes them longer, never shorter. Usage:
`PYTHONPATH=tests python -m bench.rules`.
"""

import asyncio
import json
import platform
import threading
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Raw, Struct

from tocsin.classifier import policy_set
from tocsin.classifier.judge import Origin, judge
from tocsin.model import alert, event
from tocsin.model.event import Event
from tocsin.runtime.policy_files import Content, Policies
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet
from tocsin.simulator.generator import Generator

from bench import many_rules

_EVENTS = 4_000
_RUNS, _SLICE = 9, 200
_NOW_NS = 1_790_000_000 * 10**9
_SIZES = (10, 160, 1_000)
_TICK_S = 0.001

Read = Sequence[tuple[Event, bytes]]


def lines() -> list[bytes]:
    """What the simulator writes: background and attacks of a small cluster."""
    generator = Generator(1, _NOW_NS)
    return [generator.line(_NOW_NS + n * 1_000_000).rstrip(b"\n") for n in range(_EVENTS)]


def cost(act: Callable[[Event, bytes], object], events: Read) -> float:
    """Microseconds of CPU for one event: the best run of each slice, so that other work shows in few of them."""
    total = 0.0
    for start in range(0, len(events), _SLICE):
        piece, best = events[start : start + _SLICE], float("inf")
        for _ in range(_RUNS):
            began = time.thread_time()
            for each, line in piece:
                act(each, line)
            best = min(best, time.thread_time() - began)
        total += best
    return total / len(events) * 1e6


def record(each: Event, line: bytes) -> EventRecord:
    """As the classifier makes it."""
    return EventRecord.of(each, line, cluster="bench", node="node")


def everything(rules: RuleSet, seen: EventRecord) -> int:
    """All compiled rules of the event's kind, one after the other."""
    return sum(
        each.holds(seen)
        for each in rules._compiled.values()
        if (not each.rule.kinds or seen.kind in each.rule.kinds) and (not seen.existing or each.rule.existing)
    )


def match_row(rules: RuleSet, events: Read) -> str:
    """One size of the first table."""
    bare = cost(record, events)
    indexed = cost(lambda e, raw: rules.match(record(e, raw), _NOW_NS), events) - bare
    whole = cost(lambda e, raw: everything(rules, record(e, raw)), events) - bare
    candidates = sum(len(rules._selection.candidates(record(e, raw))) for e, raw in events) / len(events)
    hits = sum(len(rules.match(record(e, raw), _NOW_NS).hits) for e, raw in events) / len(events)
    return f"| {len(rules.rules):,} | {indexed:.1f} | {whole:.1f} | {whole / indexed:.1f}x | {candidates:.2f} | {hits:.2f} |"


def judging(rules: dict[str, bytes], texts: Sequence[bytes]) -> list[str]:
    """Decoding, matching, the verdict and the alert's bytes, one added to the other."""
    shipped = Policies().read()
    judges = policy_set.build(Content(shipped.severity, shipped.severity_path, rules, {}), "default")
    events = [(event.read(text), text) for text in texts]
    origin = Origin("0" * 32, "bench", "node", _NOW_NS)
    decode = cost(lambda _, text: event.read(text), events)
    made = cost(record, events)
    match = cost(lambda e, text: judges.rules.match(record(e, text), _NOW_NS), events)
    verdict = cost(lambda e, text: judge(e, text, origin, judges), events)
    all_of_it = cost(lambda _, text: alert.encode(judge(event.read(text), text, origin, judges).alert), events)
    spliced = cost(lambda _, text: splice(text, judges.rules), events)
    matched = cost(lambda _, text: judges.rules.match(record(event.read(text), text), _NOW_NS), events)
    rest, tail = verdict - match, all_of_it - decode - verdict
    return [
        f"decode {decode:.1f}, record {made:.1f}, match {match - made:.1f}, verdict {rest:.1f}, encode {tail:.1f} us",
        f"decode + match: {matched:.1f} us = {1e6 / matched:,.0f} events/s",
        f"decode + match + splice: {spliced:.1f} us = {1e6 / spliced:,.0f} events/s",
        f"decode + match + verdict + whole alert: {all_of_it:.1f} us = {1e6 / all_of_it:,.0f} events/s",
    ]


class Spliced(Struct, frozen=True, gc=False):
    """The least that an engine hands on: what matched, and the event as it came."""

    rules: tuple[str, ...]
    severity: str
    event: Raw


_encode = msgspec.json.Encoder().encode


def splice(text: bytes, rules: RuleSet) -> bytes:
    """One line in, the line with its verdict out."""
    hits = rules.match(record(event.read(text), text), _NOW_NS).hits
    severity = hits[0].rule.severity if hits else "low"
    return _encode(Spliced(tuple(hit.rule.id for hit in hits), severity, Raw(text)))


async def reload_pause(files: dict[str, bytes], previous: RuleSet | None) -> tuple[float, float]:
    """Seconds of a load in a thread, and the longest that an event loop beside it had to wait."""
    worst, done = 0.0, threading.Event()

    def load() -> float:
        began = time.monotonic()
        RuleSet.load(files, previous)
        done.set()
        return time.monotonic() - began

    loading = asyncio.create_task(asyncio.to_thread(load))
    while not done.is_set():
        began = time.monotonic()
        await asyncio.sleep(_TICK_S)
        worst = max(worst, time.monotonic() - began - _TICK_S)
    return await loading, worst


def hostile(rules: RuleSet) -> list[str]:
    """Events that are made to cost."""
    words = sorted(rules._selection._looks["CommandLine.whole"]("").keys())
    stuffed = " ".join(words)
    cases = {
        "1 MiB of arguments of one letter": "a" * 2**20,
        "1 MiB of arguments stuffed with all literals": stuffed * (2**20 // len(stuffed) + 1),
        "1 MiB of arguments stuffed with literals, 36 KiB of them different": " ".join(reversed(words)) * 60,
        "30 KiB of arguments, all of them seen": (stuffed * 10)[: 30 * 1024],
    }
    found = []
    for name, arguments in cases.items():
        process = {"binary": "/usr/bin/curl", "arguments": arguments[: 2**20], "uid": 0, "docker": "d"}
        line = json.dumps({"process_exec": {"process": process, "parent": {"binary": "/bin/sh"}}}).encode()
        read = [(event.read(line), line)] * 10
        hits = len(rules.match(record(*read[0]), _NOW_NS).hits)
        candidates = len(rules._selection.candidates(record(*read[0])))
        took = cost(lambda e, raw: rules.match(record(e, raw), _NOW_NS), read)
        found.append(f"| {name} | {candidates} | {hits} | {took / 1000:.2f} |")
    return found


def matching_all(count: int) -> str:
    """An event that every rule matches."""
    rules = "---\n".join(
        f"title: T{n}\nid: all-{n}\nlevel: high\nlogsource: {{product: linux, category: process_creation}}\n"
        f"detection: {{s: {{'Image|endswith': /curl, 'CommandLine|contains': 'word-{n}-'}}, condition: s}}\n"
        for n in range(count)
    )
    shipped = Policies().read()
    judges = policy_set.build(
        Content(shipped.severity, shipped.severity_path, {"all.yml": rules.encode()}, {}), "default"
    )
    process = {"binary": "/usr/bin/curl", "arguments": " ".join(f"word-{n}-" for n in range(count)), "uid": 0}
    line = json.dumps({"process_exec": {"process": process}}).encode()
    read = [(event.read(line), line)] * 10
    match = cost(lambda e, raw: judges.rules.match(record(e, raw), _NOW_NS), read)
    origin = Origin("0" * 32, "bench", "node", _NOW_NS)
    whole = cost(lambda e, raw: judge(e, raw, origin, judges), read)
    return f"{count} rules that all match one event: {match / 1000:.2f} ms to match, {whole / 1000:.2f} ms to judge"


def main() -> None:
    """Print all of it."""
    texts = lines()
    events = [(event.read(text), text) for text in texts]
    print(
        f"Python {platform.python_version()}, {len(texts):,} events of {sum(map(len, texts)) // len(texts):,} bytes\n"
    )
    print("| rules | index us/event | all compiled us/event | index is | candidates | hits |\n|" + "--:|" * 6)
    files = {size: many_rules.files(size) for size in _SIZES}
    loaded = {size: RuleSet.load(files[size]) for size in _SIZES}
    for size in _SIZES:
        print(match_row(loaded[size], events), flush=True)
    shipped = Policies().read().rules
    for name, rules in (("the shipped pack", shipped), ("160 rules", files[160])):
        print(f"\n{name}:")
        for text in judging(dict(rules), texts):
            print(f"  {text}", flush=True)
    print("\n| reload in a thread | s | longest wait of the loop ms |\n|--|--:|--:|")
    changed = dict(files[1_000]) | many_rules.files(1_000, seed=2)
    for name, content, before in (
        ("160 rules, from nothing", files[160], None),
        ("1,000 rules, from nothing", files[1_000], None),
        ("1,000 rules, of which all clones changed", changed, loaded[1_000]),
        ("1,000 rules, of which none changed", files[1_000], loaded[1_000]),
    ):
        took, wait = asyncio.run(reload_pause(content, before))
        print(f"| {name} | {took:.2f} | {wait * 1000:.0f} |", flush=True)
    print("\n| event, against the shipped pack | candidates | hits | ms |\n|--|--:|--:|--:|")
    for row in hostile(RuleSet.load(shipped)):
        print(row, flush=True)
    print("\n" + matching_all(160))


if __name__ == "__main__":
    main()

"""The report of one instance on itself, every five seconds: its metrics, its facts and its problems."""

import asyncio
import resource
import time
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.model import subjects
from tocsin.model.timestamps import format_ns
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics, Sample
from tocsin.runtime.stopping import wait_or_stop

INTERVAL_S = 5.0
Facts = Mapping[str, str | int | float]


class ServiceReport(Struct, frozen=True, kw_only=True):
    """The state of one instance of a service at `time`."""

    service: str
    instance: str
    time: str
    problems: dict[str, str] = {}
    facts: dict[str, str | int | float] = {}
    samples: list[Sample] = []


_decoder = msgspec.json.Decoder(ServiceReport)
_encoder = msgspec.json.Encoder()


def decode(payload: bytes) -> ServiceReport:
    """A report from its JSON; ``msgspec.DecodeError`` if it is not one."""
    return _decoder.decode(payload)


def watch_bus(bus: Bus, metrics: Metrics, health: Health) -> None:
    """Keep *metrics* and *health* up to date on the connection to NATS."""

    def refresh() -> None:
        connection, window = bus.connection, bus.window
        down_since = connection.down_since
        away_s = 0.0 if down_since is None else time.monotonic() - down_since
        if connection.up:
            health.recovered("nats")
        else:
            health.failing("nats", f"no connection for {away_s:.0f} s: {connection.last_error or 'unreachable'}")
        gauge, counter = metrics.gauge, metrics.counter
        gauge("tocsin_bus_up", "Whether there is a connection to NATS.").set(float(connection.up))
        gauge("tocsin_bus_unacknowledged_messages", "Published and not acknowledged yet.").set(len(window))
        counter("tocsin_bus_reconnects_total", "Connections to NATS made again.").value = connection.reconnects
        counter("tocsin_bus_acknowledged_messages_total", "PubAcks received.").value = window.acknowledged
        counter("tocsin_bus_resent_messages_total", "Messages sent again without a PubAck.").value = window.resent
        counter("tocsin_bus_refused_messages_total", "Messages that NATS refused.").value = window.refused
        counter("tocsin_bus_dead_letters_total", "Dead letters published.").value = bus.dead_letters.published
        usage = resource.getrusage(resource.RUSAGE_SELF)
        gauge("tocsin_process_cpu_seconds", "CPU time used so far.").set(usage.ru_utime + usage.ru_stime)
        gauge("tocsin_process_resident_bytes", "Resident memory.").set(resident_bytes())

    metrics.observe(refresh)


def resident_bytes() -> int:
    """Resident memory of this process (0 if the system does not provide it)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


async def report(
    bus: Bus, metrics: Metrics, health: Health, stop: asyncio.Event, *, facts: Callable[[], Facts] = dict
) -> None:
    """Publish this instance's metrics, facts and problems, unstored, every 5 s until *stop* is set."""
    watch_bus(bus, metrics, health)
    subject = subjects.metrics(bus.service, bus.instance)
    while True:
        samples = metrics.snapshot()
        message = ServiceReport(
            service=bus.service,
            instance=bus.instance,
            time=format_ns(time.time_ns()),
            problems=dict(health.problems),
            facts=dict(facts()),
            samples=samples,
        )
        await bus.publish_unstored(subject, _encoder.encode(message))
        if await wait_or_stop(stop, INTERVAL_S):
            return

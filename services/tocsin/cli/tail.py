"""``tocsin tail``: prints every alert of the stream as one readable line."""

import argparse
import json
import os
import re
import sys
import time

import msgspec

from tocsin.bus import Message, NatsSettings, Start, open_bus, streams
from tocsin.model import alert, subjects
from tocsin.model.errors import SettingsError
from tocsin.model.severity import WORST_FIRST, Severity
from tocsin.model.text import printable
from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime import launch

_AGE = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_COLOURS = {Severity.CRITICAL: "1;31", Severity.HIGH: "33", Severity.MEDIUM: "93", Severity.LOW: "36"}
_ARGUMENTS = 120


async def main(nats: NatsSettings, args: argparse.Namespace) -> int:
    """Print until a signal, or up to the current end of the stream; 0."""
    lowest = Severity(args.severity)
    filters = [subjects.alerts_of(s) for s in WORST_FIRST if s.rank >= lowest.rank]
    first = start(args.since, time.time_ns())
    printer = _Printer(namespace=args.namespace, as_json=args.json, terminal=sys.stdout.isatty())
    async with launch.stop_on_signal() as stop, open_bus(nats, "admin", stop=stop, wait_s=10.0) as bus:
        if first is None:
            first = Start(seq=(await bus.stream(streams.ALERTS)).state.last_seq + 1)
        if args.until_now:
            await bus.read(streams.ALERTS, printer.take, filters=filters, start=first)
        else:
            await bus.follow(streams.ALERTS, printer.take, stop, filters=filters, start=first)
    if printer.broken is not None:
        raise printer.broken
    return 0


def start(since: str, now_ns: int) -> Start | None:
    """The start of reading for ``--since``; ``None`` for now."""
    if not since:
        return None
    match = _AGE.fullmatch(since)
    if match is None:
        raise SettingsError(f"--since {since}: not an age; examples are 30s, 10m, 1h, 2d")
    age_s = int(match[1]) * _SECONDS[match[2]]
    return Start(time_ns=max(1, now_ns - age_s * NS_PER_S))


class _Printer:
    """Prints the alerts of a namespace, or all."""

    def __init__(self, *, namespace: str, as_json: bool, terminal: bool) -> None:
        self._namespace = namespace
        self._json = as_json
        self._terminal = terminal
        self._colour = terminal and "NO_COLOR" not in os.environ
        self.broken: OSError | None = None

    def take(self, message: Message) -> None:
        """Print one alert."""
        try:
            text = self._text(message.payload)
            if text:
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()
        except OSError as error:
            if self.broken is None:
                self.broken = error
                os.kill(os.getpid(), 15)  # standard output is closed: stop as on a signal

    def _text(self, payload: bytes) -> str:
        try:
            summary = alert.summarize(payload)
        except (msgspec.DecodeError, RecursionError) as error:
            return f"(an alert that cannot be read: {error})"
        if self._namespace and summary.namespace != self._namespace:
            return ""
        if self._json:
            text = payload.decode("utf-8", "replace")
            return escaped(text) if self._terminal else text
        return line(summary, colour=self._colour)


def escaped(text: str) -> str:
    """JSON *text* with control characters escaped, so that a terminal does not interpret them; same JSON."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def line(summary: alert.Summary, *, colour: bool) -> str:
    """Time, severity, place, title, process and arguments, without control characters."""
    place = f"{summary.namespace}/{summary.pod}" if summary.pod else f"{summary.namespace or 'host'}@{summary.node}"
    arguments = summary.arguments[:_ARGUMENTS]
    parts = [summary.time[11:23], f"{summary.severity.value:<8}", place, summary.title, "·", summary.process, arguments]
    text = printable(" ".join(part for part in parts if part).rstrip(" ·"))
    return f"\x1b[{_COLOURS[summary.severity]}m{text}\x1b[0m" if colour else text

"""Logs as JSON lines on standard output (an event's name in the past tense, the rest as keys), and read by people."""

import logging
import sys
import time
from typing import Any

import msgspec

from tocsin.model.text import printable, truncate
from tocsin.model.timestamps import NS_PER_S, format_ns

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_TRACE_CHARACTERS = 8_000
_TEXT_CHARACTERS = 2_000
"""A text that a container chose may be logged; it must not fill the log."""


class JsonLines(logging.Formatter):
    """One record as one line of JSON; control characters are escaped, so a log cannot be forged."""

    def __init__(self, service: str, instance: str) -> None:
        super().__init__()
        self._base = {"service": service, "instance": instance}
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": format_ns(int(record.created * NS_PER_S)),
            "level": record.levelname.lower(),
            "event": _bounded(record.getMessage()),
            **self._base,
        }
        line.update((k, _bounded(v)) for k, v in vars(record).items() if k not in _PLAIN)
        if record.name != "root":
            line["logger"] = record.name.removeprefix("tocsin.")
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self._encoder.encode(line).decode("utf-8", "replace")


def _bounded(value: object) -> object:
    if isinstance(value, str):
        return truncate(value.encode("utf-8", "replace").decode(), _TEXT_CHARACTERS)
    return value


class Sparingly:
    """Allows one log line in *interval_s* and counts the others: for errors that may occur with every event."""

    def __init__(self, interval_s: float = 10.0) -> None:
        self._interval_s = interval_s
        self._next = 0.0
        self._suppressed = 0

    def allow(self) -> int | None:
        """How many lines were suppressed since the last one, or ``None`` if this one must be suppressed, too."""
        now = time.monotonic()
        if now < self._next:
            self._suppressed += 1
            return None
        self._next = now + self._interval_s
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed


def readable(line: bytes) -> str:
    """A line of `JsonLines` for a person's terminal; in any other text only the control characters are escaped."""
    try:
        entry = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return printable(line.decode("utf-8", "replace"))
    moment = str(entry.pop("time", ""))[11:23]
    level, event = entry.pop("level", ""), entry.pop("event", "")
    trace = entry.pop("traceback", "")
    for name in ("service", "instance", "logger"):
        entry.pop(name, None)
    pairs = " ".join(f"{key}={msgspec.json.encode(value).decode()}" for key, value in entry.items())
    text = printable(f"{moment} {level:<7} {event} {pairs}".rstrip())
    return "\n".join([text, *map(printable, str(trace)[-_TRACE_CHARACTERS:].splitlines())])


class Readable(JsonLines):
    """One record as one line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        return readable(super().format(record).encode())


def configure(service: str, instance: str, level: str = "info", *, people: bool = False) -> None:
    """Send all logs of this process to standard output as JSON lines; for *people*, readable and to standard error."""
    handler = logging.StreamHandler(sys.stderr if people else sys.stdout)
    handler.setFormatter((Readable if people else JsonLines)(service, instance))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("nats").setLevel(logging.ERROR)

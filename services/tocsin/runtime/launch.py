"""Start and stop of a process, and its exit code: 0 stopped, 1 failed, 2 wrong settings."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvloop
from msgspec import Meta, Struct

from tocsin.model.errors import SettingsError, TocsinError
from tocsin.runtime import liveness, logs, settings

log = logging.getLogger(__name__)

STOPPED, FAILED, WRONG_SETTINGS = 0, 1, 2
PREFIXES = tuple(f"TOCSIN_{name}" for name in ("NATS", "COLLECTOR", "CLASSIFIER", "CORRELATOR", "GATEWAY", "SIMULATOR"))
STATE_DIR = "TOCSIN_STATE_DIR"


class Process(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that every process of Tocsin has."""

    level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    """The lowest level that is logged."""


def instance() -> str:
    """The name of this process among its replicas: the host's name (in Kubernetes the pod's) and the process id."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}"


def run(service: str, main: Callable[[], Coroutine[Any, Any, None]], *, people: bool = False) -> int:
    """Run *main* to its end and return the exit code. A wrong setting is one line on standard error.

    Logs are JSON lines on standard output, or readable ones on standard error for *people*.
    """
    try:
        settings.check_environ(os.environ, (*PREFIXES, "TOCSIN_LOG"), (STATE_DIR, liveness.VARIABLE))
        process = settings.load(Process, os.environ, prefix="TOCSIN_LOG")
        logs.configure(service, instance(), process.level, people=people)
        uvloop.run(_alive(main))
    except SettingsError as error:
        sys.stderr.write(f"tocsin {service}: {error}\n")
        return WRONG_SETTINGS
    except KeyboardInterrupt:
        return STOPPED
    except BaseExceptionGroup as group:
        return _failed(service, _leaves(group), people=people)
    except (TocsinError, OSError) as error:
        return _failed(service, [error], people=people)
    except Exception as error:
        log.exception("service.failed", extra={"error": f"{type(error).__name__}: {error}"})
        return FAILED
    log.info("service.stopped")
    return STOPPED


async def _alive(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with liveness.beating(os.environ.get(liveness.VARIABLE, "")):
        await main()


def _failed(service: str, errors: list[BaseException], *, people: bool) -> int:
    for error in errors:
        if people and isinstance(error, TocsinError) and not isinstance(error, SettingsError):
            sys.stderr.write(f"tocsin {service}: {error}\n")
            continue
        if isinstance(error, SettingsError):
            sys.stderr.write(f"tocsin {service}: {error}\n")
            return WRONG_SETTINGS
        trace = None if isinstance(error, TocsinError | OSError) else error
        log.error("service.failed", extra={"error": f"{type(error).__name__}: {error}"}, exc_info=trace)
    return FAILED


def _leaves(group: BaseExceptionGroup[BaseException]) -> "list[BaseException]":
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves


@asynccontextmanager
async def stop_on_signal() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM or SIGINT sets; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(FAILED)
        log.info("service.stopping")
        stop.set()

    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in signals:
            with contextlib.suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)

"""Commands that run one service (``collector``, ``classifier`` ...), with one flag for each of its settings."""

import argparse
import functools
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec

from tocsin.classifier import __main__ as classifier
from tocsin.classifier.settings import Settings as ClassifierSettings
from tocsin.cli import describe, nats_discovery
from tocsin.collector import __main__ as collector
from tocsin.collector.settings import Settings as CollectorSettings
from tocsin.correlator import __main__ as correlator
from tocsin.correlator.settings import Settings as CorrelatorSettings
from tocsin.gateway import __main__ as gateway
from tocsin.gateway.settings import Settings as GatewaySettings
from tocsin.runtime import launch
from tocsin.simulator import __main__ as simulator
from tocsin.simulator.settings import Settings as SimulatorSettings

Main = Callable[[Mapping[str, str]], Coroutine[Any, Any, None]]

_COMMANDS: tuple[tuple[str, str, str, type, Main, str], ...] = (
    (
        "collector",
        "collector",
        "publish what Tetragon exports",
        CollectorSettings,
        collector.main,
        "tocsin collector --source file --path /var/log/tetragon/tetragon.log --node worker-1",
    ),
    (
        "classifier",
        "classifier",
        "judge every event into an alert",
        ClassifierSettings,
        classifier.main,
        "tocsin classifier --profile tuned",
    ),
    (
        "correlator",
        "correlator",
        "find over time what no single event shows",
        CorrelatorSettings,
        correlator.main,
        "tocsin correlator --rules /etc/tocsin/rules",
    ),
    (
        "gateway",
        "gateway",
        "serve the dashboard, the API and the live stream",
        GatewaySettings,
        gateway.main,
        "tocsin gateway --port 8080",
    ),
    (
        "simulate",
        "simulator",
        "generate realistic Tetragon events, for demonstrations and tests",
        SimulatorSettings,
        simulator.main,
        "tocsin simulate --rate 1000 --count 5000 --path - | tocsin collector --source stdin",
    ),
)


_SECRETS = {"token"}
"""Settings without a flag: every user of the machine can read a command line."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of all services."""
    for command, service, what, settings, main, example in _COMMANDS:
        variables = f"TOCSIN_{service.upper()}"
        sub = commands.add_parser(
            command,
            help=what,
            description=f"{what[0].upper()}{what[1:]}. Every flag can also be set as {variables}_<FLAG>.",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        docs = describe.meanings(settings)
        for field in msgspec.structs.fields(settings):
            if field.name in _SECRETS:
                continue
            default = "" if field.default in ("", msgspec.NODEFAULT) else f" (default {field.default})"
            text = f"{docs.get(field.name, '')}{default}".replace("%", "%%").strip()
            sub.add_argument(f"--{field.name.replace('_', '-')}", dest=field.name, help=text, metavar="VALUE")
        sub.set_defaults(
            run=functools.partial(
                _run, service, main, [f.name for f in msgspec.structs.fields(settings) if f.name not in _SECRETS]
            )
        )


def _run(service: str, main: Main, names: list[str], args: argparse.Namespace) -> int:
    flags = {name: value for name in names if (value := getattr(args, name)) is not None}
    if service != "simulator":
        os.environ.update(nats_discovery.missing(os.environ, user=service))
    return launch.run(service, functools.partial(main, flags))

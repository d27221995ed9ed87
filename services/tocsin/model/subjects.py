"""Every name on the bus, built and taken apart here and spelled nowhere else (architecture, section 2)."""

import functools
import hashlib
import re

from tocsin.model.severity import Severity

HOST = "_host"
"""Namespace token of a process outside containers."""
UNKNOWN = "_unknown"
"""Namespace token of a container whose pod is not known."""
EVENT_KINDS = (
    "exec", "exit", "kprobe", "tracepoint", "lsm", "uprobe", "usdt", "loader", "throttle", "rate_limit", "unknown",
)  # fmt: skip
ALL_EVENTS = "tetragon.>"
ALL_ALERTS = "alerts.>"
ALL_SIGNALS = "signals.>"
ALL_RAISED = "tocsin.raised.>"
ALL_METRICS = "tocsin.metrics.>"
ALL_RULES = "tocsin.rules.>"
COLLECTOR_KEYS = "collector"
"""First token of the bucket's keys under which collectors save where they stand."""
CORRELATOR_KEY = "correlator"
"""The bucket's key under which the correlator saves where it stands."""
HISTORY_QUERY = "tocsin.history.query"

_TOKEN_LENGTH = 63
"""A subject stays under 256 characters, as the server's own advice has it."""
_FOREIGN = re.compile(r"[^a-z0-9_-]")


def slug(text: str) -> str:
    """*text* as one token: lower case, ``[a-z0-9_-]``, 1 to 63 characters; the exact value belongs in the body."""
    return _slug(text[:_TOKEN_LENGTH])  # cut first, so that no hostile name fills the cache


@functools.lru_cache(maxsize=4096)
def _slug(text: str) -> str:
    return _FOREIGN.sub("_", text.lower())[:_TOKEN_LENGTH] or "_"


def event(cluster: str, node: str, kind: str) -> str:
    """Where one Tetragon event goes."""
    return f"tetragon.{slug(cluster)}.{slug(node)}.{kind}"


def events_of(cluster: str, node: str) -> str:
    """All events that a collector publishes; an empty *cluster* or *node* is every one."""
    return f"tetragon.{slug(cluster) if cluster else '*'}.{slug(node) if node else '*'}.>"


def alert(severity: Severity, cluster: str, namespace: str, name: str) -> str:
    """Where one alert goes; *namespace* may be `HOST` or `UNKNOWN`."""
    return f"alerts.{severity.value}.{slug(cluster)}.{slug(namespace)}.{slug(name)}"


def alerts_of(severity: Severity) -> str:
    """All alerts of one severity."""
    return f"alerts.{severity.value}.>"


def severity_of(subject: str) -> Severity:
    """The severity in an alert's subject; ``ValueError`` where it is no alert's."""
    tokens = subject.split(".", 2)
    if len(tokens) < 3 or tokens[0] != "alerts":
        raise ValueError(f"{subject!r} is no alert's subject")
    return Severity(tokens[1])


def dead(service: str) -> str:
    """Where *service* buries what it could not handle."""
    return f"tocsin.dead.{slug(service)}"


def signals(cluster: str) -> str:
    """Where the signals of one cluster go; several travel in one message, of whatever nodes."""
    return f"signals.{slug(cluster)}"


def raised(rule: str) -> str:
    """Where the record goes that a correlation is about to raise an alert."""
    return f"tocsin.raised.{slug(rule)}"


def rules(service: str, instance: str) -> str:
    """Where one instance tells by which rules it judges, every 30 s and on change."""
    return f"tocsin.rules.{slug(service)}.{slug(instance)}"


def metrics(service: str, instance: str) -> str:
    """Where one instance tells its metrics every 5 s."""
    return f"tocsin.metrics.{slug(service)}.{slug(instance)}"


def checkpoint_key(cluster: str, node: str, source: str) -> str:
    """The bucket's key of one source of a collector; sources are told apart by a hash of what they read."""
    digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{COLLECTOR_KEYS}.{slug(cluster)}.{slug(node)}.{digest}"

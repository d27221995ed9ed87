"""Every name on the bus is built and parsed here and written nowhere else (architecture, section 2)."""

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
"""First token of the bucket's keys of the collectors' checkpoints."""
CORRELATOR_KEY = "correlator"
"""The bucket's key of the correlator's position."""
HISTORY_QUERY = "tocsin.history.query"

_TOKEN_LENGTH = 63
"""A subject stays under 256 characters, as the documentation of NATS advises."""
_FOREIGN = re.compile(r"[^a-z0-9_-]")


def slug(text: str) -> str:
    """*text* as one token: lower case, ``[a-z0-9_-]``, 1 to 63 characters; the exact value belongs in the body."""
    return _slug(text[:_TOKEN_LENGTH])  # cut first, so that no hostile name fills the cache


@functools.lru_cache(maxsize=4096)
def _slug(text: str) -> str:
    return _FOREIGN.sub("_", text.lower())[:_TOKEN_LENGTH] or "_"


def event(cluster: str, node: str, kind: str) -> str:
    """The subject of one Tetragon event."""
    return f"tetragon.{slug(cluster)}.{slug(node)}.{kind}"


def events_of(cluster: str, node: str) -> str:
    """All events of a collector; an empty *cluster* or *node* matches every one."""
    return f"tetragon.{slug(cluster) if cluster else '*'}.{slug(node) if node else '*'}.>"


def alert(severity: Severity, cluster: str, namespace: str, name: str) -> str:
    """The subject of one alert; *namespace* may be `HOST` or `UNKNOWN`."""
    return f"alerts.{severity.value}.{slug(cluster)}.{slug(namespace)}.{slug(name)}"


def alerts_of(severity: Severity) -> str:
    """All alerts of one severity."""
    return f"alerts.{severity.value}.>"


def severity_of(subject: str) -> Severity:
    """The severity in an alert's subject; ``ValueError`` if it is not an alert's subject."""
    tokens = subject.split(".", 2)
    if len(tokens) < 3 or tokens[0] != "alerts":
        raise ValueError(f"{subject!r} is no alert's subject")
    return Severity(tokens[1])


def dead(service: str) -> str:
    """The subject of the dead letters of *service*."""
    return f"tocsin.dead.{slug(service)}"


def signals(cluster: str) -> str:
    """The subject of the signals of one cluster; one message holds several, of any nodes."""
    return f"signals.{slug(cluster)}"


def raised(rule: str) -> str:
    """The subject of the record that a correlation is about to raise an alert."""
    return f"tocsin.raised.{slug(rule)}"


def rules(service: str, instance: str) -> str:
    """The subject of the report on the active rules of one instance, every 30 s and on change."""
    return f"tocsin.rules.{slug(service)}.{slug(instance)}"


def metrics(service: str, instance: str) -> str:
    """The subject of the metrics of one instance, every 5 s."""
    return f"tocsin.metrics.{slug(service)}.{slug(instance)}"


def checkpoint_key(cluster: str, node: str, source: str) -> str:
    """The bucket's key of one source of a collector; a hash of what a source reads distinguishes it."""
    digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{COLLECTOR_KEYS}.{slug(cluster)}.{slug(node)}.{digest}"

"""A hub without a server, fed with alerts as the stream would bring them."""

from collections.abc import Iterable

from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.settings import Settings
from tocsin.gateway.window.store import AlertStore, StreamRange
from tocsin.model import subjects
from tocsin.model.alert import Alert, encode

EPOCH = "a1f3"


def hub(now_s: int, alerts: Iterable[Alert] = (), *, rows: int = 1_000, hours: float = 24.0) -> Hub:
    """A hub that has just read an empty stream back and then took in *alerts*."""
    settings = Settings(window_rows=rows, window_hours=hours)
    own = Hub(settings, AlertStore(settings.window_rows, settings.window_ms))
    own.begin(StreamRange(EPOCH, 1, 0), now_s)
    own.complete(0, 0.0)
    take(own, alerts, now_s=now_s)
    return own


def take(own: Hub, alerts: Iterable[Alert], *, now_s: int) -> None:
    """Let the hub take in *alerts*, one sequence each."""
    for each in alerts:
        seq = own.store.window.head + 1
        subject = subjects.alert(each.severity, each.cluster, each.namespace, each.event_type)
        own.take(subject, encode(each), seq, now=float(seq), now_ms=now_s * 1_000)

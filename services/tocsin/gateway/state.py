"""What a running gateway consists of, and what is broken of the way from the sensor to its clients."""

from tocsin.bus import Bus
from tocsin.gateway.feed.broadcaster import Broadcaster
from tocsin.gateway.feed.composer import FrameComposer
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.pipeline import coverage, nodes
from tocsin.gateway.pipeline.rates import Rate
from tocsin.gateway.pipeline.rule_reports import RuleReports
from tocsin.gateway.pipeline.service_reports import ServiceReports
from tocsin.gateway.pipeline.status import Clients, Readings
from tocsin.gateway.settings import Settings
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics

BEHIND = 10_000
"""So many events wait for the classifier that it counts as behind."""
_CHARACTERS = 500


class GatewayState:
    """The parts, made by `service.run`."""

    def __init__(
        self,
        bus: Bus,
        hub: Hub,
        composer: FrameComposer,
        live: Broadcaster,
        metrics: Metrics,
        health: Health,
        reports: ServiceReports,
        rulebooks: RuleReports,
        settings: Settings,
    ) -> None:
        self.bus = bus
        self.hub = hub
        self.store = hub.store
        self.composer = composer
        self.lag = composer.lag
        self.live = live
        self.metrics = metrics
        self.health = health
        self.reports = reports
        self.rulebooks = rulebooks
        self.settings = settings
        self.meters = {name: Rate() for name in ("events", "judged", "alerts", "read", "rows")}
        """What goes into EVENTS and to the classifier, into ALERTS and to this gateway, and to its clients."""

    def _own(self, now: float) -> dict[str, str]:
        """What keeps alerts from clients, as seen from here; *now* is of the monotonic clock."""
        problems = dict(self.health.problems)
        connection = self.bus.connection
        if connection.up:
            problems.pop("nats", None)
        else:
            since = connection.down_since
            away = "" if since is None else f" for {now - since:.0f} s"
            problems["nats"] = f"no connection to NATS{away}: {connection.last_error or 'unreachable'}"
        if not self.hub.ready:
            problems.setdefault("window", self.hub.reading)
        if self.lag.classifier > BEHIND:
            problems["classifier.backlog"] = f"{self.lag.classifier:,} events wait for the classifier"
        return problems

    def problems(self, now: float) -> dict[str, str]:
        """What is broken: as seen from here, and as the services say of themselves."""
        return {**self.reports.problems(now), **self._own(now)}

    def blinded(self, now: float) -> bool:
        """Whether something of ours keeps events from coming, so that a node that is not heard may well send."""
        return bool(self._own(now)) or "classifier" in self.reports.problems(now)

    def unready(self, now: float) -> dict[str, str]:
        """The same, and who was not heard yet just after the start."""
        return {**self.reports.awaited(now), **self.problems(now)}

    def words(self, now: float, now_ms: int) -> str:
        """The problems in a sentence for clients, empty where there is none; while the window is read they wait.

        Nodes that are silent are named, too: they keep no alert from clients, so `unready` does not have them.
        """
        told = [why for hop, why in self.problems(now).items() if hop != "window"]
        silent = nodes.words(self.hub.sight.nodes.silent(now_ms))
        return "; ".join([*told, silent] if silent else told)[:_CHARACTERS]

    def readings(self, now: float, now_ms: int) -> Readings:
        """What the status of the pipeline is made of."""
        return Readings(
            visibility=self.hub.sight,
            agents=coverage.agents(self.reports.fresh(now)),
            instances=self.reports.instances(now),
            rates=self.meters,
            judging=self.lag.classifier,
            waiting=self.store.waiting,
            delay_ms=self.hub.delay_ms,
            undecodable=self.hub.undecodable,
            problems=self.problems(now),
            broken=self.words(now, now_ms),
            connected=self.bus.connection.up,
            clients=Clients(open=len(self.live.sessions), slow=self.live.slow),
            window_ms=self.settings.window_ms,
        )

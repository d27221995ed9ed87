"""The parts of a running gateway, and what is failing between the sensors and its clients."""

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
"""The classifier counts as behind when more events than this wait for it."""
_CHARACTERS = 500


class GatewayState:
    """Created by `service.run`."""

    def __init__(
        self,
        bus: Bus,
        hub: Hub,
        composer: FrameComposer,
        broadcaster: Broadcaster,
        metrics: Metrics,
        health: Health,
        service_reports: ServiceReports,
        rule_reports: RuleReports,
        settings: Settings,
    ) -> None:
        self.bus = bus
        self.hub = hub
        self.store = hub.store
        self.composer = composer
        self.lag = composer.lag
        self.broadcaster = broadcaster
        self.metrics = metrics
        self.health = health
        self.service_reports = service_reports
        self.rule_reports = rule_reports
        self.settings = settings
        self.rates = {name: Rate() for name in ("events", "judged", "alerts", "read", "rows")}
        """Into EVENTS and to the classifier, into ALERTS and to this gateway, and to its clients."""

    def _local_problems(self, now: float) -> dict[str, str]:
        """What keeps alerts from clients, as this gateway sees it; *now* is of the monotonic clock."""
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
        """What is failing, as this gateway sees it and as the services report it."""
        return {**self.service_reports.problems(now), **self._local_problems(now)}

    def in_outage(self, now: float) -> bool:
        """Whether a failure of the pipeline keeps events away, so that a node without events may well send some."""
        return bool(self._local_problems(now)) or "classifier" in self.service_reports.problems(now)

    def unready(self, now: float) -> dict[str, str]:
        """The problems, and just after the start the services that have not reported yet."""
        return {**self.service_reports.awaited(now), **self.problems(now)}

    def summary(self, now: float, now_ms: int) -> str:
        """The problems in a sentence for clients, empty if there are none; while the window is read, clients wait.

        It names silent nodes, too. `unready` does not have them: they keep no alert from clients.
        """
        texts = [why for part, why in self.problems(now).items() if part != "window"]
        silent = nodes.summary(self.hub.visibility.nodes.silent(now_ms))
        return "; ".join([*texts, silent] if silent else texts)[:_CHARACTERS]

    def readings(self, now: float, now_ms: int) -> Readings:
        """What the status of the pipeline is made of."""
        return Readings(
            visibility=self.hub.visibility,
            agents=coverage.agents(self.service_reports.fresh(now)),
            instances=self.service_reports.instances(now),
            rates=self.rates,
            judging=self.lag.classifier,
            waiting=self.store.waiting,
            delay_ms=self.hub.delay_ms,
            undecodable=self.hub.undecodable,
            problems=self.problems(now),
            broken=self.summary(now, now_ms),
            connected=self.bus.connection.up,
            clients=Clients(open=len(self.broadcaster.sessions), slow=self.broadcaster.slow),
            window_ms=self.settings.window_ms,
        )

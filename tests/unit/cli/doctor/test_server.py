"""What is concluded of settings, server, rights and clocks."""

import msgspec
import pytest

from tocsin.bus import NatsSettings
from tocsin.cli.doctor.checks import clock, rights, server, settings
from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.observations import NodeClock, ObservedStream, Rights, Server, Store

from support.doctor import GOOD_SERVER, found, layout, sample, verdicts


def _server(**fields: object) -> Server:
    return msgspec.structs.replace(GOOD_SERVER, **fields)


def test_unknown_and_impossible_variables_are_all_named_and_secrets_are_not() -> None:
    environ = {
        "HOME": "/root",
        "TOCSIN_NATS_PASSWORD": "hunter2",
        "TOCSIN_GATEWAY_PROT": "80",
        "TOCSIN_GATEWAY_CLIENTS": "many",
        "TOCSIN_COLECTOR_PATH": "/x",
    }
    (finding,) = found(settings.check, environ=environ).values()
    assert finding.verdict == "fail"
    told = "\n".join(finding.details)
    assert len(finding.details) == 3
    assert "did you mean 'TOCSIN_GATEWAY_PORT'?" in told
    assert "TOCSIN_GATEWAY_CLIENTS: 'many' does not fit" in told
    assert "TOCSIN_COLECTOR_PATH" in told
    assert "hunter2" not in str(finding)


def test_what_kubernetes_injects_is_known_by_its_name() -> None:
    environ = {"TOCSIN_GATEWAY_PORT": "tcp://10.0.0.1:8080", "TOCSIN_GATEWAY_SERVICE_HOST": "10.0.0.1"}
    (finding,) = found(settings.check, environ=environ).values()
    assert "enableServiceLinks: false" in finding.do


def test_good_variables_and_none_are_fine() -> None:
    environ = {"TOCSIN_GATEWAY_PORT": "80", "TOCSIN_STATE_DIR": "/x", "TOCSIN_LOG_LEVEL": "debug"}
    assert verdicts(settings.check, environ=environ) == {"settings.environment": "ok"}
    assert verdicts(settings.check, environ={}) == {"settings.environment": "ok"}


@pytest.mark.parametrize(
    ("own", "name", "verdict"),
    [
        (_server(version="2.15.1"), "nats.server", "ok"),
        (_server(version="3.0.0-RC.1"), "nats.server", "ok"),
        (_server(version="2.10.29"), "nats.server", "warn"),
        (_server(version="2.9.25"), "nats.server", "fail"),
        (_server(version="main"), "nats.server", "fail"),
        (_server(jetstream=False), "nats.jetstream", "fail"),
        (_server(max_payload=1 << 20), "nats.max_payload", "fail"),
        (_server(max_payload=64 << 20), "nats.max_payload", "ok"),
        (_server(auth_required=False), "nats.doors", "fail"),
        (_server(loopback=False), "nats.doors", "warn"),
        (_server(loopback=False, tls_required=True), "nats.doors", "ok"),
    ],
)
def test_a_server_is_judged_by_what_it_says(own: Server, name: str, verdict: str) -> None:
    assert verdicts(server.check, server=own, layout=layout())[name] == verdict


def test_a_server_that_does_not_answer_fails_and_what_depends_on_it_is_unknown() -> None:
    assert verdicts(server.check, server=Unknown("nothing answers", "start it")) == {
        "nats.server": "fail",
        "nats.acknowledgements": "unknown",
    }


def test_tls_counts_however_it_was_asked_for() -> None:
    nats = NatsSettings(url="tls://nats.example.org:4222")
    assert verdicts(server.check, server=_server(loopback=False), nats=nats)["nats.doors"] == "ok"


@pytest.mark.parametrize(("v2", "verdict"), [(False, "ok"), (True, "fail"), (None, "unknown")])
def test_the_second_form_of_acknowledgements_is_refused(*, v2: bool | None, verdict: str) -> None:
    found_ = found(server.check, server=GOOD_SERVER, layout=layout(ack_v2=v2))
    assert found_["nats.acknowledgements"].verdict == verdict


@pytest.mark.parametrize(
    ("store", "verdict"),
    [
        (Store(used=0, disk_free=1 << 40), "ok"),
        (Store(used=0, disk_free=1 << 20), "fail"),
        (Store(used=95, limit=100), "warn"),
        (Store(used=5), "ok"),
    ],
)
def test_room_is_what_the_streams_may_still_take(store: Store, verdict: str) -> None:
    streams = {"EVENTS": ObservedStream(config={"max_bytes": 1 << 30}, bytes=1 << 20)}
    assert verdicts(server.store, store=store, layout=layout(streams=streams)) == {"nats.store": verdict}


def test_a_viewer_that_can_do_more_than_read_alerts_fails() -> None:
    own = Rights(user="admin", viewer={"publish": True, "hear raw events": False})
    finding = found(rights.check, rights=own)["rights.viewer"]
    assert finding.verdict == "fail"
    assert finding.details == ("it can publish",)
    good = Rights(user="admin", viewer={"publish": False})
    assert verdicts(rights.check, rights=good) == {"rights.own": "ok", "rights.viewer": "ok"}


@pytest.mark.parametrize(("offset_s", "verdict"), [(0.4, "ok"), (-0.4, "ok"), (30.0, "warn"), (-30.0, "warn")])
def test_the_servers_clock_is_held_against_ours(offset_s: float, verdict: str) -> None:
    seen = found(clock.check, layout=layout(offset_s=offset_s), sample=sample())
    assert seen["clock.server"].verdict == verdict


@pytest.mark.parametrize(
    ("own", "verdict", "words"),
    [
        (NodeClock(least_late_s=0.01, newest_late_s=0.1, least_stored_s=0.001), "ok", ""),
        (NodeClock(least_late_s=0.01, newest_late_s=600, least_stored_s=0.001), "ok", ""),
        (
            NodeClock(least_late_s=-3_600, newest_late_s=-3_600, least_stored_s=0.001),
            "fail",
            "alerts get the collector's time",
        ),
        (NodeClock(least_late_s=-10, newest_late_s=-10, least_stored_s=0.001), "warn", "ahead of its collector"),
        (NodeClock(least_late_s=3_600, newest_late_s=3_600, least_stored_s=0.001), "warn", "is catching up"),
        (NodeClock(least_late_s=0.01, newest_late_s=0.1, least_stored_s=-9), "warn", "ahead of the server"),
    ],
)
def test_clocks_of_nodes_are_held_against_their_collectors(own: NodeClock, verdict: str, words: str) -> None:
    finding = found(clock.check, sample=sample(clocks={"n1": own}))["clock.nodes"]
    assert finding.verdict == verdict
    assert words in "".join(finding.details)

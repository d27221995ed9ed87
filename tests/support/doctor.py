"""Looking with the doctor: at a test's server, and at observations that a test writes down."""

from collections.abc import Callable, Iterable
from typing import Any

from tocsin.bus import NatsSettings, streams
from tocsin.cli.doctor.finding import Finding
from tocsin.cli.doctor.gather.collect import Targets
from tocsin.cli.doctor.observations import Layout, Observations, ObservedReader, ObservedStream, Sample, Server
from tocsin.runtime.ledger import Facts, Ledger, balance

from support.server import NatsServer

NOW_NS = 1_800_000_000 * 10**9
NOBODY = "http://127.0.0.1:1"
"""An address at which no gateway listens."""
GOOD_SERVER = Server(version="2.15.1", jetstream=True, max_payload=8 << 20, auth_required=True, loopback=True)


def found(check: Callable[[Observations], Iterable[Finding]], **seen: Any) -> dict[str, Finding]:
    """What *check* says of these observations, by name; two of one name are a mistake of the test."""
    findings = list(check(Observations(**{"now_ns": NOW_NS, **seen})))
    assert len({finding.check for finding in findings}) == len(findings)
    return {finding.check: finding for finding in findings}


def verdicts(check: Callable[[Observations], Iterable[Finding]], **seen: Any) -> dict[str, str]:
    """The same, verdicts alone."""
    return {name: finding.verdict.value for name, finding in found(check, **seen).items()}


def layout(**fields: Any) -> Layout:
    """Streams and readers exactly as declared, all empty."""
    own = {
        config["name"]: ObservedStream(config=config)
        for config in streams.declarations(streams.sizes(1 << 30))
    }  # fmt: skip
    readers = [
        ObservedReader(stream=stream, name=config["name"], config=config) for stream, config in streams.durables()
    ]
    return Layout(**{"streams": own, "readers": readers, "offset_s": 0.001, "ack_v2": False, **fields})


def sample(**fields: Any) -> Sample:
    """Some thousand events of one node, hosts included."""
    return Sample(
        **{
            "kinds": {"exec": 900, "exit": 100},
            "nodes": {"n1": 1000},
            "read": 900,
            "execs": 900,
            "host_execs": 9,
            **fields,
        }
    )


def ledger(**facts: Any) -> Ledger:
    """A ledger of these facts; nothing anywhere where none are given."""
    none = dict.fromkeys(streams.NAMES, 0)
    return balance(Facts(**{"sources": [], "last": none, "waiting": 0, **facts}))


def places(server: NatsServer, user: str = "admin", **fields: Any) -> Targets:
    """Where to look: this server as this user, no gateway, no cluster."""
    nats: NatsSettings = server.settings(user)
    return Targets(**{"nats": nats, "environ": {}, "gateway": NOBODY, "export": "/nowhere/tetragon.log", **fields})

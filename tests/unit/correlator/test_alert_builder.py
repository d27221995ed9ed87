"""A firing in words: what the alert says, and what it does not claim."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.correlator.alert_builder import build
from tocsin.correlator.correlation_set import windows_hash
from tocsin.correlator.group_identity import alert_fields
from tocsin.model import alert as alerts
from tocsin.model import raised as records
from tocsin.model.alert import Alert
from tocsin.model.signal import Signal
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.syntax.documents import Correlation

from support.correlation_builder import correlation, feed, signal

NOW_NS = 1_900_000_000_000_000_000


def raised(one: Correlation, *signals: Signal, counted: bool = False) -> tuple[str, Alert]:
    [firing] = feed(CorrelationEngine([one]), signals)
    made = build(firing, {"r": "A shell starts", "q": "It leaves"}, is_referred_to=counted, now_ns=NOW_NS)
    record, alert = records.decode(made.record), alerts.decode(made.alert)
    assert bytes(record.alert) == made.alert
    assert made.id == record.id == alert.id == firing.id
    assert record.subject == made.alert_subject
    assert made.record_subject == f"tocsin.raised.{one.id}"
    return made.alert_subject, alert


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (
            correlation(by=["scope"]),
            "1 alerts within 10 s (1 or more raise this), for scope shop/web-1: A shell starts.",
        ),
        (
            correlation("value_count", by=["scope"], field="port", within_s=120),
            "1 different values of port within 2 min (1 or more raise this), for scope shop/web-1: A shell starts.",
        ),
        (correlation("temporal", "r", within_s=3_600), "all of these within 1 h: A shell starts."),
        (correlation("temporal_ordered", "r", within_s=1.5), "these in this order within 1.5 s: A shell starts."),
    ],
)
def test_the_reason_says_how_many_how_long_and_for_what(one: Correlation, reason: str) -> None:
    assert raised(one, signal(0, scope="shop/web-1", port="80"))[1].reason == reason


@pytest.mark.parametrize(
    ("by", "known"),
    [
        ([], {}),
        (["node"], {"node": "n1"}),
        (["pod.workload"], {}),
        (["pod.namespace", "pod.workload"], {"namespace": "shop", "workload": "web", "workload_kind": "Deployment"}),
        (["pod.name"], {}),
        (
            ["scope"],
            {"node": "n1", "namespace": "shop", "pod": "web-1", "workload": "web", "workload_kind": "Deployment"},
        ),
        (["scope", "container.name"], {"container": "web", "image": "web:1"}),
        (["exec_id"], {"process": "/bin/sh", "container": "web", "pod": "web-1"}),
        (["Image"], {"process": "/bin/sh"}),
    ],
)
def test_where_it_happened_is_said_as_far_as_the_key_makes_it_true(by: list[str], known: dict[str, str]) -> None:
    values = {name.replace(".", "__"): "x" for name in by if name != "node"}
    found = alert_fields(correlation(by=by), signal(0, **values))
    assert known.items() <= found.items()
    if not known:
        assert found == {}


@pytest.mark.parametrize(
    ("by", "change", "subject"),
    [
        (["scope"], {}, "alerts.high.k1.shop.own"),
        ([], {}, "alerts.high.k1._unknown.own"),
        (["scope"], {"namespace": "", "pod": "", "container": "", "image": ""}, "alerts.high.k1._unknown.own"),
        (["exec_id"], {"namespace": "", "pod": "", "container": "", "image": ""}, "alerts.high.k1._host.own"),
    ],
)
def test_the_subject_names_the_namespace_that_is_certain(by: list[str], change: dict[str, str], subject: str) -> None:
    own = msgspec.structs.replace(signal(0, **dict.fromkeys(by, "shop/web-1")), **change)
    assert raised(correlation(by=by), own)[0] == subject


def test_a_scope_that_is_the_node_is_the_host() -> None:
    own = msgspec.structs.replace(signal(0, scope="n1"), namespace="", pod="", container="", image="")
    assert raised(correlation(by=["scope"]), own)[0] == "alerts.high.k1._host.own"


def test_what_proves_is_confirmed_and_all_else_observed() -> None:
    assert raised(correlation(confirms=True), signal(0))[1].outcome == "confirmed"
    assert raised(correlation(), signal(0))[1].outcome == "observed"


def test_what_others_count_says_so() -> None:
    assert raised(correlation(), signal(0), counted=True)[1].signals == ("own",)
    assert raised(correlation(), signal(0))[1].signals == ()


def test_the_fingerprint_is_of_rule_and_key() -> None:
    one = correlation(by=["scope"])
    prints = [
        raised(one, signal(0, scope="a"))[1].fingerprint,
        raised(one, signal(5, scope="a", node="n2"))[1].fingerprint,
        raised(one, signal(0, scope="b"))[1].fingerprint,
        raised(one, signal(0, scope="a", cluster="k2"))[1].fingerprint,
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


@given(st.text(max_size=3_000))
def test_whatever_a_container_chose_the_title_is_one_short_printable_line(value: str) -> None:
    _, alert = raised(correlation(by=["arguments"]), signal(0, arguments=value))
    assert alert.title.isprintable()
    assert len(alert.title) < 260
    assert alert.reason.isprintable()


def test_words_do_not_change_what_is_remembered() -> None:
    one = correlation(at_least=3)
    assert windows_hash((one,)) == windows_hash((msgspec.structs.replace(one, title="Otherwise", level="low"),))
    assert windows_hash((one,)) != windows_hash((msgspec.structs.replace(one, threshold=4),))

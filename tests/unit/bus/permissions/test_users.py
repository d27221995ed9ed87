"""The table of rights, read as a server would read it, and the text it becomes."""

import pytest

from tocsin.bus import streams
from tocsin.bus.permissions import server_conf, users

MAKERS = ("collector", "classifier", "correlator", "gateway")


def test_the_table_names_every_user_and_no_other() -> None:
    assert tuple(users.table()) == users.NAMES


def test_a_user_s_variable_is_a_name_that_a_shell_takes() -> None:
    assert users.variable("collector-ip-10_0") == "TOCSIN_NATS_PASSWORD_COLLECTOR_IP_10_0"


@pytest.mark.parametrize("name", MAKERS)
def test_whoever_may_make_consumers_is_denied_every_declared_reader_there(name: str) -> None:
    rights = users.table(sinks=["slack"])[name]
    for stream, readers in streams.reader_names(["slack"]).items():
        if f"$JS.API.CONSUMER.MSG.NEXT.{stream}.*" not in rights.publish:
            continue
        for reader in readers:
            assert {
                f"$JS.API.CONSUMER.CREATE.{stream}.{reader}",
                f"$JS.API.CONSUMER.CREATE.{stream}.{reader}.>",
                f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{reader}",
                f"$JS.API.CONSUMER.DELETE.{stream}.{reader}",
            } <= set(rights.publish_deny)


def test_every_declared_durable_is_a_reader_that_others_are_denied() -> None:
    names = streams.reader_names()
    assert all(config["name"] in names[stream] for stream, config in streams.durables())


def test_no_service_may_do_all_of_the_api() -> None:
    for name, rights in users.table().items():
        assert name == "admin" or not {">", "$JS.>", "$JS.API.>"} & set(rights.publish)


def test_a_collector_may_be_bound_to_its_node() -> None:
    rights = users.table(cluster="c1", nodes=["n1"])
    publish = rights["collector-n1"].publish
    assert rights["collector-n1"].subscribe == ("_INBOX_collector-n1.>",)
    assert "tetragon.c1.n1.>" in publish
    assert "$JS.API.CONSUMER.CREATE.EVENTS.*.tetragon.c1.n1.>" in publish
    assert "$KV.tocsin-checkpoints.collector.c1.n1.>" in publish
    assert not [subject for subject in publish if "tetragon.*" in subject]
    assert "tetragon.c1.*.>" in rights["collector"].publish


@pytest.mark.parametrize("names", [{"nodes": ["a.b", "a_b"]}, {"sinks": ["S", "s"]}, {"siems": ["x", "x"]}])
def test_two_names_that_become_one_token_are_refused(names: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="are both"):
        users.table(**names)  # type: ignore[arg-type]


def test_a_second_siem_has_its_own_durables_and_is_denied_to_all_who_make_consumers() -> None:
    rights = users.table(siems=["soc"])
    assert rights["siem-soc"].subscribe == ("_INBOX_siem-soc.>",)
    assert set(rights["siem-soc"].publish) == {
        f"{subject}{end}"
        for stream in ("ALERTS", "ALERTS_KEPT")
        for subject, end in (
            (f"$JS.API.CONSUMER.MSG.NEXT.{stream}.siem-soc", ""),
            (f"$JS.API.CONSUMER.INFO.{stream}.siem-soc", ""),
            (f"$JS.ACK.{stream}.siem-soc.>", ""),
        )
    }
    for name in ("gateway", "correlator"):
        assert "$JS.API.CONSUMER.MSG.NEXT.ALERTS_KEPT.siem-soc" in rights[name].publish_deny


def test_a_sink_gets_durables_of_its_own() -> None:
    publish = users.table(sinks=["slack"])["forwarder"].publish
    assert "$JS.ACK.ALERTS_KEPT.forwarder-slack.>" in publish


def test_the_configuration_listens_where_it_is_told_and_bounds_the_payload() -> None:
    text = server_conf.config(
        host="127.0.0.1", port=4222, store_dir="/a b", passwords={"admin": "p"}, store_bytes=9, monitor_port=8222
    )
    assert 'listen = "127.0.0.1:4222"' in text
    assert 'store_dir = "/a b"' in text
    assert "max_file_store = 9" in text
    assert f"max_payload = {8 << 20}" in text
    assert "js_ack_fc_v2 = false" in text
    assert 'http = "127.0.0.1:8222"' in text


def test_no_page_of_the_server_is_open_unless_asked_for() -> None:
    assert "http" not in server_conf.config(host="127.0.0.1", port=1, store_dir="/x", passwords={})

"""The table of rights, read as a server would read it, and the text it becomes."""

import pytest

from tocsin.bus import server_conf, streams, users

MAKERS = ("collector", "classifier", "correlator", "gateway")


def test_the_table_names_every_user_and_no_other() -> None:
    assert tuple(users.table()) == users.NAMES


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
    publish = users.table(cluster="c1", node="n1")["collector"].publish
    assert "tetragon.c1.n1.>" in publish
    assert "$JS.API.CONSUMER.CREATE.EVENTS.*.tetragon.c1.n1.>" in publish
    assert "$KV.tocsin-checkpoints.collector.c1.n1.>" in publish
    assert not [subject for subject in publish if "tetragon.*" in subject]


def test_a_sink_gets_durables_of_its_own() -> None:
    publish = users.table(sinks=["slack"])["forwarder"].publish
    assert "$JS.ACK.ALERTS_KEPT.forwarder-slack.>" in publish


def test_users_without_a_password_are_left_out() -> None:
    text = users.render({"viewer": "p"})
    assert 'user = "viewer"' in text
    assert "collector" not in text


def test_a_user_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no such user: vieewr"):
        users.render({"vieewr": "p"})


def test_a_quote_in_a_password_does_not_end_it() -> None:
    assert users.quoted('a"b\\c') == '"a\\"b\\\\c"'
    with pytest.raises(ValueError, match="control character"):
        users.quoted("a\nb")


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

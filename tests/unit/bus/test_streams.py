"""What is declared, as a table."""

import msgspec
import pytest

from tocsin.bus import streams


@pytest.mark.parametrize("store_bytes", [64 << 20, 1 << 30, 8 << 30, 1 << 50])
def test_all_streams_together_stay_within_the_store_and_eight_gib(store_bytes: int) -> None:
    sizes = streams.sizes(store_bytes)
    total = sum(config.get("max_bytes", 0) for config in streams.declarations(sizes))
    assert total <= min(store_bytes, 8 << 30)
    assert total > 0.9 * min(store_bytes, 8 << 30)
    assert all(size > 0 for size in msgspec.structs.astuple(sizes))


def test_every_stream_is_declared_once() -> None:
    names = [config["name"] for config in streams.declarations(streams.sizes(1 << 30))]
    assert sorted(names) == sorted(streams.NAMES)


def test_a_first_redelivery_still_falls_into_the_duplicate_window() -> None:
    durables = {config["name"]: config for _, config in streams.durables(duplicate_window_s=8.0)}
    assert durables["classifier"]["ack_wait"] == 2_000_000_000
    assert durables["classifier"]["max_deliver"] == -1


def test_more_than_eight_gib_is_what_somebody_has_asked_for() -> None:
    assert streams.sizes(20 << 30) == streams.sizes(8 << 30)
    assert streams.shares(20 << 30).events == int((20 << 30) * 0.40)


def test_every_reader_of_alerts_has_one_durable_for_what_is_kept_and_one_for_the_rest() -> None:
    names = [streams.HISTORY, streams.siem("soc"), streams.forwarder("slack")]
    found = [(stream, config["name"], config.get("filter_subjects", [])) for stream, config in streams.durables(names)]
    rest = ["alerts.medium.>", "alerts.low.>"]
    assert found[1:] == [
        each for name in ("history", "siem-soc", "forwarder-slack") for each in
        (("ALERTS_KEPT", name, []), ("ALERTS", name, rest))
    ]  # fmt: skip


def test_replicas_are_those_of_every_stream_and_one_unless_asked() -> None:
    sizes = streams.sizes(1 << 30)
    assert {config["num_replicas"] for config in streams.declarations(sizes)} == {1}
    assert {config["num_replicas"] for config in streams.declarations(sizes, replicas=3)} == {3}

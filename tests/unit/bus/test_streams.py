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

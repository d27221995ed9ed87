"""Proxies: whose word is believed, and which address a client has behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.auth import forwarded as proxy
from tocsin.model.errors import SettingsError

TRUSTED = proxy.networks("10.0.0.0/24, 192.168.7.1,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "ours"),
    [
        ("10.0.0.255", True),
        ("10.0.1.0", False),
        ("192.168.7.1", True),
        ("192.168.7.2", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:10.0.1.1", False),
        ("fd12::1", True),
        ("fd12::1%eth0", True),
        ("fe80::1", False),
        ("", False),
        ("10.0.0.1.evil.example", False),
        ("unix", False),
    ],
)
def test_only_named_addresses_are_our_proxies(peer: str, ours: bool) -> None:
    assert proxy.within(peer, TRUSTED) is ours
    assert not proxy.within(peer, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.0.0.1/24", "'10.0.0.1/24' is not a network like .*host bits set"),
        ("proxy.example", "'proxy.example' is not a network"),
        ("10.0.0.0/24;10.0.1.0/24", "'.*' is not a network"),
        ("10.0.0.0/24,0.0.0.0/0", "0.0.0.0/0 contains every address"),
        ("::/0", "::/0 contains every address"),
    ],
)
def test_what_names_no_proxy_is_refused(text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"^TOCSIN_GATEWAY_PROXY_FROM: {why}"):
        proxy.networks(text)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, nobody"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, nobody, 10.0.0.2"], "10.0.0.2"),
        ("::ffff:10.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_a_client_has_the_last_address_that_is_not_ours(peer: str, forwarded: list[str], client: str) -> None:
    assert proxy.client(peer, forwarded, TRUSTED) == client


@given(st.lists(st.text(max_size=40), max_size=4))
def test_whatever_a_client_writes_its_address_is_one(forwarded: list[str]) -> None:
    found = proxy.client("10.0.0.1", forwarded, TRUSTED)
    assert proxy.address(found.removesuffix("/64")) is not None
    assert proxy.client("203.0.113.9", forwarded, TRUSTED) == "203.0.113.9"


@given(st.lists(st.text(max_size=10), max_size=3))
def test_whoever_speaks_through_our_proxy_cannot_choose_its_address(written: list[str]) -> None:
    forwarded = ", ".join([*written, "198.51.100.1"])
    assert proxy.client("10.0.0.1", [forwarded], TRUSTED) == "198.51.100.1"


@pytest.mark.parametrize(
    ("values", "user"),
    [
        (["jane@example.com"], "jane@example.com"),
        ([" Jane Doe "], "Jane Doe"),
        ([], ""),
        ([""], ""),
        (["  "], ""),
        (["jane", "jane"], ""),
        (["admin, jane"], ""),
        (["jane\u202e"], ""),
        (["x" * 257], ""),
    ],
)
def test_a_proxy_names_one_user(values: list[str], user: str) -> None:
    assert proxy.identity(values) == user

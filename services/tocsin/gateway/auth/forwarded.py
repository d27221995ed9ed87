"""From whom a forwarded word is believed: the addresses of our own proxies, and what they say of a client."""

import ipaddress
from collections.abc import Sequence

from tocsin.model.errors import SettingsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME_CHARACTERS = 256
_V6_SITE = 64
"""Whoever has one IPv6 address most often has all of such a network."""


def networks(text: str) -> tuple[Network, ...]:
    """Those of `Settings.proxy_from`; `SettingsError` names the one that is none, or that is everybody."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            network = ipaddress.ip_network(part)
        except ValueError as error:
            raise SettingsError(
                f"TOCSIN_GATEWAY_PROXY_FROM: {part!r} is no network like 10.0.0.0/24: {error}"
            ) from error
        if network.prefixlen == 0:
            raise SettingsError(f"TOCSIN_GATEWAY_PROXY_FROM: {part} is everybody; name the proxy's own addresses")
        found.append(network)
    return tuple(found)


def address(text: str) -> Address | None:
    """The address, without the scope of IPv6 and without the mapping of IPv4 into it; ``None`` where it is none."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def within(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether *peer* is one of our proxies."""
    found = address(peer)
    return found is not None and any(found in network for network in trusted)


def client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address of the client: *peer*, or where that is a proxy of ours the last in X-Forwarded-For that is none.

    What stands before that one was written by the client itself. Of IPv6 it is the network that one site has.
    """
    found = address(peer)
    hops = [hop for line in forwarded for hop in line.split(",")]
    while found is not None and hops and any(found in network for network in trusted):
        before = address(hops.pop())
        if before is None:
            break
        found = before
    if found is None:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _V6_SITE), strict=False))
    return str(found)


def encrypted(peer: str, origin: str, said: Sequence[str], trusted: Sequence[Network]) -> bool:
    """Whether a browser reaches us over TLS that ends before us: it says so, or a proxy of ours does."""
    return origin.startswith("https://") or (within(peer, trusted) and [one.lower() for one in said] == ["https"])


def identity(values: Sequence[str]) -> str:
    """The one name that the proxy's header gives; empty where it gives none, or perhaps several."""
    if len(values) != 1:
        return ""
    name = values[0].strip()
    fine = name.isprintable() and len(name) <= _NAME_CHARACTERS and "," not in name
    return name if fine else ""

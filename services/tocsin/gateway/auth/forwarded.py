"""Headers that a trusted proxy sets: the address of its client, TLS, and the user."""

import ipaddress
from collections.abc import Sequence

from tocsin.model.errors import SettingsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME_CHARACTERS = 256
_V6_SITE = 64
"""Whoever has one IPv6 address usually has all of a network of this size."""


def networks(text: str) -> tuple[Network, ...]:
    """The networks of `Settings.proxy_from`; `SettingsError` if one is invalid, or contains every address."""
    parsed = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            network = ipaddress.ip_network(part)
        except ValueError as error:
            raise SettingsError(
                f"TOCSIN_GATEWAY_PROXY_FROM: {part!r} is not a network like 10.0.0.0/24: {error}"
            ) from error
        if network.prefixlen == 0:
            raise SettingsError(
                f"TOCSIN_GATEWAY_PROXY_FROM: {part} contains every address; name the proxy's own addresses"
            )
        parsed.append(network)
    return tuple(parsed)


def address(text: str) -> Address | None:
    """The address, without an IPv6 scope or the mapping of IPv4 into IPv6; ``None`` if it is not an address."""
    try:
        parsed = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def within(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether *peer* is a trusted proxy."""
    parsed = address(peer)
    return parsed is not None and any(parsed in network for network in trusted)


def client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address of the client: *peer*, or, if that is a trusted proxy, the last in X-Forwarded-For that is not one.

    The addresses before that one may be written by the client itself. An IPv6 address stands for its site's network.
    """
    current = address(peer)
    hops = [hop for line in forwarded for hop in line.split(",")]
    while current is not None and hops and any(current in network for network in trusted):
        before = address(hops.pop())
        if before is None:
            break
        current = before
    if current is None:
        return ""
    if isinstance(current, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((current, _V6_SITE), strict=False))
    return str(current)


def encrypted(peer: str, origin: str, protocols: Sequence[str], trusted: Sequence[Network]) -> bool:
    """Whether TLS ends in front of this gateway: the browser's origin says so, or a trusted proxy does."""
    return origin.startswith("https://") or (
        within(peer, trusted) and [protocol.lower() for protocol in protocols] == ["https"]
    )


def identity(values: Sequence[str]) -> str:
    """The user in the proxy's header; empty if the header has none, or may have several."""
    if len(values) != 1:
        return ""
    name = values[0].strip()
    valid = name.isprintable() and len(name) <= _NAME_CHARACTERS and "," not in name
    return name if valid else ""

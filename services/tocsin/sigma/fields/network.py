"""The network fields of a call: addresses, ports, protocols."""

from collections.abc import Callable, Iterable

from tocsin.model.event import Address, Socket, integer
from tocsin.sigma.fields.event_view import EventView
from tocsin.sigma.fields.lazy import Values

_CONNECTS = frozenset({
    "connect", "socket_connect", "tcp_connect", "tcp_v4_connect", "tcp_v6_connect", "inet_stream_connect",
    "inet_dgram_connect", "ip4_datagram_connect", "ip6_datagram_connect", "unix_stream_connect",
})  # fmt: skip
_ACCEPTS = frozenset({"accept", "accept4", "inet_csk_accept", "socket_accept", "inet_accept"})
_INITIATED: dict[str, Values] = {**dict.fromkeys(_CONNECTS, ("true",)), **dict.fromkeys(_ACCEPTS, ("false",))}
_MAKES_SOCKET = frozenset({"socket", "socket_create", "socket_post_create"})
Ends = tuple[Values, ...]
"""Addresses and ports of the remote end, then of the local one."""
_UNREADABLE = "invalid IP"
_UNSPECIFIED = frozenset({"0.0.0.0", "::"})  # noqa: S104
_FAMILIES = {
    0: "AF_UNSPEC", 1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK", 17: "AF_PACKET", 29: "AF_CAN",
    38: "AF_ALG", 40: "AF_VSOCK", 44: "AF_XDP",
}  # fmt: skip
_TYPES = {1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 4: "SOCK_RDM", 5: "SOCK_SEQPACKET", 10: "SOCK_PACKET"}
_PROTOCOLS = {0: "IPPROTO_IP", 1: "IPPROTO_ICMP", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP", 58: "IPPROTO_ICMPV6"}
_PREFIX = "IPPROTO_"
_TYPE_BITS = 0xF
"""The bits above these are flags."""


def _once(values: Iterable[str | None]) -> Values:
    return tuple(dict.fromkeys(each for each in values if each))


def _sockets(view: EventView) -> list[Socket]:
    body = view.event.body
    sockets = [s for a in body.args or () if (s := a.sock_arg or a.skb_arg) is not None]
    if body.return_ is not None and body.return_.sock_arg is not None and body.return_.sock_arg.family != "AF_UNSPEC":
        sockets.append(body.return_.sock_arg)
    return sockets


def _addresses(view: EventView) -> list[Address]:
    return [a.sockaddr_arg for a in view.event.body.args or () if a.sockaddr_arg is not None]


def _ends(view: EventView) -> Ends:
    """Addresses and ports of both ends; the address argument of a call takes precedence over the socket."""
    if view.ends is not None:
        return view.ends
    hosts: list[str] = []
    ports: list[str] = []
    our_hosts: list[str] = []
    our_ports: list[str] = []
    connects = view.function in _CONNECTS
    for address in _addresses(view):
        if connects:
            _add(hosts, ports, address.addr, address.port, known=True)
        else:
            _add(our_hosts, our_ports, address.addr, address.port, known=True)
    for socket in _sockets(view):
        _add(hosts, ports, socket.daddr, socket.dport)
        _add(our_hosts, our_ports, socket.saddr, socket.sport)
    view.ends = tuple(hosts), tuple(ports), tuple(our_hosts), tuple(our_ports)
    return view.ends


def _add(hosts: list[str], ports: list[str], host: str | None, port: int | None, *, known: bool = False) -> None:
    """Add an address that is set: at bind and connect a socket has none yet, and a UNIX socket never has one."""
    says = host and host != _UNREADABLE and (known or port or host not in _UNSPECIFIED)
    if says and host and host not in hosts:
        hosts.append(host)
    if port and (text := str(port)) not in ports:
        ports.append(text)


def _their_host(view: EventView) -> Values:
    return _ends(view)[0]


def _their_port(view: EventView) -> Values:
    return _ends(view)[1]


def _our_host(view: EventView) -> Values:
    return _ends(view)[2]


def _our_port(view: EventView) -> Values:
    return _ends(view)[3]


def _turned(
    usual: Callable[[EventView], Values], accepted: Callable[[EventView], Values]
) -> Callable[[EventView], Values]:
    """Sigma's source is the end that opened the connection: for an accepted one, the remote end."""
    return lambda view: accepted(view) if view.function in _ACCEPTS else usual(view)


def _number(view: EventView, place: int) -> int | None:
    """An integer argument of a call that makes a socket: family, type, protocol."""
    if view.function not in _MAKES_SOCKET:
        return None
    numbers = [
        number
        for a in view.event.body.args or ()
        for each in (a.int_arg, a.uint_arg, a.long_arg, a.size_arg)
        if (number := integer(each)) is not None
    ]
    return numbers[place] if place < len(numbers) else None


def _family(view: EventView) -> Values:
    number = _number(view, 0)
    made = () if number is None else (_FAMILIES.get(number), str(number))
    return _once([*made, *(a.family for a in _addresses(view)), *(s.family for s in _sockets(view))])


def _type(view: EventView) -> Values:
    number = _number(view, 1)
    made = () if number is None else (_TYPES.get(number & _TYPE_BITS), str(number))
    return _once([*made, *(s.type for s in _sockets(view))])


def _protocol(view: EventView) -> Values:
    number = _number(view, 2)
    made = () if number is None else (_PROTOCOLS.get(number), str(number))
    named = [name for name in (*made, *(s.protocol for s in _sockets(view))) if name]
    return _once([*(name.removeprefix(_PREFIX).lower() for name in named), *named])


def _initiated(view: EventView) -> Values:
    return _INITIATED.get(view.function, ())


EXTRACTS: dict[str, Callable[[EventView], Values]] = {
    "Initiated": _initiated,
    "DestinationIp": _turned(_their_host, _our_host),
    "DestinationPort": _turned(_their_port, _our_port),
    "SourceIp": _turned(_our_host, _their_host),
    "SourcePort": _turned(_our_port, _their_port),
    "Protocol": _protocol,
    "socket.family": _family,
    "socket.type": _type,
    "socket.daddr": _their_host,
    "socket.dport": _their_port,
    "socket.saddr": _our_host,
    "socket.sport": _our_port,
}

"""The first line of a nats-server, ``INFO {…}``, which every client gets before a login."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tocsin.bus import NatsSettings
from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.observations import Server

_ANSWER_S = 5.0
_MOST_BYTES = 64 << 10
_PORT = 4222
_INFO = b"INFO "


class _Info(Struct, frozen=True):
    version: str = ""
    jetstream: bool = False
    max_payload: int = 0
    auth_required: bool = False
    tls_required: bool = False


async def server(settings: NatsSettings) -> Server | Unknown:
    """The first configured server; `Unknown` if nothing answers there, or something other than a nats-server."""
    address = urlsplit(settings.servers[0]) if settings.servers else urlsplit("")
    host, port = address.hostname or "", address.port or _PORT
    address_ = f"{host}:{port}"
    if address.scheme in ("ws", "wss"):
        return Unknown(f"{address_} is reached through a WebSocket, which has no INFO line before the login")
    try:
        async with asyncio.timeout(_ANSWER_S):
            line, peer = await _first_line(host, port)
        info = msgspec.json.decode(line.removeprefix(_INFO), type=_Info)
    except TimeoutError:
        return Unknown(f"nothing answers at {address_} in {_ANSWER_S:g} s", _advice(host))
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        return Unknown(f"no nats-server at {address_}: {what}", _advice(host))
    return Server(
        version=info.version,
        jetstream=info.jetstream,
        max_payload=info.max_payload,
        auth_required=info.auth_required,
        tls_required=info.tls_required,
        loopback=loopback(peer),
    )


async def _first_line(host: str, port: int) -> tuple[bytes, str]:
    reader, writer = await asyncio.open_connection(host, port, limit=_MOST_BYTES)
    try:
        line = await reader.readline()
        if not line.startswith(_INFO):
            raise ValueError("another kind of server listens there" if line else "it closes the connection")
        return line, str(writer.get_extra_info("peername")[0])
    finally:
        writer.close()


def loopback(host: str) -> bool:
    """Whether *host*, a name or an address, is a loopback address of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(addresses) and all(
        ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in addresses
    )


def _advice(host: str) -> str:
    if loopback(host):
        return "start it (`tocsin up`, or docker compose up), or set TOCSIN_NATS_URL to its address"
    return "check TOCSIN_NATS_URL, the Service and its endpoints, and the NetworkPolicy between here and there"

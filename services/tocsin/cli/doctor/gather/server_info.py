"""What a nats-server says to whoever connects, before any login: its first line, ``INFO {…}``."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tocsin.bus import NatsSettings
from tocsin.cli.doctor.finding import Unseen
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


async def server(settings: NatsSettings) -> Server | Unseen:
    """The first server that is named; `Unseen` where nobody answers there, or not as a nats-server."""
    address = urlsplit(settings.servers[0]) if settings.servers else urlsplit("")
    host, port = address.hostname or "", address.port or _PORT
    where = f"{host}:{port}"
    if address.scheme in ("ws", "wss"):
        return Unseen(f"{where} is reached through a WebSocket, where a server does not introduce itself")
    try:
        async with asyncio.timeout(_ANSWER_S):
            line, peer = await _first_line(host, port)
        info = msgspec.json.decode(line.removeprefix(_INFO), type=_Info)
    except TimeoutError:
        return Unseen(f"nothing answers at {where} in {_ANSWER_S:g} s", _advice(host))
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        return Unseen(f"no nats-server at {where}: {what}", _advice(host))
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
            raise ValueError("what listens there is something else" if line else "it closes the connection")
        return line, str(writer.get_extra_info("peername")[0])
    finally:
        writer.close()


def loopback(host: str) -> bool:
    """Whether *host*, a name or an address, is this machine's own and nobody else can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)


def _advice(host: str) -> str:
    if loopback(host):
        return "start it (`tocsin up`, or docker compose up), or set TOCSIN_NATS_URL to where it is"
    return "check TOCSIN_NATS_URL, the Service and its endpoints, and the NetworkPolicy between here and there"

"""The nats-server itself: who it is, whom it lets in, and whether it can hold our streams."""

import re
from collections.abc import Iterator

from tocsin.bus import credentials
from tocsin.bus.permissions import server_conf
from tocsin.cli.doctor.finding import Finding, Unseen, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Layout, Observed, Server, Store
from tocsin.model.errors import SettingsError

LEAST, TRIED = (2, 10), (2, 15)
"""Streams whose sources filter came with 2.10; 2.15 is what all of this was tried with."""
_MIB = 1 << 20
_PARTS = re.compile(r"(\d+)\.(\d+)")
_OFF = "feature_flags { js_ack_fc_v2 = false }"


def check(seen: Observed) -> Iterator[Finding]:
    """From what it says before a login, to what it says of JetStream after one."""
    server = seen.server
    if isinstance(server, Unseen):
        yield fail("nats.server", server.why, server.do) if server.do else unknown("nats.server", server)
    else:
        yield _version(server)
        yield from _features(server)
        yield _doors(server, encrypted=_encrypted(seen, server))
        yield _login(seen)
    yield _acknowledgements(seen.layout)


def _version(server: Server) -> Finding:
    match = _PARTS.match(server.version)
    number = (int(match[1]), int(match[2])) if match else (0, 0)
    if number < LEAST:
        return fail(
            "nats.server",
            f"nats-server {server.version or '(no version)'}",
            f"use {_dotted(LEAST)} or later: older ones cannot keep critical and high alerts apart",
        )
    if number < TRIED:
        return warn(
            "nats.server",
            f"nats-server {server.version}, older than what this version was tried with",
            f"upgrade it to {_dotted(TRIED)} or later",
        )
    return ok("nats.server", f"nats-server {server.version}")


def _features(server: Server) -> Iterator[Finding]:
    if not server.jetstream:
        yield fail("nats.jetstream", "JetStream is off", "put `jetstream { store_dir = … }` into its configuration")
    else:
        yield ok("nats.jetstream", "JetStream is on")
    wanted = server_conf.MAX_PAYLOAD_BYTES
    size = f"{server.max_payload / _MIB:g} MiB"
    if server.max_payload < wanted:
        yield fail(
            "nats.max_payload",
            f"max_payload is {size}: an event with long arguments does not fit, and becomes a dead letter",
            f"set max_payload = {wanted} in the server's configuration and reload it",
        )
    else:
        yield ok("nats.max_payload", f"max_payload is {size}")


def _encrypted(seen: Observed, server: Server) -> bool:
    own = seen.nats
    return server.tls_required or bool(own.tls_ca_file) or own.url.startswith(("tls://", "wss://"))


def _doors(server: Server, *, encrypted: bool) -> Finding:
    if not server.auth_required:
        return fail(
            "nats.doors",
            "the server asks nobody for a password: whoever reaches it can read, forge and delete alerts",
            "give it users, one for each service: `tocsin nats users` writes them; then restart it",
        )
    if not encrypted and not server.loopback:
        return warn(
            "nats.doors",
            "the connection is not encrypted: passwords and alerts cross the network as they are",
            "give the server a certificate (tls { … }) and set TOCSIN_NATS_TLS_CA_FILE",
        )
    return ok("nats.doors", "it asks for a password, " + ("over TLS" if encrypted else "on this machine"))


def _login(seen: Observed) -> Finding:
    try:
        user = credentials.who(seen.nats)
    except SettingsError as error:
        return fail("nats.login", str(error), "correct the setting")
    if seen.login:
        return fail(
            "nats.login",
            seen.login,
            "check TOCSIN_NATS_URL, user and password (and, with TLS, TOCSIN_NATS_TLS_CA_FILE)",
        )
    return ok("nats.login", f"logged in as {user}")


def _acknowledgements(layout: Layout | Unseen) -> Finding:
    if isinstance(layout, Unseen):
        return unknown("nats.acknowledgements", layout)
    if layout.ack_v2 is None:
        return unknown("nats.acknowledgements", Unseen("no message could be read, so their form was not seen"))
    if layout.ack_v2:
        return fail(
            "nats.acknowledgements",
            "the server writes acknowledgement subjects in their second form, which no right of ours names: "
            "nothing can be acknowledged",
            f"put `{_OFF}` into the server's configuration and restart it",
        )
    return ok("nats.acknowledgements", "the form of acknowledgements is the one that our rights name")


def store(seen: Observed) -> Iterator[Finding]:
    """Whether what the streams may still take can be had."""
    if isinstance(seen.store, Unseen):
        yield unknown("nats.store", seen.store)
        return
    layout = seen.layout if isinstance(seen.layout, Layout) else None
    growth = 0
    if layout is not None:
        growth = sum(max(0, _limit(own.config) - own.bytes) for own in layout.streams.values())
    yield _room(seen.store, growth)


def _limit(config: object) -> int:
    value = config.get("max_bytes") if isinstance(config, dict) else None
    return value if isinstance(value, int) and value > 0 else 0


def _room(store: Store, growth: int) -> Finding:
    name, used = "nats.store", f"streams take {store.used / _MIB:,.0f} MiB"
    lesser = "make the volume larger, or declare smaller streams (TOCSIN_NATS_STORE_MB)"
    if store.disk_free is not None and growth > store.disk_free:
        return fail(
            name,
            f"{used} and may grow by {growth / _MIB:,.0f} MiB, but the disk has {store.disk_free / _MIB:,.0f} MiB "
            "free: when it is full, nothing can be stored",
            lesser,
        )
    if store.limit and store.used > 0.9 * store.limit:
        return warn(name, f"{used} of the {store.limit / _MIB:,.0f} MiB that the account may have", lesser)
    if store.disk_free is None and not store.limit:
        return ok(name, f"{used} and may grow by {growth / _MIB:,.0f} MiB; whether its disk has them is not to be seen")
    return ok(name, f"{used} and may grow by {growth / _MIB:,.0f} MiB, for which there is room")


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))

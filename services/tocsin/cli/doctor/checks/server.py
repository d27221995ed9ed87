"""The nats-server: its version, features and authentication, and whether it has space for the streams."""

import re
from collections.abc import Iterator

from tocsin.bus import credentials
from tocsin.bus.permissions import server_conf
from tocsin.cli.doctor.finding import Finding, Unknown, fail, ok, unknown, warn
from tocsin.cli.doctor.observations import Layout, Observations, Server, Store
from tocsin.model.errors import SettingsError

LEAST, TRIED = (2, 10), (2, 15)
"""Stream sources with filters need 2.10; this version is tested with 2.15."""
_MIB = 1 << 20
_PARTS = re.compile(r"(\d+)\.(\d+)")
_OFF = "feature_flags { js_ack_fc_v2 = false }"


def check(observations: Observations) -> Iterator[Finding]:
    """What the server says before a login, then what it says about JetStream."""
    server = observations.server
    if isinstance(server, Unknown):
        yield fail("nats.server", server.why, server.do) if server.do else unknown("nats.server", server)
    else:
        yield _version(server)
        yield from _features(server)
        yield _authentication(server, encrypted=_encrypted(observations, server))
        yield _login(observations)
    yield _acknowledgements(observations.layout)


def _version(server: Server) -> Finding:
    match = _PARTS.match(server.version)
    number = (int(match[1]), int(match[2])) if match else (0, 0)
    if number < LEAST:
        return fail(
            "nats.server",
            f"nats-server {server.version or '(no version)'}",
            f"use {_dotted(LEAST)} or later: older ones cannot store critical and high alerts separately",
        )
    if number < TRIED:
        return warn(
            "nats.server",
            f"nats-server {server.version}, older than the version that Tocsin is tested with",
            f"upgrade it to {_dotted(TRIED)} or later",
        )
    return ok("nats.server", f"nats-server {server.version}")


def _features(server: Server) -> Iterator[Finding]:
    if not server.jetstream:
        yield fail("nats.jetstream", "JetStream is off", "put `jetstream { store_dir = … }` into its configuration")
    else:
        yield ok("nats.jetstream", "JetStream is on")
    needed = server_conf.MAX_PAYLOAD_BYTES
    size = f"{server.max_payload / _MIB:g} MiB"
    if server.max_payload < needed:
        yield fail(
            "nats.max_payload",
            f"max_payload is {size}: an event with long arguments is too large, and becomes a dead letter",
            f"set max_payload = {needed} in the server's configuration and reload it",
        )
    else:
        yield ok("nats.max_payload", f"max_payload is {size}")


def _encrypted(observations: Observations, server: Server) -> bool:
    settings = observations.nats
    return server.tls_required or bool(settings.tls_ca_file) or settings.url.startswith(("tls://", "wss://"))


def _authentication(server: Server, *, encrypted: bool) -> Finding:
    if not server.auth_required:
        return fail(
            "nats.doors",
            "the server requires no password: every client can read, forge and delete alerts",
            "configure a user for each service (`tocsin nats users` prints them), and restart it",
        )
    if not encrypted and not server.loopback:
        return warn(
            "nats.doors",
            "the connection is not encrypted: passwords and alerts cross the network in clear text",
            "give the server a certificate (tls { … }) and set TOCSIN_NATS_TLS_CA_FILE",
        )
    return ok("nats.doors", "it requires a password, " + ("over TLS" if encrypted else "on this machine"))


def _login(observations: Observations) -> Finding:
    try:
        user = credentials.who(observations.nats)
    except SettingsError as error:
        return fail("nats.login", str(error), "correct the setting")
    if observations.login:
        return fail(
            "nats.login",
            observations.login,
            "check TOCSIN_NATS_URL, user and password (with TLS also TOCSIN_NATS_TLS_CA_FILE)",
        )
    return ok("nats.login", f"logged in as {user}")


def _acknowledgements(layout: Layout | Unknown) -> Finding:
    if isinstance(layout, Unknown):
        return unknown("nats.acknowledgements", layout)
    if layout.ack_v2 is None:
        return unknown("nats.acknowledgements", Unknown("no message could be read, so their form is unknown"))
    if layout.ack_v2:
        return fail(
            "nats.acknowledgements",
            "the server uses the second form of acknowledgement subjects, which our permissions do not cover: "
            "no message can be acknowledged",
            f"put `{_OFF}` into the server's configuration and restart it",
        )
    return ok("nats.acknowledgements", "acknowledgement subjects have the form that our permissions cover")


def store(observations: Observations) -> Iterator[Finding]:
    """Whether there is space for the streams to grow."""
    if isinstance(observations.store, Unknown):
        yield unknown("nats.store", observations.store)
        return
    layout = observations.layout if isinstance(observations.layout, Layout) else None
    growth = 0
    if layout is not None:
        growth = sum(max(0, _limit(stream.config) - stream.bytes) for stream in layout.streams.values())
    yield _space(observations.store, growth)


def _limit(config: object) -> int:
    value = config.get("max_bytes") if isinstance(config, dict) else None
    return value if isinstance(value, int) and value > 0 else 0


def _space(store: Store, growth: int) -> Finding:
    name, used = "nats.store", f"the streams use {store.used / _MIB:,.0f} MiB"
    advice = "make the volume larger, or declare smaller streams (TOCSIN_NATS_STORE_MB)"
    if store.disk_free is not None and growth > store.disk_free:
        return fail(
            name,
            f"{used} and may grow by {growth / _MIB:,.0f} MiB, but the disk has {store.disk_free / _MIB:,.0f} MiB "
            "free: nothing can be stored when it is full",
            advice,
        )
    if store.limit and store.used > 0.9 * store.limit:
        return warn(name, f"{used} of the {store.limit / _MIB:,.0f} MiB that the account may use", advice)
    if store.disk_free is None and not store.limit:
        return ok(name, f"{used} and may grow by {growth / _MIB:,.0f} MiB; the free space of its disk is unknown")
    return ok(name, f"{used} and may grow by {growth / _MIB:,.0f} MiB; there is enough space")


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))

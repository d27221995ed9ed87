"""The configuration of a nats-server for Tocsin: JetStream on disk, and only the users of Tocsin."""

from collections.abc import Mapping

from tocsin.bus.permissions import users, users_conf
from tocsin.bus.permissions.users_conf import quoted

MAX_PAYLOAD_BYTES = 8 << 20
_MEMORY_BYTES = 256 << 20
"""For the state of short-lived consumers, which is in memory; streams are on disk."""
_RESERVED_BYTES = 1 << 40
"""The server's bound for files. It is too large to matter, since each stream declares its own size. By default the
server derives this bound from the free disk at its start."""
_FEATURES = """\
# The first form of acknowledgement subjects is the one that clients and the rights of the users know.
feature_flags { js_ack_fc_v2 = false }
"""


def config(
    *,
    host: str,
    port: int,
    store_dir: str,
    passwords: Mapping[str, str],
    max_payload: int = MAX_PAYLOAD_BYTES,
    store_bytes: int = 0,
    monitor_port: int = 0,
) -> str:
    """The text of the embedded server's ``nats-server.conf``, which holds the passwords; all users in one account.

    *store_bytes* bounds all streams together (0: the server takes three quarters of the free disk as its bound).
    *monitor_port* opens the server's monitoring pages, which need no password, on *host* (0: closed).
    """
    store = f"\n  max_file_store = {store_bytes}" if store_bytes else ""
    monitor = f"http = {quoted(f'{host}:{monitor_port}')}\n" if monitor_port else ""
    return f"""\
# Written by tocsin at every start: what is changed here does not stay.
listen = {quoted(f"{host}:{port}")}
server_name = "tocsin"
{monitor}max_payload = {max_payload}
jetstream {{
  store_dir = {quoted(store_dir)}
  max_memory_store = {_MEMORY_BYTES}{store}
}}
{_FEATURES}{users_conf.authorization(passwords, users.table())}"""


def deployed() -> str:
    """``nats-server.conf`` of compose and chart; ``users.conf`` is beside it, and the streams are in ``/data``."""
    return f"""\
listen = "0.0.0.0:4222"
# The server's own pages (/healthz, /varz, /jsz) ask nobody for a password: not beyond this container or pod.
http = "127.0.0.1:8222"
server_name = "tocsin"
max_payload = {MAX_PAYLOAD_BYTES}
max_connections = 1024
jetstream {{
  store_dir = "/data"
  max_memory_store = {_MEMORY_BYTES}
  # Out of the way: how large the streams grow is said by `tocsin declare --store-mb`.
  max_file_store = {_RESERVED_BYTES}
}}
{_FEATURES}include "users.conf"
"""


def deployed_tls() -> str:
    """``nats-server-tls.conf``: the same server, which accepts only TLS."""
    return """\
# The server with TLS: start it with this file instead of nats-server.conf. Clients then need TOCSIN_NATS_TLS_CA_FILE.
include "nats-server.conf"
include "tls.conf"
"""


def tls() -> str:
    """``tls.conf``, with the file names of a Kubernetes Secret of type ``kubernetes.io/tls``."""
    return """\
tls {
  cert_file = "/etc/nats/tls/tls.crt"
  key_file = "/etc/nats/tls/tls.key"
  min_version = "1.2"
  # Clients must show a certificate of this authority as well (TOCSIN_NATS_TLS_CERT_FILE, TOCSIN_NATS_TLS_KEY_FILE):
  # ca_file = "/etc/nats/tls/ca.crt"
  # verify = true
}
"""

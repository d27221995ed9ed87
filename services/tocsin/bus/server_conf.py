"""The configuration of a nats-server of our own: loopback, JetStream on disk, our users and nobody else."""

from collections.abc import Mapping

from tocsin.bus import users

MAX_PAYLOAD_BYTES = 8 << 20
_MEMORY_BYTES = 256 << 20
"""For the state of short-lived consumers, which is kept in memory; no stream is."""


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
    """The text of ``nats-server.conf``, which holds the passwords.

    *store_bytes* bounds all streams together (0: the server takes three quarters of the free disk as its bound);
    *monitor_port* opens the server's own pages, which ask nobody for a password, on *host* (0: closed).
    """
    store = f"\n  max_file_store = {store_bytes}" if store_bytes else ""
    monitor = f"http = {users.quoted(f'{host}:{monitor_port}')}\n" if monitor_port else ""
    return f"""\
# Written by tocsin at every start: what is changed here does not stay.
listen = {users.quoted(f"{host}:{port}")}
server_name = "tocsin"
{monitor}max_payload = {max_payload}
jetstream {{
  store_dir = {users.quoted(store_dir)}
  max_memory_store = {_MEMORY_BYTES}{store}
}}
# The first form of acknowledgement subjects is the one that clients and the rights below know.
feature_flags {{ js_ack_fc_v2 = false }}
{users.render(passwords)}"""

"""How to reach NATS: the settings with the prefix ``TOCSIN_NATS`` that every service shares."""

from typing import Annotated

from msgspec import Meta, Struct


class NatsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where NATS is and who we are there; at most one of password, token, nkey and credentials."""

    url: str = "nats://127.0.0.1:4222"
    """One server or several, separated by commas; user and password may stand in it."""
    user: str = ""
    """Our name; `password` belongs to it. Beside a key it only says whose inbox is ours."""
    password: str = ""
    """Of `user`."""
    password_file: str = ""
    """File with the password of `user`, instead of `password`; read anew for each connection, so it may change."""
    token: str = ""
    """Instead of user and password, where the server asks for a token."""
    nkey_file: str = ""
    """File with the seed of an nkey (needs the extra ``nkeys``)."""
    creds_file: str = ""
    """File with credentials as written by ``nsc`` (needs the extra ``nkeys``)."""
    tls_ca_file: str = ""
    """Certificate authority of the server; the system's own where empty."""
    tls_cert_file: str = ""
    """Our certificate, where the server asks for one; needs `tls_key_file`."""
    tls_key_file: str = ""
    """The key of `tls_cert_file`."""
    declare: Annotated[str, Meta(pattern="^(auto|never)$")] = "never"
    """``auto`` creates and updates streams and durables at start, for which the user needs the admin's rights."""
    store_mb: Annotated[int, Meta(ge=1)] = 8192
    """MiB that all streams together may hold, where they are declared."""
    duplicate_window_s: Annotated[float, Meta(ge=0.5)] = 60.0
    """How long the streams know an id again; the same for every process, and what the streams are declared with."""

    @property
    def servers(self) -> list[str]:
        """The addresses, one by one."""
        return [part.strip() for part in self.url.split(",") if part.strip()]

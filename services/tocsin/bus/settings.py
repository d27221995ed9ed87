"""The connection to NATS: the settings with the prefix ``TOCSIN_NATS`` that every service shares."""

from typing import Annotated

from msgspec import Meta, Struct


class NatsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Address and login of NATS; at most one of password, token, nkey and credentials."""

    url: str = "nats://127.0.0.1:4222"
    """One server or several, separated by commas; an address may contain user and password."""
    user: str = ""
    """The user of `password`. Beside a key it only chooses the inbox."""
    password: str = ""
    """Of `user`."""
    password_file: str = ""
    """File with the password of `user`, instead of `password`; each connection reads it again."""
    token: str = ""
    """Instead of user and password, if the server requires a token."""
    nkey_file: str = ""
    """File with the seed of an nkey (needs the extra ``nkeys``)."""
    creds_file: str = ""
    """File with credentials as written by ``nsc`` (needs the extra ``nkeys``)."""
    tls_ca_file: str = ""
    """Certificate authority of the server; that of the system if empty."""
    tls_cert_file: str = ""
    """Client certificate, if the server requires one; needs `tls_key_file`."""
    tls_key_file: str = ""
    """The key of `tls_cert_file`."""
    declare: Annotated[str, Meta(pattern="^(auto|never)$")] = "never"
    """``auto`` creates and updates streams and durables at start, for which the user needs the admin's rights."""
    store_mb: Annotated[int, Meta(ge=1)] = 8192
    """MiB of all streams together, when they are declared."""
    duplicate_window_s: Annotated[float, Meta(ge=0.5)] = 60.0
    """How long the streams recognize a repeated id; all processes and the declared streams need the same value."""

    @property
    def servers(self) -> list[str]:
        """The addresses, one by one."""
        return [part.strip() for part in self.url.split(",") if part.strip()]

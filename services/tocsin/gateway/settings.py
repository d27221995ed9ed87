"""The settings of the gateway: the prefix ``TOCSIN_GATEWAY``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the gateway listens, who may read, and how large the live window is."""

    host: str = "127.0.0.1"
    """Address to listen on; any address but loopback needs `auth`."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    """0 takes any free port."""
    allowed_hosts: str = ""
    """Further names of the dashboard (``Host``), separated by commas; loopback names always work."""
    auth: Annotated[str, Meta(pattern="^(none|token|proxy)$")] = "none"
    """Who may read: none (every client on loopback), token (login page, or bearer), proxy (the users that it names)."""
    token_file: str = ""
    """File with the token, at least 16 characters; read again when it changes, which ends all sessions."""
    token: str = ""
    """The token itself, if there is no file."""
    session_hours: Annotated[float, Meta(gt=0, le=720)] = 12.0
    """The length of a session after login with the token; with a proxy, the live stream reconnects this often."""
    proxy_from: str = ""
    """Addresses and networks of trusted proxies, separated by commas; only their headers count."""
    proxy_header: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$")] = "X-Forwarded-User"
    """The header in which a proxy names the user."""
    metrics_token_file: str = ""
    """File with a second token, which is valid for /metrics only."""
    window_hours: Annotated[float, Meta(gt=0, le=168)] = 24.0
    """Alerts older than this leave the live window."""
    window_rows: Annotated[int, Meta(ge=100, le=1_000_000)] = 25_000
    """Alerts in the live window for each severity, some 450 bytes each; fewer if hostile texts make them larger."""
    clients: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """The most browsers at a time; one more is refused."""
    silent_s: Annotated[float, Meta(ge=10, le=86_400)] = 120.0
    """A node that has sent nothing for this long counts as silent; one that often pauses gets more time."""

    @property
    def names(self) -> frozenset[str]:
        """`allowed_hosts` one by one, in lower case."""
        return frozenset(name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip())

    @property
    def session_s(self) -> float:
        """`session_hours` in seconds."""
        return self.session_hours * 3_600

    @property
    def window_ms(self) -> int:
        """`window_hours` in milliseconds."""
        return int(self.window_hours * 3_600_000)

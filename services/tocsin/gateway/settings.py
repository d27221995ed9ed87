"""How the gateway is told to listen and how much it keeps at hand: the prefix ``TOCSIN_GATEWAY``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the page is, who may ask for it, and how large the live window is."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs `auth`."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    """0 takes any free port."""
    allowed_hosts: str = ""
    """Further names under which browsers reach the page (``Host``), separated by commas; loopback names always may."""
    auth: Annotated[str, Meta(pattern="^(none|token|proxy)$")] = "none"
    """Who sees the page: none (whoever reaches loopback), token (log-in page, or bearer), proxy (who one names)."""
    token_file: str = ""
    """File with the token, at least 16 characters; read again when it changes, which ends all sessions."""
    token: str = ""
    """The token itself, where there is no file."""
    session_hours: Annotated[float, Meta(gt=0, le=720)] = 12.0
    """A session of the token ends so long after its log-in; with a proxy the live stream connects anew so often."""
    proxy_from: str = ""
    """Addresses and networks of our proxies, separated by commas: whose headers are believed."""
    proxy_header: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$")] = "X-Forwarded-User"
    """The header in which a proxy names the user."""
    metrics_token_file: str = ""
    """File with a further token, for /metrics alone."""
    window_hours: Annotated[float, Meta(gt=0, le=168)] = 24.0
    """No alert older than this is kept at hand."""
    window_rows: Annotated[int, Meta(ge=100, le=1_000_000)] = 25_000
    """Alerts kept at hand for each severity, some 450 bytes each; fewer where hostile texts make them larger."""
    clients: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """Browsers at a time; one more is refused."""
    silent_s: Annotated[float, Meta(ge=10, le=86_400)] = 120.0
    """A node that has sent nothing for so long is named as silent; one that often pauses gets more time."""

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

"""How the gateway is told to listen and how much it keeps at hand: the prefix ``TOCSIN_GATEWAY``."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the page is, who may ask for it, and how large the live window is."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback shows alerts to whoever reaches it."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    """0 takes any free port."""
    allowed_hosts: str = ""
    """Further names under which browsers reach the page (``Host``), separated by commas; loopback names always may."""
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
    def window_ms(self) -> int:
        """`window_hours` in milliseconds."""
        return int(self.window_hours * 3_600_000)

"""Whether a request is meant for this gateway (``Host``), and whether its own page sent it (``Origin``)."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104


def host_allowed(host: str, bound: str, allowed: Collection[str]) -> bool:
    """Whether *host* names this gateway; any other name belongs to a page whose DNS points here.

    A gateway that listens on every address accepts any literal address: an attack needs a name.
    """
    name = _name(host)
    if not name:
        return False
    if name in LOOPBACK or name == bound.lower() or name in allowed:
        return True
    return bound in _WILDCARDS and _is_address(name)


def origin_allowed(origin: str | None, host: str) -> bool:
    """Whether the gateway's own page opens a WebSocket; a client that is not a browser sends no origin."""
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def posted_here(origin: str | None, site: str | None, host: str) -> bool:
    """Whether the gateway's own page sent a form, according to the browser (``Origin``, ``Sec-Fetch-Site``).

    A client that sends neither is not a current browser, and has no need to post.
    """
    if site is not None:
        return site == "same-origin" and (origin in (None, "null") or origin_allowed(origin, host))
    return origin is not None and origin_allowed(origin, host)


def _name(host: str) -> str:
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return ""
    return "" if parts.path or parts.query or parts.fragment or "@" in host else name.rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

"""Sessions that no gateway has to store: the time of their start, signed with a key derived from the token."""

import hashlib
import hmac
import re
from collections import OrderedDict

COOKIE = "tocsin_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""For an encrypted connection: a browser accepts it only from this host, and sends it to no other."""
_SHAPE = re.compile(r"1\.([0-9]{1,12})\.[0-9a-f]{16}\.[0-9a-f]{64}")
_AHEAD_S = 300
"""The clock of the gateway that started the session may be ahead by this much."""
_ENDED = 4_096


def make(key: bytes, now_s: float, nonce: bytes) -> str:
    """A session that starts at *now_s*, seconds since 1970; *nonce* (8 bytes) makes it unique within that second."""
    text = f"1.{int(now_s)}.{nonce.hex()}"
    return f"{text}.{_sign(key, text)}"


def begun_s(key: bytes, session: str) -> int | None:
    """Its start, seconds since 1970; ``None`` if it is not signed with *key*."""
    shape = _SHAPE.fullmatch(session)
    if shape is None:
        return None
    text, _, signature = session.rpartition(".")
    return int(shape[1]) if hmac.compare_digest(signature, _sign(key, text)) else None


def ends_s(key: bytes, session: str, now_s: float, lasts_s: float) -> float | None:
    """When it ends; ``None`` if it is invalid or over."""
    begun = begun_s(key, session)
    if begun is None or begun > now_s + _AHEAD_S or begun + lasts_s <= now_s:
        return None
    return begun + lasts_s


class Ended:
    """Sessions that were signed out, so that this gateway does not accept them again; the last 4,096."""

    def __init__(self) -> None:
        self._ended: OrderedDict[str, None] = OrderedDict()

    def add(self, session: str) -> None:
        """The session was signed out. The caller has checked its signature, so that other clients cannot fill this."""
        self._ended[session] = None
        if len(self._ended) > _ENDED:
            self._ended.popitem(last=False)

    def __contains__(self, session: str) -> bool:
        return session in self._ended


def _sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

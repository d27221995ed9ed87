"""Sessions that no gateway has to remember: when one was made, signed with a key that comes from the token."""

import hashlib
import hmac
import re
from collections import OrderedDict

COOKIE = "tocsin_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Where the connection is encrypted: a browser then takes it from this host alone, and sends it to no other."""
_SHAPE = re.compile(r"1\.([0-9]{1,12})\.[0-9a-f]{16}\.[0-9a-f]{64}")
_AHEAD_S = 300
"""The clock of the gateway that made it may be ahead of ours by so much."""
_ENDED = 4_096


def make(key: bytes, now_s: float, nonce: bytes) -> str:
    """A session that begins at *now_s*, seconds since 1970; *nonce* (8 bytes) tells it from others of that second."""
    said = f"1.{int(now_s)}.{nonce.hex()}"
    return f"{said}.{_sign(key, said)}"


def begun_s(key: bytes, session: str) -> int | None:
    """When it began, seconds since 1970; ``None`` where it was not signed with *key*."""
    shape = _SHAPE.fullmatch(session)
    if shape is None:
        return None
    said, _, signature = session.rpartition(".")
    return int(shape[1]) if hmac.compare_digest(signature, _sign(key, said)) else None


def ends_s(key: bytes, session: str, now_s: float, lasts_s: float) -> float | None:
    """When it ends, where it is ours and under way; else ``None``."""
    begun = begun_s(key, session)
    if begun is None or begun > now_s + _AHEAD_S or begun + lasts_s <= now_s:
        return None
    return begun + lasts_s


class Ended:
    """Sessions that somebody signed out of, so that this gateway does not take them again; the last 4,096."""

    def __init__(self) -> None:
        self._ended: OrderedDict[str, None] = OrderedDict()

    def add(self, session: str) -> None:
        """It has ended; the caller knows that it was ours, so strangers cannot fill this."""
        self._ended[session] = None
        if len(self._ended) > _ENDED:
            self._ended.popitem(last=False)

    def __contains__(self, session: str) -> bool:
        return session in self._ended


def _sign(key: bytes, said: str) -> str:
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()

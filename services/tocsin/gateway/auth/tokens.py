"""Tokens that open this gateway: read again while it runs, and compared without telling how much of one was right."""

import hashlib
import hmac
import logging
import re
from functools import cached_property
from pathlib import Path
from typing import Protocol

from tocsin.model.errors import SettingsError
from tocsin.runtime.logs import Sparingly

log = logging.getLogger(__name__)

_SHORTEST = 16
_MOST_BYTES = 4_096
_LOOK_S = 1.0
"""A file is read again no more often."""
_ROUNDS = 200_000
"""Some 50 ms, once for each token: who stole a session must not find out a weak token from it by trying."""
_TRY = "try `openssl rand -hex 32`"
_SHAPE = re.compile(r"[\x21-\x7e]+")


class Secret:
    """One token; neither its text nor anything that it could be told from is in its ``repr``."""

    def __init__(self, text: str, setting: str) -> None:
        """`SettingsError` naming *setting* where it cannot be a token."""
        text = text.strip()
        if len(text) < _SHORTEST:
            raise SettingsError(f"{setting}: a token has at least {_SHORTEST} characters, this has {len(text)}; {_TRY}")
        if len(text) > _MOST_BYTES or not _SHAPE.fullmatch(text):
            raise SettingsError(
                f"{setting}: a token is at most {_MOST_BYTES} printable ASCII characters without spaces; {_TRY}"
            )
        self._text = text.encode()
        self.digest = hashlib.sha256(self._text).hexdigest()

    def matches(self, given: str) -> bool:
        """Whether *given* is it; takes the same time whatever the difference."""
        digest = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
        return hmac.compare_digest(digest, self.digest)

    @cached_property
    def key(self) -> bytes:
        """What sessions are signed with: the same for every gateway that has this token, and after a restart."""
        return hashlib.pbkdf2_hmac("sha256", self._text, b"tocsin gateway session 1", _ROUNDS)


class Source(Protocol):
    """Where a token comes from."""

    def now(self, now: float) -> Secret:
        """The token of this moment (seconds of the monotonic clock)."""
        ...


class Fixed:
    """From a variable: the same until the end."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def now(self, now: float) -> Secret:
        """It."""
        return self._secret


class File:
    """From a file: what is in it counts from a second later on. While it cannot be used the last good one stays."""

    def __init__(self, path: str, setting: str) -> None:
        """`SettingsError` naming *setting* where it cannot be read or holds no token."""
        self._path, self._setting = Path(path), setting
        self._secret = self._read()
        self._looked = 0.0
        self._complaints = Sparingly()

    def now(self, now: float) -> Secret:
        """Its token."""
        if now - self._looked >= _LOOK_S:
            self._looked = now
            self._look()
        return self._secret

    def _look(self) -> None:
        try:
            found = self._read()
        except SettingsError as error:
            if self._complaints.allow() is not None:
                log.error("token.unusable", extra={"error": f"{error}; the one before still counts"})
            return
        if found.digest != self._secret.digest:
            self._secret = found
            log.warning("token.rotated", extra={"setting": self._setting})

    def _read(self) -> Secret:
        try:
            with self._path.open("rb") as file:
                text = file.read(_MOST_BYTES + 2).decode("ascii", "replace")
        except OSError as error:
            raise SettingsError(f"{self._setting}: {self._path} cannot be read: {error.strerror}") from error
        return Secret(text, f"{self._setting} {self._path}")

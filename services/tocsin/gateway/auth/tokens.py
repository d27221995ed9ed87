"""Access tokens: read again while the gateway runs, and compared in constant time."""

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
_READ_S = 1.0
"""A file is read again at most this often."""
_ROUNDS = 200_000
"""Some 50 ms, once for each token: a stolen session must not be enough to guess a weak token."""
_TRY = "try `openssl rand -hex 32`"
_SHAPE = re.compile(r"[\x21-\x7e]+")


class Secret:
    """One token; its ``repr`` reveals nothing about its text."""

    def __init__(self, text: str, setting: str) -> None:
        """`SettingsError` naming *setting* if the text cannot be a token."""
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
        """Whether *given* is the token, in constant time."""
        digest = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
        return hmac.compare_digest(digest, self.digest)

    @cached_property
    def key(self) -> bytes:
        """The key that signs sessions: the same on every gateway that has this token, and after a restart."""
        return hashlib.pbkdf2_hmac("sha256", self._text, b"tocsin gateway session 1", _ROUNDS)


class Source(Protocol):
    """Where a token comes from."""

    def now(self, now: float) -> Secret:
        """The current token; *now* is of the monotonic clock."""
        ...


class Fixed:
    """A token from a variable, which never changes."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def now(self, now: float) -> Secret:
        """The token."""
        return self._secret


class File:
    """A token from a file. A change counts within a second; while the file is unusable, the last good token stays."""

    def __init__(self, path: str, setting: str) -> None:
        """`SettingsError` naming *setting* if the file cannot be read or has no valid token."""
        self._path, self._setting = Path(path), setting
        self._secret = self._read()
        self._read_at = 0.0
        self._complaints = Sparingly()

    def now(self, now: float) -> Secret:
        """The token in the file."""
        if now - self._read_at >= _READ_S:
            self._read_at = now
            self._refresh()
        return self._secret

    def _refresh(self) -> None:
        try:
            secret = self._read()
        except SettingsError as error:
            if self._complaints.allow() is not None:
                log.error("token.unusable", extra={"error": f"{error}; the previous one still counts"})
            return
        if secret.digest != self._secret.digest:
            self._secret = secret
            log.warning("token.rotated", extra={"setting": self._setting})

    def _read(self) -> Secret:
        try:
            with self._path.open("rb") as file:
                text = file.read(_MOST_BYTES + 2).decode("ascii", "replace")
        except OSError as error:
            raise SettingsError(f"{self._setting}: {self._path} cannot be read: {error.strerror}") from error
        return Secret(text, f"{self._setting} {self._path}")

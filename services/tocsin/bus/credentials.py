"""The login to NATS: the client's options from the settings. A wrong setting is found before anything is opened."""

import logging
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tocsin.bus.permissions import users
from tocsin.bus.settings import NatsSettings
from tocsin.model.errors import SettingsError

log = logging.getLogger(__name__)

_PREFIX = "TOCSIN_NATS_"
_SCHEMES = ("nats", "tls", "ws", "wss")
_PASSWORD_BYTES = 4096


def options(settings: NatsSettings) -> dict[str, Any]:
    """The options for servers, user and TLS; `SettingsError` names the setting that cannot be used."""
    servers, user, password, token = _from_url(settings)
    keys = {"NKEY_FILE": settings.nkey_file, "CREDS_FILE": settings.creds_file}
    if any(keys.values()) and not (password or settings.password_file):
        user = ""  # beside a key it only chooses the inbox
    logins = {"USER": user, "TOKEN": token, **keys}
    used = [f"{_PREFIX}{name}" for name, value in logins.items() if value]
    if len(used) > 1:
        raise SettingsError(f"{' and '.join(used)}: only one way to log in can be used")
    chosen: dict[str, Any] = {"servers": servers}
    if settings.password_file:
        chosen |= {"user": user, "password": _password_file(settings, user)}
    elif user:
        chosen |= {"user": user, "password": password}
    if token:
        chosen["token"] = token
    if settings.nkey_file:
        chosen["nkeys_seed"] = _key_file("NKEY_FILE", settings.nkey_file)
    if settings.creds_file:
        chosen["user_credentials"] = _key_file("CREDS_FILE", settings.creds_file)
    if settings.tls_ca_file or settings.tls_cert_file or settings.tls_key_file:
        chosen["tls"] = _tls(settings)
    return chosen


def encrypts(settings: NatsSettings) -> bool:
    """Whether the server must offer TLS before the login; for a WebSocket its address decides."""
    addresses = _from_url(settings)[0]
    if any(address.startswith(("ws://", "wss://")) for address in addresses):
        return False
    files = settings.tls_ca_file or settings.tls_cert_file or settings.tls_key_file
    return bool(files) or any(address.startswith("tls://") for address in addresses)


def who(settings: NatsSettings) -> str:
    """The user's name, for people."""
    if settings.nkey_file or settings.creds_file:
        return settings.nkey_file or settings.creds_file
    return _from_url(settings)[1] or "(none)"


def where(settings: NatsSettings) -> str:
    """The first address, without secrets."""
    return _from_url(settings)[0][0]


class _PasswordFile:
    """The password in a file; the client reads it at each connection."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._last = self._read()

    def __call__(self) -> str:
        try:
            self._last = self._read()
        except SettingsError as error:  # while it is replaced; the server decides whether the last one is still valid
            log.warning("password.unreadable", extra={"error": str(error)})
        return self._last

    def _read(self) -> str:
        text = _text("PASSWORD_FILE", self._path).rstrip("\r\n")
        if not text or len(text) > _PASSWORD_BYTES or not text.isprintable():
            reason = "is empty" if not text else "holds more than one line of text"
            raise SettingsError(
                f"{_PREFIX}PASSWORD_FILE {self._path}: the file {reason}; it holds the password and no more"
            )
        return text


def _password_file(settings: NatsSettings, user: str) -> _PasswordFile:
    if settings.password:
        raise SettingsError(f"{_PREFIX}PASSWORD and {_PREFIX}PASSWORD_FILE: only one of them can be used")
    if not user:
        raise SettingsError(f"{_PREFIX}PASSWORD_FILE needs {_PREFIX}USER, whose password it holds")
    return _PasswordFile(settings.password_file)


def inbox(settings: NatsSettings, service: str) -> str:
    """The prefix of the subjects for answers: that of the user, if it is one of the service's own users."""
    user = _from_url(settings)[1]
    return users.inbox(user if user.startswith(f"{service}-") else service)


def _from_url(settings: NatsSettings) -> tuple[list[str], str, str, str]:
    """Addresses, user, password and token; those in the address count if the settings name neither user nor token."""
    servers: list[str] = []
    user, password, token = settings.user, settings.password, settings.token
    for server in settings.servers:
        scheme, _, rest = server.partition("://")
        if scheme not in _SCHEMES:  # not shown: a password may stand in it
            raise SettingsError(f"{_PREFIX}URL: each address begins with nats://, tls://, ws:// or wss://")
        login, _, host = rest.rpartition("@")
        servers.append(f"{scheme}://{host}")
        if login and not user and not token:
            name, colon, secret = login.partition(":")
            if colon:
                user, password = unquote(name), unquote(secret)
            else:
                token = unquote(name)
    if not servers:
        raise SettingsError(f"{_PREFIX}URL: no address")
    return servers, user, password, token


def _text(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise SettingsError(f"{_PREFIX}{name} {path}: {reason}") from error


def _key_file(name: str, path: str) -> str:
    text = _text(name, path)
    try:
        import nkeys  # type: ignore[import-untyped]
    except ImportError as error:
        raise SettingsError(f"{_PREFIX}{name} needs the package nkeys: pip install nkeys") from error
    seed = _seed(text) if name == "CREDS_FILE" else text.strip()
    try:
        nkeys.from_seed(bytearray(seed.encode())).wipe()
    except Exception as error:  # the package raises any error of its decoding
        raise SettingsError(f"{_PREFIX}{name} {path}: it holds no seed of an nkey") from error
    return path


def _seed(credentials: str) -> str:
    """The seed in a credentials file: the line after the head of its second block."""
    _, _, rest = credentials.partition("BEGIN USER NKEY SEED")
    lines = rest.splitlines()
    return lines[1].strip() if len(lines) > 1 else ""


def refused_certificate(error: ssl.SSLError) -> str:
    """What to do if the server requires a client certificate, or refuses it; empty if *error* is about neither."""
    reason = error.reason or ""
    if "ALERT_CERTIFICATE_REQUIRED" in reason:
        return f"it asks for a certificate: set {_PREFIX}TLS_CERT_FILE and {_PREFIX}TLS_KEY_FILE"
    if "ALERT_UNKNOWN_CA" in reason or "ALERT_BAD_CERTIFICATE" in reason:
        return f"it does not trust the client certificate ({_PREFIX}TLS_CERT_FILE)"
    return ""


def _tls(settings: NatsSettings) -> ssl.SSLContext:
    if bool(settings.tls_cert_file) != bool(settings.tls_key_file):
        raise SettingsError(f"{_PREFIX}TLS_CERT_FILE and {_PREFIX}TLS_KEY_FILE: one needs the other")
    name, path = "TLS_CA_FILE", settings.tls_ca_file
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file or None)
        if settings.tls_cert_file:
            name, path = "TLS_CERT_FILE", settings.tls_cert_file
            context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{_PREFIX}{name} {path}: {error.strerror or error}") from error
    return context

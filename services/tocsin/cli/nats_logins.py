"""Credentials of NATS users: passwords and nkeys, created once, in files that only their owner may read."""

import os
import re
import secrets
import string
from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin.bus.permissions import users, users_conf
from tocsin.embedded.state import write_private
from tocsin.model.errors import SettingsError

_PASSWORD_BYTES = 24
_SEED_BYTES = 32
_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")


def variables(names: Sequence[str]) -> dict[str, users_conf.Variable]:
    """References to variables of the server's environment; ``ValueError`` if two users would share one."""
    owners: dict[str, str] = {}
    for name in names:
        variable = users.variable(name)
        if variable in owners:
            raise ValueError(f"{variable} is the variable of both {owners[variable]} and {name}; rename one of them")
        owners[variable] = name
    return {name: users_conf.Variable(variable) for variable, name in owners.items()}


def passwords(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """A password for each user, from ``<user>.password``; a missing one is created."""
    return {name: _read_or_create(folder / f"{name}.password", password) for name in names}


def password() -> str:
    """A new password that fits into an environment variable: a letter, then letters, digits, ``_`` and ``-``."""
    return secrets.choice(string.ascii_letters) + secrets.token_urlsafe(_PASSWORD_BYTES)


def hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The bcrypt hash of each user's password, from ``<user>.hash``; `SettingsError` if one is missing."""
    hashes_ = {}
    for name in names:
        path = folder / f"{name}.hash"
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise SettingsError(f"--hashes {path}: {reason}; create it with `nats server passwd`") from error
        if _BCRYPT.fullmatch(text) is None:
            raise SettingsError(f"--hashes {path}: not a bcrypt hash; create one with `nats server passwd`")
        hashes_[name] = text
    return hashes_


def nkeys(folder: Path, names: Sequence[str]) -> dict[str, users_conf.Nkey]:
    """The public nkey of each user, whose seed is in ``<user>.nk``; a missing one is created."""
    try:
        import nkeys as library  # type: ignore[import-untyped]
    except ImportError as error:
        raise SettingsError("--nkeys needs the package nkeys: pip install 'tocsin[nkeys]'") from error

    def seed() -> str:
        return bytes(library.encode_seed(os.urandom(_SEED_BYTES), library.PREFIX_BYTE_USER)).decode()

    keys = {}
    for name in names:
        path = folder / f"{name}.nk"
        text = _read_or_create(path, seed)
        try:
            pair = library.from_seed(bytearray(text.encode()))
            keys[name] = users_conf.Nkey(pair.public_key.decode())
            pair.wipe()
        except Exception as error:  # the package raises errors of many types
            raise SettingsError(f"--nkeys {path}: not the seed of an nkey; remove the file to create one") from error
    return keys


def _read_or_create(path: Path, make: Callable[[], str]) -> str:
    """The single line of *path*, which is created if it is missing; `SettingsError` if other users may read it."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, f"{make()}\n")
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: other users may read it; run chmod 600 on it")
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise SettingsError(f"{path}: {reason}") from error
    if not text or not text.isprintable():
        raise SettingsError(f"{path}: not a single line of text; remove the file to create it again")
    return text

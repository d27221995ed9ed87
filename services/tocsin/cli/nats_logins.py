"""What users of NATS log in with: passwords and nkeys, made once and kept in files that only their owner may read."""

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
    """References to the environment of the server; ``ValueError`` where two users would share one."""
    owners: dict[str, str] = {}
    for name in names:
        variable = users.variable(name)
        if variable in owners:
            raise ValueError(
                f"{variable} would hold the passwords of {owners[variable]} and {name}; rename one of them"
            )
        owners[variable] = name
    return {name: users_conf.Variable(variable) for variable, name in owners.items()}


def passwords(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """A password for each user, from ``<user>.password``; made where there is none."""
    return {name: _kept(folder / f"{name}.password", password) for name in names}


def password() -> str:
    """A new one, which also a server's environment may hold: a letter, then letters, digits, ``_`` and ``-``."""
    return secrets.choice(string.ascii_letters) + secrets.token_urlsafe(_PASSWORD_BYTES)


def hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The bcrypt hash of each user's password, from ``<user>.hash``; `SettingsError` names one that is missing."""
    found = {}
    for name in names:
        path = folder / f"{name}.hash"
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise SettingsError(f"--hashes {path}: {reason}; `nats server passwd` makes one") from error
        if _BCRYPT.fullmatch(text) is None:
            raise SettingsError(f"--hashes {path}: it holds no bcrypt hash; `nats server passwd` makes one")
        found[name] = text
    return found


def nkeys(folder: Path, names: Sequence[str]) -> dict[str, users_conf.Nkey]:
    """The public nkey of each user, whose seed is in ``<user>.nk``; made where there is none."""
    try:
        import nkeys as library  # type: ignore[import-untyped]
    except ImportError as error:
        raise SettingsError("--nkeys needs the package nkeys: pip install 'tocsin[nkeys]'") from error

    def seed() -> str:
        return bytes(library.encode_seed(os.urandom(_SEED_BYTES), library.PREFIX_BYTE_USER)).decode()

    found = {}
    for name in names:
        path = folder / f"{name}.nk"
        text = _kept(path, seed)
        try:
            pair = library.from_seed(bytearray(text.encode()))
            found[name] = users_conf.Nkey(pair.public_key.decode())
            pair.wipe()
        except Exception as error:  # the package raises whatever its decoding meets
            raise SettingsError(f"--nkeys {path}: it holds no seed of an nkey; remove it to have one made") from error
    return found


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The one line in *path*, which is made where it does not exist; `SettingsError` where others may read it."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, f"{make()}\n")
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others than its owner may read it; chmod 600 it")
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise SettingsError(f"{path}: {reason}") from error
    if not text or not text.isprintable():
        raise SettingsError(f"{path}: it holds no single line of text; remove it to have it made anew")
    return text

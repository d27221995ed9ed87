"""Where NATS is, for a command that was not told: the environment, else what a running ``tocsin up`` wrote."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tocsin.bus import NatsSettings
from tocsin.embedded import state
from tocsin.model.errors import SettingsError
from tocsin.runtime import settings

_PREFIX = "TOCSIN_NATS"


def missing(environ: Mapping[str, str], state_dir: str = "", *, user: str = "") -> dict[str, str]:
    """Variables by which NATS is found as *user* (else the admin); none where the environment names it already."""
    if f"{_PREFIX}_URL" in environ and not state_dir:
        return {}
    folder = Path(state_dir) if state_dir else state.default_path(dict(environ))
    written = state.read_environment(folder / "env")
    found = {name: value for name, value in written.items() if name.startswith(f"{_PREFIX}_")}
    if found and user:
        scheme, _, rest = found[f"{_PREFIX}_URL"].partition("://")
        found = {
            f"{_PREFIX}_URL": f"{scheme}://{rest.rpartition('@')[2]}",
            f"{_PREFIX}_USER": user,
            f"{_PREFIX}_PASSWORD": state.StateDir(folder).passwords()[user],
        }
    return found


def nats(environ: Mapping[str, str], state_dir: str = "") -> NatsSettings:
    """Settings of the connection; `SettingsError` says what to set where nothing names a server."""
    found = {**environ, **missing(environ, state_dir)}
    if f"{_PREFIX}_URL" not in found:
        folder = state_dir or state.default_path(dict(environ))
        raise SettingsError(
            f"no NATS server is named: set {_PREFIX}_URL, or start `tocsin up` (looked for {folder}/env; "
            "another place is named with --state-dir)"
        )
    own = settings.load(NatsSettings, found, prefix=_PREFIX)
    return msgspec.structs.replace(own, declare="never")  # who only asks changes nothing

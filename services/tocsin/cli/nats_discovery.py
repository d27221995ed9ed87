"""Find NATS for a command: from the environment, else from the file of a running ``tocsin up``."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tocsin.bus import NatsSettings
from tocsin.embedded import state
from tocsin.model.errors import SettingsError
from tocsin.runtime import settings

_PREFIX = "TOCSIN_NATS"


def missing(environ: Mapping[str, str], state_dir: str = "", *, user: str = "") -> dict[str, str]:
    """Variables for a connection as *user* (default: the admin); empty if the environment names a server already."""
    if f"{_PREFIX}_URL" in environ and not state_dir:
        return {}
    folder = Path(state_dir) if state_dir else state.default_path(dict(environ))
    written = state.read_environment(folder / "env")
    variables = {name: value for name, value in written.items() if name.startswith(f"{_PREFIX}_")}
    if variables and user:
        scheme, _, rest = variables[f"{_PREFIX}_URL"].partition("://")
        variables = {
            f"{_PREFIX}_URL": f"{scheme}://{rest.rpartition('@')[2]}",
            f"{_PREFIX}_USER": user,
            f"{_PREFIX}_PASSWORD": state.StateDir(folder).passwords()[user],
        }
    return variables


def nats(environ: Mapping[str, str], state_dir: str = "") -> NatsSettings:
    """Settings of the connection; `SettingsError` says what to set if no server is named."""
    variables = {**environ, **missing(environ, state_dir)}
    if f"{_PREFIX}_URL" not in variables:
        folder = state_dir or state.default_path(dict(environ))
        raise SettingsError(
            f"no NATS server is set: set {_PREFIX}_URL, or start `tocsin up` ({folder}/env does not exist; "
            "use --state-dir for another state directory)"
        )
    connection = settings.load(NatsSettings, variables, prefix=_PREFIX)
    return msgspec.structs.replace(connection, declare="never")  # a command that only reads must not declare anything

"""Settings from the environment and from flags: a wrong or unknown one stops the start, and the error names it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from tocsin.model.errors import SettingsError
from tocsin.model.text import suggest

T = TypeVar("T")

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}
_PREFIX = "TOCSIN_"
_SECRET = re.compile(r"password|token|secret", re.IGNORECASE)


def load(kind: type[T], environ: Mapping[str, str], *, prefix: str, flags: Mapping[str, str] | None = None) -> T:
    """A struct of settings from the variables ``<PREFIX>_<FIELD>``; *flags* (field name to text) win.

    `SettingsError` names the variable or flag that is unknown or out of bounds, and what is allowed.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}  # type: ignore[arg-type]
    texts: dict[str, tuple[str, str]] = {}
    start = f"{prefix}_"
    for variable, text in environ.items():
        if variable.startswith(start):
            name = variable.removeprefix(start).lower()
            if name not in fields:
                raise SettingsError(_unknown(variable, (f"{start}{known.upper()}" for known in fields)))
            texts[name] = (variable, text)
    for name, text in (flags or {}).items():
        if name not in fields:
            raise SettingsError(_unknown(_flag(name), map(_flag, fields)))
        texts[name] = (_flag(name), text)
    values = {name: _convert(fields[name].type, text, origin) for name, (origin, text) in texts.items()}
    return msgspec.convert(values, kind)


def check_environ(environ: Mapping[str, str], prefixes: Iterable[str], names: Iterable[str] = ()) -> None:
    """Refuse an unknown variable ``TOCSIN_…``: a misspelt one would be ignored silently."""
    known, exact = [f"{prefix}_" for prefix in prefixes], set(names)
    for variable in environ:
        if variable.startswith(_PREFIX) and variable not in exact and not any(map(variable.startswith, known)):
            raise SettingsError(_unknown(variable, [*exact, *known]))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _unknown(name: str, known: Iterable[str]) -> str:
    return f"{name}: no such setting; {suggest(name, known)}"


def _convert(kind: Any, text: str, origin: str) -> Any:
    value: Any = text
    if kind is bool:
        word = text.strip().lower()
        if word not in _YES | _NO:
            raise SettingsError(f"{origin}: {text!r} is neither true nor false")
        return word in _YES
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        shown = "the value" if _SECRET.search(origin) else repr(text[:80])
        raise SettingsError(f"{origin}: {shown} does not fit: {error}") from error

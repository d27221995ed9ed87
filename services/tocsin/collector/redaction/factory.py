"""Builds the redactor of the settings; reads the file of custom patterns once."""

import functools
from pathlib import Path

from tocsin.collector.redaction.custom_patterns import MAX_FILE_BYTES, CustomPatterns, parse
from tocsin.collector.redaction.redactor import Redactor
from tocsin.collector.settings import Settings
from tocsin.model.errors import SettingsError

_VARIABLE = "TOCSIN_COLLECTOR_REDACT_PATTERNS_FILE"


def make(settings: Settings) -> Redactor | None:
    """The redactor, or ``None`` if redaction is off; `SettingsError` names the problem in the operator's patterns."""
    if settings.redact == "off":
        if settings.redact_patterns_file:
            raise SettingsError(f"{_VARIABLE} is set while TOCSIN_COLLECTOR_REDACT is off: unset one of them")
        return None
    return _from_file(settings.redact_patterns_file)


@functools.lru_cache(maxsize=8)
def _from_file(file: str) -> Redactor:
    if not file:
        return Redactor()
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{_VARIABLE}: {file} cannot be read: {error}") from error
    return Redactor(parse(content, file) if content else CustomPatterns())

"""Errors, each for one reaction of the code that catches it."""


class TocsinError(Exception):
    """Base of all errors of Tocsin; its text is for a person."""


class SettingsError(TocsinError):
    """A setting, flag or policy file is wrong: name it, exit 2."""


class BadEvent(TocsinError):
    """The bytes are not an event that can be judged: dead-letter them with the text as the reason."""


class BusError(TocsinError):
    """NATS refused or could not be reached."""


class BusUnavailable(BusError):
    """No answer in time; the same request may succeed later."""


class Gone(BusError):
    """The message, stream or consumer asked for does not exist (any more)."""


class Conflict(BusError):
    """Another process has saved since: the value to be saved is based on an outdated one."""


class Fatal(BusError):
    """The connection cannot recover by itself (dead reader, missing permission): exit 1."""

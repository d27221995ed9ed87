"""What can go wrong, by what the one who catches it should do."""


class TocsinError(Exception):
    """Base of all errors of our own; its text is for a person."""


class SettingsError(TocsinError):
    """A setting, flag or policy file is wrong: name it, exit 2."""


class BadEvent(TocsinError):
    """These bytes are no event that can be judged: dead-letter them with the text as the reason."""


class BusError(TocsinError):
    """NATS refused or could not be reached."""


class BusUnavailable(BusError):
    """No answer in time; the same request may succeed later."""


class Gone(BusError):
    """The message, stream or consumer asked for does not exist (any more)."""


class Conflict(BusError):
    """Somebody else has saved since: what is to be saved rests on what is not true any more."""


class Fatal(BusError):
    """The connection cannot recover by itself (dead reader, missing permission): exit 1."""

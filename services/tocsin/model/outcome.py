"""The outcome of an event: what it proves, and what it only reports."""

from tocsin.model.event import Argument, Event, integer

OBSERVED = "observed"
"""It was observed; whether it succeeded is unknown."""
ATTEMPTED = "attempted"
"""It was tried: the call failed, or an action was ordered and nothing shows that it was carried out."""
CONFIRMED = "confirmed"
"""The event itself proves what it says: a return value, or the signal that ended a process."""

OVERRIDE = "KPROBE_ACTION_OVERRIDE"
ORDERS = frozenset({"KPROBE_ACTION_SIGKILL", "KPROBE_ACTION_SIGNAL", OVERRIDE, "KPROBE_ACTION_NOTIFYENFORCER"})
"""Actions that shall stop something; in monitor mode the event looks the same and nothing is done."""

_MAX_ERRNO = 4095


def outcome(event: Event) -> str:
    """`OBSERVED`, `ATTEMPTED` or `CONFIRMED`."""
    body = event.body
    if event.kind == "exit":
        return CONFIRMED if body.signal else OBSERVED
    returned = succeeded(body.return_)
    if body.action == OVERRIDE:
        # an override that worked shows as a failed call; one that returned success was not carried out
        return ATTEMPTED if returned is None else CONFIRMED
    if returned is False:
        return ATTEMPTED
    if body.action in ORDERS:
        return ATTEMPTED
    return OBSERVED if returned is None else CONFIRMED


def blocked(event: Event) -> bool:
    """Whether the event proves that Tetragon stopped the call."""
    return event.body.action == OVERRIDE and succeeded(event.body.return_) is False


def succeeded(value: Argument | None) -> bool | None:
    """Whether a return value is one of success; ``None`` if no value shows it."""
    if value is None:
        return None
    for number in (value.int_arg, value.long_arg, value.size_arg, value.uint_arg):
        returned = integer(number)
        if returned is not None:
            for bits in (32, 64):  # an error number written as an unsigned one
                if 2**bits - _MAX_ERRNO <= returned < 2**bits:
                    return False
            return not -_MAX_ERRNO <= returned < 0
    if value.sock_arg is not None and value.sock_arg.family:
        return value.sock_arg.family != "AF_UNSPEC"
    return None

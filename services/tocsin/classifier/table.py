"""The severity table: ordered lines of which the first that matches decides, compiled for one look-up an event."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from tocsin.model.event import Event, integer
from tocsin.model.severity import Severity
from tocsin.model.subjects import EVENT_KINDS

UNKNOWN_ARGUMENT = "unknown"
"""What the condition ``argument`` says where the event holds no integer argument."""

Holds = Callable[[Event, bool], bool]
"""Whether a condition holds for an event, which stands in a pod or not."""


class Line(Struct, frozen=True, kw_only=True):
    """One line of the table; a condition that is empty always holds."""

    severity: Severity
    reason: str
    label: str
    """What an alert calls it: its name, else its number."""
    kinds: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    """Normalised, without ``security_``."""
    actions: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    binaries: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    uids: frozenset[int] = frozenset()
    arguments: frozenset[int | str] = frozenset()
    in_pod: bool | None = None

    @property
    def always(self) -> bool:
        """Whether no event passes this line."""
        return self == Line(severity=self.severity, reason=self.reason, label=self.label)


class Table:
    """One profile, ready to judge."""

    def __init__(self, lines: Sequence[Line]) -> None:
        """The last line must hold always, so that every event gets a severity."""
        if not lines or not lines[-1].always:
            raise ValueError("the last line of a severity table must be without conditions")
        self.lines = tuple(lines)
        named = {function for line in lines for function in line.functions}
        self._by_pair = {
            (kind, function): _candidates(lines, kind, function) for kind in EVENT_KINDS for function in named
        }
        self._by_kind = {kind: _candidates(lines, kind, None) for kind in EVENT_KINDS}

    def judge(self, event: Event, function: str, *, in_pod: bool) -> Line:
        """The first line that matches; *function* is normalised and without ``security_``."""
        candidates = self._by_pair.get((event.kind, function)) or self._by_kind[event.kind]
        for line, conditions in candidates:
            for holds in conditions:
                if not holds(event, in_pod):
                    break
            else:
                return line
        raise AssertionError("the last line of a severity table always holds")


def _candidates(lines: Iterable[Line], kind: str, function: str | None) -> tuple[tuple[Line, tuple[Holds, ...]], ...]:
    """The lines that may decide for this kind and function, with what is left to look at; none after a certain one."""
    found: list[tuple[Line, tuple[Holds, ...]]] = []
    for line in lines:
        if (line.kinds and kind not in line.kinds) or (line.functions and function not in line.functions):
            continue
        left = tuple(_conditions(line))
        found.append((line, left))
        if not left:
            break
    return tuple(found)


def _conditions(line: Line) -> Iterable[Holds]:
    if line.actions:
        yield lambda event, _: event.body.action in line.actions
    if line.signals:
        yield lambda event, _: event.body.signal in line.signals
    if line.in_pod is not None:
        yield lambda _, in_pod: in_pod is line.in_pod
    if line.binaries:
        yield lambda event, _: event.body.process is not None and event.body.process.binary in line.binaries
    if line.uids:
        yield lambda event, _: event.body.process is not None and event.body.process.uid in line.uids
    if line.flags:
        yield lambda event, _: not line.flags.isdisjoint(flags(event))
    if line.arguments:
        yield lambda event, _: not line.arguments.isdisjoint(integers(event) or (UNKNOWN_ARGUMENT,))


def flags(event: Event) -> Sequence[str]:
    """The flags of the event's process."""
    process = event.body.process
    return process.flags.split() if process is not None and process.flags else ()


def integers(event: Event) -> Sequence[int]:
    """The integer arguments of the function, in the policy's order."""
    found = (
        integer(number)
        for argument in event.body.args or ()
        for number in (argument.int_arg, argument.uint_arg, argument.long_arg, argument.size_arg)
    )
    return [number for number in found if number is not None]

"""The severity table: the first line that matches decides. It is compiled for one look-up per event."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from tocsin.model.event import Event, integer
from tocsin.model.severity import Severity
from tocsin.model.subjects import EVENT_KINDS

UNKNOWN_ARGUMENT = "unknown"
"""The value of the condition ``argument`` for an event without an integer argument."""

Condition = Callable[[Event, bool], bool]
"""Whether a condition holds for an event; the second argument says whether it is from a pod."""


class Line(Struct, frozen=True, kw_only=True):
    """One line of the table; an empty condition always holds."""

    severity: Severity
    reason: str
    label: str
    """Its name in alerts: the given one, else its number."""
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
        """Whether it matches every event."""
        return self == Line(severity=self.severity, reason=self.reason, label=self.label)


class Table:
    """The compiled table of one profile."""

    def __init__(self, lines: Sequence[Line]) -> None:
        """The last line must match every event, so that each event gets a severity."""
        if not lines or not lines[-1].always:
            raise ValueError("the last line of a severity table must be without conditions")
        self.lines = tuple(lines)
        functions = {function for line in lines for function in line.functions}
        self._by_pair = {
            (kind, function): _candidates(lines, kind, function) for kind in EVENT_KINDS for function in functions
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


def _candidates(
    lines: Iterable[Line], kind: str, function: str | None
) -> tuple[tuple[Line, tuple[Condition, ...]], ...]:
    """The lines that may match this kind and function, with their remaining conditions, up to the first without any."""
    candidates: list[tuple[Line, tuple[Condition, ...]]] = []
    for line in lines:
        if (line.kinds and kind not in line.kinds) or (line.functions and function not in line.functions):
            continue
        conditions = tuple(_conditions(line))
        candidates.append((line, conditions))
        if not conditions:
            break
    return tuple(candidates)


def _conditions(line: Line) -> Iterable[Condition]:
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
    numbers = (
        integer(number)
        for argument in event.body.args or ()
        for number in (argument.int_arg, argument.uint_arg, argument.long_arg, argument.size_arg)
    )
    return [number for number in numbers if number is not None]

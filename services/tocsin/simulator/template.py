"""An event prepared once as bytes with slots, so that each copy costs a few microseconds."""

import json
import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct

Values = Sequence[bytes]
"""The values of the slots: time, number, then exec id, pid and start time of each process of the scene."""

TIME, NUMBER = 0, 1
_FIRST_PROCESS = 2
_PER_PROCESS = 3
_MARK = "\ue000"  # a private-use character, which no event contains otherwise
_SLOT = re.compile(f'"{_MARK}n(\\d+){_MARK}"|{_MARK}s(\\d+){_MARK}')


def text_slot(index: int) -> str:
    """The slot of value *index* inside a JSON string."""
    return f"{_MARK}s{index}{_MARK}"


def number_slot(index: int) -> str:
    """The slot of value *index* as a JSON number."""
    return f"{_MARK}n{index}{_MARK}"


def exec_id_of(process: int) -> int:
    """Index of the exec id of the scene's process number *process*."""
    return _FIRST_PROCESS + _PER_PROCESS * process


def pid_of(process: int) -> int:
    """Index of the process's pid."""
    return exec_id_of(process) + 1


def start_of(process: int) -> int:
    """Index of the process's start time."""
    return exec_id_of(process) + 2


def size_for(processes: int) -> int:
    """Number of values of a scene with this many processes."""
    return exec_id_of(processes)


class Template(Struct, frozen=True):
    """One line of the export with slots."""

    format: bytes
    choose: Callable[[Values], tuple[bytes, ...]]

    def fill(self, values: Values) -> bytes:
        """The line with its end; *values* are those of the scene."""
        return self.format % self.choose(values)


def compile_line(event: dict[str, Any]) -> Template:
    """Prepare *event*, which has at least the slot of the number."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":")).replace("%", "%%")
    indices = [int(bare or quoted) for bare, quoted in _SLOT.findall(text)]
    line = _SLOT.sub("%b", text).encode("utf-8", "replace") + b"\n"
    return Template(format=line, choose=itemgetter(*indices) if len(indices) > 1 else _only(indices[0]))


def _only(index: int) -> Callable[[Values], tuple[bytes, ...]]:
    """A single value as a tuple; `itemgetter` returns it bare."""
    return lambda values: (values[index],)

"""Output of the commands: lines, tables and JSON, without control characters that a rule or a container wrote."""

import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from tocsin.cli.tail import escaped
from tocsin.model.errors import SettingsError, TocsinError
from tocsin.model.text import printable

Run = Callable[..., int]


def line(text: str = "") -> None:
    """Print one line."""
    sys.stdout.write(f"{printable(text)}\n")


def as_json(value: Any) -> None:
    """Print *value* as one JSON document."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode("utf-8", "replace")
    lines = text.split("\n")
    sys.stdout.write("\n".join(map(escaped, lines) if sys.stdout.isatty() else lines) + "\n")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> None:
    """Print rows in columns as wide as their widest cell; the columns *right* are aligned to the right."""
    cells = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    numbers = set(right)
    for row in cells:
        parts = [c.rjust(w) if n in numbers else c.ljust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))]
        sys.stdout.write("  ".join(parts).rstrip() + "\n")


def guarded(run: Run) -> Run:
    """*run* with errors as one line on standard error; 2 for wrong usage, 1 for a failure, 0 for a closed pipe."""

    @functools.wraps(run)
    def wrapped(*arguments: Any) -> int:
        try:
            code = run(*arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # the interpreter flushes it again at the exit
            return 0
        except SettingsError as error:
            sys.stderr.write(f"tocsin: {printable(str(error))}\n")
            return 2
        except (TocsinError, OSError) as error:
            sys.stderr.write(f"tocsin: {printable(str(error))}\n")
            return 1
        return code

    return wrapped

"""What redaction costs a line: where nothing is suspect, where something is, and where a secret is found.

CPU time of one thread, the best of some runs: other work on this machine makes them longer, never shorter. Usage:
`PYTHONPATH=tests python -m bench.redaction`.
"""

import json
import platform
import time
from collections.abc import Callable, Sequence

from tocsin.collector.normalize import Origin, normalize, redact
from tocsin.collector.redaction import Redactor, parse
from tocsin.collector.sources.base import Line
from tocsin.model.checkpoint import Position

from bench.rules import lines
from support import corpus

_RUNS = 7
_ORIGIN = Origin("bench", "node", "collector.bench.node.0")
_OWN = b"(?i)badge[ =]([0-9]{4,})\nemployee: (\\w+)\n"
_SECRETS = (
    '--password=hunter2 -H "Authorization: Bearer abc.def-123"',
    "PGPASSWORD=hunter2 psql postgres://me:hunter2@db/x",
    "AKIAIOSFODNN7EXAMPLE ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6",
)


def cost(act: Callable[[bytes], object], texts: Sequence[bytes]) -> float:
    """Microseconds of CPU a line."""
    best = float("inf")
    for _ in range(_RUNS):
        began = time.thread_time()
        for text in texts:
            act(text)
        best = min(best, time.thread_time() - began)
    return best / len(texts) * 1e6


def planted(texts: Sequence[bytes]) -> list[bytes]:
    """The lines of programs, each with two secrets in the arguments of its process."""
    made = []
    for number, text in enumerate(texts):
        event = json.loads(text)
        process = event.get("process_exec", {}).get("process")
        if process is not None:
            process["arguments"] = _SECRETS[number % len(_SECRETS)]
            made.append(json.dumps(event, separators=(",", ":")).encode())
    return made


def row(name: str, texts: Sequence[bytes], redactor: Redactor) -> str:
    """One line of the table."""
    size = sum(map(len, texts)) / len(texts)
    found = sum(redactor.event(text).count > 0 for text in texts) / len(texts)
    return f"| {name} | {len(texts):,} | {size:,.0f} | {cost(redactor.event, texts):.1f} | {found:.2%} |"


def whole(texts: Sequence[bytes], redactor: Redactor | None) -> float:
    """A line normalized and redacted, as the sender does."""

    def act(text: bytes) -> None:
        line = Line(text, Position(), "f:1", len(text) + 1, 1)
        made = normalize(line, _ORIGIN)
        if made is not None:
            redact(line, made, _ORIGIN, redactor)

    return cost(act, texts)


def main() -> None:
    """Print the tables."""
    redactor, simulated = Redactor(), lines()
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print("| lines | number | bytes | us a line | with a secret |\n|---|---|---|---|---|")
    print(row("simulator", simulated, redactor))
    print(row("simulator, two secrets in each exec", planted(simulated), redactor))
    print(row("simulator, two patterns of one's own", simulated, Redactor(parse(_OWN, "own"))))
    for name in ("vm-p4-default", "vm-p5-uprobe"):
        if corpus.FOLDER.exists():
            print(row(name, corpus.full(name), redactor))
        else:
            print(f"({name} is not measured: the corpus of real events is not at {corpus.FOLDER})")
    off, on = whole(simulated, None), whole(simulated, redactor)
    print(f"\nnormalize alone {off:.1f} us, with redaction {on:.1f} us")


if __name__ == "__main__":
    main()

"""Events that the agent writes late because it waits for the data of their pod."""

import heapq
import random
from collections.abc import Sequence

from tocsin.model.timestamps import NS_PER_S
from tocsin.simulator.template import NUMBER, Template

RETRY_NS = 2 * NS_PER_S
RETRIES = 15
"""The agent asks for the pod this many times, once in `RETRY_NS`; then it writes the event without it."""


class LateDeliveries:
    """The waiting events, each with the time at which it is written."""

    def __init__(self, seed: int, share: float) -> None:
        """*share* of the events that may wait do so; 0 delays none and does not change the stream."""
        self._dice = random.Random(f"late {seed}")  # noqa: S311 - repeatable on purpose
        self._share = share
        self._due: list[tuple[int, int, Template, list[bytes]]] = []
        self._count = 0

    def hold(self, now_ns: int, template: Template, values: Sequence[bytes]) -> bool:
        """Whether the event waits; if so, its values are kept as they are now, except its number."""
        if not self._share or self._dice.random() >= self._share:
            return False
        due_ns = now_ns + self._dice.randint(1, RETRIES) * RETRY_NS
        self._count += 1  # orders events that are due at the same time
        heapq.heappush(self._due, (due_ns, self._count, template, list(values)))
        return True

    def pop(self, now_ns: int, number: bytes) -> bytes | None:
        """The line of an event that is due, with *number*; ``None`` if there is none."""
        if not self._due or self._due[0][0] > now_ns:
            return None
        _, _, template, values = heapq.heappop(self._due)
        values[NUMBER] = number
        return template.fill(values)

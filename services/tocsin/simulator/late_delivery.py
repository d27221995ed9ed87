"""Events that the agent holds back until it knows their pod, and writes after others that came later."""

import heapq
import random
from collections.abc import Sequence

from tocsin.model.timestamps import NS_PER_S
from tocsin.simulator.template import NUMBER, Template

RETRY_NS = 2 * NS_PER_S
RETRIES = 15
"""So often the agent asks for the pod, once in `RETRY_NS`; then it writes what it knows."""


class LateDeliveries:
    """The events that wait, with the time at which each is written."""

    def __init__(self, seed: int, share: float) -> None:
        """*share* of what may wait does; 0 holds nothing, and leaves the stream as it is without."""
        self._dice = random.Random(f"late {seed}")  # noqa: S311 - repeatable on purpose
        self._share = share
        self._due: list[tuple[int, int, Template, list[bytes]]] = []
        self._count = 0

    def hold(self, now_ns: int, template: Template, values: Sequence[bytes]) -> bool:
        """Whether the event waits; it is kept as it is now then, but for its number."""
        if not self._share or self._dice.random() >= self._share:
            return False
        due_ns = now_ns + self._dice.randint(1, RETRIES) * RETRY_NS
        self._count += 1  # decides where two are due at one time
        heapq.heappush(self._due, (due_ns, self._count, template, list(values)))
        return True

    def pop(self, now_ns: int, number: bytes) -> bytes | None:
        """The line of an event whose time has come, with *number*; ``None`` where there is none."""
        if not self._due or self._due[0][0] > now_ns:
            return None
        _, _, template, values = heapq.heappop(self._due)
        values[NUMBER] = number
        return template.fill(values)

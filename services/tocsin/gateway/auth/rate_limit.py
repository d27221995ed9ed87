"""How often a wrong token may be tried, by one address and by all of them, in bounded memory."""

from collections import OrderedDict

_BURST, _EACH_S = 10, 6.0
"""Wrong tokens of one address: so many at once, then one in so many seconds."""
_ALL_BURST, _ALL_EACH_S = 100, 0.5
"""Of all addresses together."""
_ADDRESSES = 4_096
"""Whose failures are remembered; beyond it those go that failed longest ago."""
_KNOWN = 1_024
"""Who has shown a right token is not kept out by the failures of others; so many are remembered."""


class Limits:
    """Each failure moves a mark ahead by its share of time; who is too far ahead of the clock has to wait."""

    def __init__(self) -> None:
        self._marks: OrderedDict[str, float] = OrderedDict()
        self._all = 0.0
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait_s(self, address: str, now: float) -> float:
        """How long *address* has to wait before its next try; 0 where it need not. *now* is of the monotonic clock."""
        own = self._marks.get(address, 0.0) - now - (_BURST - 1) * _EACH_S
        others = 0.0 if address in self._known else self._all - now - (_ALL_BURST - 1) * _ALL_EACH_S
        return max(0.0, own, others)

    def failed(self, address: str, now: float) -> None:
        """It has tried a wrong one."""
        self._marks[address] = max(self._marks.get(address, 0.0), now) + _EACH_S
        self._marks.move_to_end(address)
        if len(self._marks) > _ADDRESSES:
            self._marks.popitem(last=False)
        self._all = max(self._all, now) + _ALL_EACH_S

    def passed(self, address: str) -> None:
        """It has shown the right one."""
        self._known[address] = None
        self._known.move_to_end(address)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)

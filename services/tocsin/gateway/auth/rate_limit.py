"""Limits how often a wrong token may be tried, by one address and by all, in bounded memory."""

from collections import OrderedDict

_BURST, _EACH_S = 10, 6.0
"""Wrong tokens of one address: a burst, then one in this many seconds."""
_ALL_BURST, _ALL_EACH_S = 100, 0.5
"""The same for all addresses together."""
_ADDRESSES = 4_096
"""The most addresses whose failures are remembered; the one that failed longest ago is dropped first."""
_KNOWN = 1_024
"""The most addresses that are remembered for a right token: failures of others do not delay them."""


class Limits:
    """Each failure moves a mark ahead in time; an address whose mark is too far ahead of the clock has to wait."""

    def __init__(self) -> None:
        self._marks: OrderedDict[str, float] = OrderedDict()
        self._all = 0.0
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait_s(self, address: str, now: float) -> float:
        """How long *address* has to wait before its next try, or 0. *now* is of the monotonic clock."""
        alone = self._marks.get(address, 0.0) - now - (_BURST - 1) * _EACH_S
        others = 0.0 if address in self._known else self._all - now - (_ALL_BURST - 1) * _ALL_EACH_S
        return max(0.0, alone, others)

    def failed(self, address: str, now: float) -> None:
        """The address tried a wrong token."""
        self._marks[address] = max(self._marks.get(address, 0.0), now) + _EACH_S
        self._marks.move_to_end(address)
        if len(self._marks) > _ADDRESSES:
            self._marks.popitem(last=False)
        self._all = max(self._all, now) + _ALL_EACH_S

    def passed(self, address: str) -> None:
        """The address showed a right token."""
        self._known[address] = None
        self._known.move_to_end(address)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)

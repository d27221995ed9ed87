"""Whether more lines of a source may be read now."""

import asyncio

from tocsin.collector.backlog import Backlog
from tocsin.collector.checkpoint import CheckpointWriter
from tocsin.collector.line_account import LineAccount

_ANSWER_WAIT_S = 0.05
OPEN_LINES = 4_000
"""Lines that may be read and not settled: the publish window and a few batches."""
_UNSAVED_LINES = 200_000
"""Reading stops at this many lines that no checkpoint contains: a restart would have to read them again."""


class Capacity:
    """The limits of what may be read: free space in EVENTS, open lines and lines that no checkpoint contains."""

    def __init__(self, backlog: Backlog, account: LineAccount, writer: CheckpointWriter) -> None:
        self._backlog = backlog
        self._account = account
        self._writer = writer

    @property
    def exhausted(self) -> bool:
        """Whether nothing may be read now."""
        account = self._account
        unsaved = 0 if account.withheld else account.lines - self._writer.saved_lines
        return self._backlog.blocked or len(account) >= OPEN_LINES or unsaved > _UNSAVED_LINES

    async def wait(self, stop: asyncio.Event) -> bool:
        """Wait until reading may continue; false if *stop* is set first."""
        while self.exhausted:
            if stop.is_set():
                return False
            self._backlog.report()
            await self._backlog.wait(_ANSWER_WAIT_S)
        self._backlog.report()
        return True

"""What the log and the service report say about one source."""

import logging
import time
from collections.abc import Mapping

from tocsin.collector.checkpoint import CheckpointOptions
from tocsin.collector.sources.base import Source

log = logging.getLogger(__name__)

_LOG_INTERVAL_S = 10.0


class SourceStatus:
    """Whether a source can be read, and how far it is read."""

    def __init__(self, source: Source, options: CheckpointOptions) -> None:
        self.lines_before = 0
        """Lines read before this start."""
        self.new_lines = 0
        """Lines read since this start."""
        self._source = source
        self._options = options
        self._problem = ""
        self._logged = False
        self._undecodable_logged_at = -_LOG_INTERVAL_S

    def check(self) -> str:
        """Let the source open what it is about to read; the reason if nothing can be read, else empty.

        Changes of the reason are logged.
        """
        self._source.refresh()
        problem = self._source.problem
        if problem != self._problem:
            self._problem = problem
            extra = {"why": problem, "source": self._source.name}
            log.warning("source.unreadable" if problem else "source.readable", extra=extra)
        return problem

    @property
    def read_before(self) -> str:
        """``1,762 lines, all read before`` if the source had nothing new; else empty."""
        if self.lines_before and self._source.caught_up and not self.new_lines:
            return f"{self.lines_before:,} lines, all read before"
        return ""

    def log_read_before(self) -> None:
        """Log `read_before`, once; called when the source is read to its end."""
        if self.read_before and not self._logged:
            log.info("source.read_before", extra={"source": self._source.name, "result": self.read_before})
        self._logged = True

    def log_undecodable(self, reason: str, size: int, so_far: Mapping[str, int]) -> None:
        """Log a line of *size* bytes that became a dead letter, at most every 10 s; *so_far* counts all of them."""
        if time.monotonic() - self._undecodable_logged_at > _LOG_INTERVAL_S:
            self._undecodable_logged_at = time.monotonic()
            extra = {"reason": reason, "bytes": size, "so_far": dict(so_far), "source": self._source.name}
            log.warning("line.undecodable", extra=extra)

    def facts(self, lines: int) -> dict[str, str | int | float]:
        """The source's own facts, its state, and *lines*, the number of lines settled."""
        state = self.read_before or ("all read" if self._source.caught_up else "reading")
        facts: dict[str, str | int | float] = {
            **self._source.facts(),
            "source": self._source.name,
            "checkpoint": self._options.key,
            "lines": lines,
            "state": state,
        }
        if self._options.node:
            facts["node"] = self._options.node
        return facts

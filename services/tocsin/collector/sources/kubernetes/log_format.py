"""Whether a container writes Tetragon's export or something else. Pure."""

from collections.abc import Sequence

from tocsin.collector.normalize import explain
from tocsin.collector.sources.kubernetes.log_reader import LogLine
from tocsin.collector.sources.kubernetes.objects import Pod

_ENOUGH = 5
"""Lines of the agent's own log that are enough to decide, if no event is among them."""
_MOST_LINES = 100
_EVENTS = (b'{"process_', b'{"rate_limit')


class LogFormat:
    """Recognizes the format by the first lines."""

    def __init__(self) -> None:
        self._lines = 0
        self._agent_lines = 0
        self._has_events = False

    def see(self, lines: Sequence[LogLine]) -> None:
        """Inspect the next lines."""
        if self._has_events or self._lines > _MOST_LINES:
            return
        for line in lines:
            self._lines += 1
            self._has_events = self._has_events or line.raw.startswith(_EVENTS)
            self._agent_lines += explain(line.raw, "")[1] == "agent_log"

    def problem(self, pod: Pod, container: str) -> str:
        """What is wrong if this is the wrong container; else empty."""
        if self._has_events or self._agent_lines < _ENOUGH:
            return ""
        return (
            f"container {container} of pod {pod.path} writes the agent's own log, not its events: set "
            "TOCSIN_COLLECTOR_KUBE_CONTAINER to the container that writes the events (export-stdout, unless renamed)"
        )

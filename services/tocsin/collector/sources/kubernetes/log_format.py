"""Whether what a container writes looks like Tetragon's export, or like something else. Pure."""

from collections.abc import Sequence

from tocsin.collector.normalize import explain
from tocsin.collector.sources.kubernetes.log_reader import LogLine
from tocsin.collector.sources.kubernetes.objects import Pod

_ENOUGH = 5
"""Lines of the agent's own log, and no event among them."""
_LOOKS = 100
_EVENTS = (b'{"process_', b'{"rate_limit')


class LogFormat:
    """What the first lines looked like."""

    def __init__(self) -> None:
        self._looked = 0
        self._strange = 0
        self._events = False

    def see(self, lines: Sequence[LogLine]) -> None:
        """The next ones."""
        if self._events or self._looked > _LOOKS:
            return
        for line in lines:
            self._looked += 1
            self._events = self._events or line.raw.startswith(_EVENTS)
            self._strange += explain(line.raw, "")[1] == "agent_log"

    def problem(self, pod: Pod, container: str) -> str:
        """In words, where this is the wrong container."""
        if self._events or self._strange < _ENOUGH:
            return ""
        return (
            f"container {container} of pod {pod.path} writes the agent's own log, not its events: set "
            "TOCSIN_COLLECTOR_KUBE_CONTAINER to the one that does (export-stdout, unless it was renamed)"
        )

"""One request for a container's log: its path and query, and its description in error messages. Pure."""

from msgspec import Struct

from tocsin.collector.sources.kubernetes.objects import Pod


class LogRequest(Struct, frozen=True, kw_only=True):
    """What to ask the API server for."""

    pod: Pod
    container: str
    since: str | None = None
    """RFC 3339 in whole seconds; ``None`` asks for the whole log."""
    previous: bool = False
    """The log of the container before its last restart; it ends."""
    follow: bool = False
    tail_lines: int | None = None

    @property
    def path(self) -> str:
        """The path on the API server."""
        return f"/api/v1/namespaces/{self.pod.namespace}/pods/{self.pod.name}/log"

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the request."""
        query = {"container": self.container}
        query |= {"previous": "true"} if self.previous else {}
        query |= {"follow": "true"} if self.follow else {}
        query |= {"sinceTime": self.since} if self.since else {}
        query |= {"tailLines": str(self.tail_lines)} if self.tail_lines is not None else {}
        return query

    @property
    def action(self) -> str:
        """The right that the request needs, in words."""
        return f"get the log of container {self.container} of pod {self.pod.path}"

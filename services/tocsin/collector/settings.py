"""Where events come from and whose they are: the settings with the prefix ``TOCSIN_COLLECTOR``."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_LINE_BYTES = (8 << 20) - (128 << 10)
"""The server's ``max_payload``, less room for headers."""
DEFAULT_CLUSTER = "default"
_URLS = r"^\s*(https?://[^\s,]+\s*(,\s*https?://[^\s,]+\s*)*)?$"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one collector reads one source."""

    source: Literal["file", "stdin"] = "file"
    """``file`` follows Tetragon's export file; ``stdin`` reads standard input, which cannot be read again."""
    path: Annotated[str, Meta(min_length=1)] = "/var/run/cilium/tetragon/tetragon.log"
    """The export file. Agents after 1.7 write ``/var/log/tetragon/tetragon.log`` by default."""
    cluster: Annotated[str, Meta(max_length=256)] = ""
    """Name of the cluster for events that carry none, and what subjects are bound to; empty: each event's own name,
    else ``default``."""
    node: Annotated[str, Meta(max_length=256)] = ""
    """Name of the node that all events are from; empty: each event's own."""
    start: Literal["oldest", "newest"] = "oldest"
    """Where to begin without a checkpoint: at the oldest rotated file, or at what is written from now on."""
    max_line_bytes: Annotated[int, Meta(ge=1024, le=MAX_LINE_BYTES)] = 4 << 20
    """A longer line becomes a dead letter with its first 64 KiB, its length and its hash."""
    checkpoint_interval_s: Annotated[float, Meta(ge=0.05, le=60)] = 1.0
    """Between two saves of where the source stands."""
    agent_metrics: Annotated[str, Meta(max_length=8192, pattern=_URLS)] = ""
    """Addresses of Tetragon's own metrics, separated by commas (``http://127.0.0.1:2112/metrics``), read every 15 s to
    tell what the agent itself lost; empty: they are not read."""

    @property
    def agents(self) -> tuple[str, ...]:
        """`agent_metrics` one by one."""
        return tuple(url.strip() for url in self.agent_metrics.split(",") if url.strip())

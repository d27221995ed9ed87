"""Where events come from and whose they are: the settings with the prefix ``TOCSIN_COLLECTOR``."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_LINE_BYTES = (8 << 20) - (128 << 10)
"""The server's ``max_payload``, less room for headers."""
DEFAULT_CLUSTER = "default"
DEFAULT_LABELS = "app.kubernetes.io/name=tetragon,app.kubernetes.io/component=agent"
_NAMES = r"^\s*([a-z0-9-]+\s*(,\s*[a-z0-9-]+\s*)*)?$"
_URLS = r"^\s*(https?://[^\s,]+\s*(,\s*https?://[^\s,]+\s*)*)?$"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one collector reads one source."""

    source: Literal["file", "kubernetes", "stdin"] = "file"
    """``file`` follows Tetragon's export file; ``kubernetes`` follows the logs of all pods of Tetragon; ``stdin`` reads
    standard input, which cannot be read again."""
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
    redact: Literal["on", "off"] = "on"
    """Whether secrets in arguments and environment are replaced by ``*****`` before anything is published."""
    redact_patterns_file: Annotated[str, Meta(max_length=4096)] = ""
    """A file of further patterns (RE2), one a line, whose capture groups are secrets; empty: the built-in ones."""

    kube_namespaces: Annotated[str, Meta(max_length=4096, pattern=_NAMES)] = ""
    """With ``kubernetes``: namespaces of Tetragon's pods, separated by commas; empty: those of ``kube-system``,
    ``tetragon`` and our own that hold such pods, else all that we may list."""
    kube_labels: Annotated[str, Meta(min_length=1, max_length=1024)] = DEFAULT_LABELS
    """With ``kubernetes``: the labels of Tetragon's pods. Where no pod carries the default ones,
    ``app.kubernetes.io/name=tetragon`` alone is tried."""
    kube_container: Annotated[str, Meta(min_length=1, max_length=63)] = "export-stdout"
    """With ``kubernetes``: the container whose log holds the events."""
    kubeconfig: Annotated[str, Meta(max_length=4096)] = ""
    """With ``kubernetes``: a kubeconfig file, outside of a cluster; empty: the service account of our own pod."""
    kube_account_path: Annotated[str, Meta(min_length=1, max_length=4096)] = (
        "/var/run/secrets/kubernetes.io/serviceaccount"
    )
    """With ``kubernetes``: the folder with ``token`` and ``ca.crt`` of that service account."""
    kube_silence_s: Annotated[float, Meta(ge=1, le=86400)] = 300.0
    """With ``kubernetes``: a log without a line for so long is opened anew; after twice as long its node is named."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """`kube_namespaces` one by one."""
        return tuple(name.strip() for name in self.kube_namespaces.split(",") if name.strip())

    @property
    def agents(self) -> tuple[str, ...]:
        """`agent_metrics` one by one."""
        return tuple(url.strip() for url in self.agent_metrics.split(",") if url.strip())

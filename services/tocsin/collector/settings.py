"""The settings of the collector, with the prefix ``TOCSIN_COLLECTOR``."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_LINE_BYTES = (8 << 20) - (128 << 10)
"""The server's ``max_payload`` minus space for headers."""
DEFAULT_CLUSTER = "default"
DEFAULT_LABELS = "app.kubernetes.io/name=tetragon,app.kubernetes.io/component=agent"
_NAMES = r"^\s*([a-z0-9-]+\s*(,\s*[a-z0-9-]+\s*)*)?$"
_URLS = r"^\s*(https?://[^\s,]+\s*(,\s*https?://[^\s,]+\s*)*)?$"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which source the collector reads, and how."""

    source: Literal["file", "kubernetes", "stdin"] = "file"
    """``file`` follows Tetragon's export file; ``kubernetes`` follows the logs of all pods of Tetragon; ``stdin`` reads
    standard input, which cannot be read again."""
    path: Annotated[str, Meta(min_length=1)] = "/var/run/cilium/tetragon/tetragon.log"
    """The export file. Agents after 1.7 write ``/var/log/tetragon/tetragon.log`` by default."""
    cluster: Annotated[str, Meta(max_length=256)] = ""
    """Name of the cluster, for events without one and in all subjects; empty: the name in each event, else
    ``default``."""
    node: Annotated[str, Meta(max_length=256)] = ""
    """Name of the node of all events; empty: the name in each event."""
    start: Literal["oldest", "newest"] = "oldest"
    """Where to begin without a checkpoint: at the oldest rotated file, or with the lines written from now on."""
    max_line_bytes: Annotated[int, Meta(ge=1024, le=MAX_LINE_BYTES)] = 4 << 20
    """A longer line becomes a dead letter with its first 64 KiB, its length and its hash."""
    checkpoint_interval_s: Annotated[float, Meta(ge=0.05, le=60)] = 1.0
    """Seconds between two saves of the checkpoint."""
    agent_metrics: Annotated[str, Meta(max_length=8192, pattern=_URLS)] = ""
    """Addresses of Tetragon's own metrics, separated by commas (``http://127.0.0.1:2112/metrics``). They are read every
    15 s to report the events that the agent lost; empty: not read."""
    redact: Literal["on", "off"] = "on"
    """Whether secrets in arguments and environment are replaced by ``*****`` before anything is published."""
    redact_patterns_file: Annotated[str, Meta(max_length=4096)] = ""
    """A file of further patterns (RE2), one per line, whose capture groups are secrets; empty: built-in ones only."""

    kube_namespaces: Annotated[str, Meta(max_length=4096, pattern=_NAMES)] = ""
    """With ``kubernetes``: namespaces of Tetragon's pods, separated by commas; empty: ``kube-system``, ``tetragon`` and
    the collector's own namespace if they have such pods, else all namespaces that may be listed."""
    kube_labels: Annotated[str, Meta(min_length=1, max_length=1024)] = DEFAULT_LABELS
    """With ``kubernetes``: the labels of Tetragon's pods. If no pod has the default ones,
    ``app.kubernetes.io/name=tetragon`` alone is tried."""
    kube_container: Annotated[str, Meta(min_length=1, max_length=63)] = "export-stdout"
    """With ``kubernetes``: the container whose log contains the events."""
    kubeconfig: Annotated[str, Meta(max_length=4096)] = ""
    """With ``kubernetes``: a kubeconfig file, to run outside of a cluster; empty: the pod's service account."""
    kube_account_path: Annotated[str, Meta(min_length=1, max_length=4096)] = (
        "/var/run/secrets/kubernetes.io/serviceaccount"
    )
    """With ``kubernetes``: the folder with ``token`` and ``ca.crt`` of that service account."""
    kube_silence_s: Annotated[float, Meta(ge=1, le=86400)] = 300.0
    """With ``kubernetes``: a log without a new line for this many seconds is opened again; after twice as long its node
    is reported as silent."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of `kube_namespaces`."""
        return tuple(name.strip() for name in self.kube_namespaces.split(",") if name.strip())

    @property
    def agents(self) -> tuple[str, ...]:
        """The addresses of `agent_metrics`."""
        return tuple(url.strip() for url in self.agent_metrics.split(",") if url.strip())

"""Everything that the checks are made from, as it was gathered: plain values, so that a test can write them down."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tocsin.bus import NatsSettings
from tocsin.cli.doctor.finding import Unseen
from tocsin.runtime.ledger import Ledger
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.syntax.documents import Rule

NOT_ASKED = Unseen("it was not looked at")


class Server(Struct, frozen=True, kw_only=True):
    """What a nats-server says of itself before anybody has logged in."""

    version: str = ""
    jetstream: bool = False
    max_payload: int = 0
    auth_required: bool = False
    tls_required: bool = False
    loopback: bool = False
    """Whether the address that we use is of this machine."""


class StreamSeen(Struct, frozen=True, kw_only=True):
    """One stream as it is."""

    config: Mapping[str, object]
    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    first_ns: int = 0
    """When its first message was stored; 0 where it holds none."""
    subjects: Mapping[str, int] = {}
    """Messages for each subject, where that was asked for."""


class ReaderSeen(Struct, frozen=True, kw_only=True):
    """One durable reader as it is."""

    stream: str
    name: str
    config: Mapping[str, object] = {}
    waiting: int = 0
    """Not delivered, or not answered."""
    redelivered: int = 0
    used: bool = True
    """Whether anybody has ever pulled from it."""
    oldest_s: float | None = None
    """Age of the oldest message that it has not answered; ``None`` where none waits."""


class Store(Struct, frozen=True, kw_only=True):
    """What all streams take, and how much they may."""

    used: int = 0
    limit: int = 0
    """Of the account; 0 where it has none."""
    disk_free: int | None = None
    """Of the disk that holds the streams, where that is this machine's."""


class Letters(Struct, frozen=True, kw_only=True):
    """The newest dead letters of one service."""

    stream: str
    messages: int
    newest_ns: int = 0
    reasons: Mapping[str, int] = {}
    """Reason to how many of the newest have it."""


class Layout(Struct, frozen=True, kw_only=True):
    """Streams and readers, as the server tells them to us."""

    streams: Mapping[str, StreamSeen]
    readers: Sequence[ReaderSeen]
    offset_s: float | None = None
    """By how much the server's clock is ahead of ours."""
    ack_v2: bool | None = None
    """Whether acknowledgements have the second form; ``None`` where no message could be read."""


class NodeClock(Struct, frozen=True, kw_only=True):
    """Of one node's events in the sample: reading less happening, and storing less reading, in seconds."""

    least_late_s: float
    """The least lateness: below zero where the node's clock is ahead of the collector's."""
    newest_late_s: float
    least_stored_s: float
    """The same for the server's clock against the collector's."""


class Sample(Struct, frozen=True, kw_only=True):
    """What events there are."""

    kinds: Mapping[str, int]
    """Kind to how many messages EVENTS holds."""
    nodes: Mapping[str, int]
    """Slug of a node to how many messages EVENTS holds."""
    read: int = 0
    """How many were looked into."""
    execs: int = 0
    host_execs: int = 0
    """Of `execs`, those of processes in no container."""
    hooks: Mapping[tuple[str, str, str], int] = {}
    """Kind, function and policy to how many were seen."""
    observed: Sequence[Hook] = ()
    """The hooks that these events came from."""
    clocks: Mapping[str, NodeClock] = {}


class Rights(Struct, frozen=True, kw_only=True):
    """What was tried and refused."""

    user: str
    refused: Sequence[str] = ()
    """Subjects of ours that the server does not let us use."""
    viewer: Mapping[str, bool] | Unseen = NOT_ASKED
    """What people's user must not be able to do, in words, to whether it could."""


class ExportFile(Struct, frozen=True, kw_only=True):
    """One place where an agent may write its export file."""

    path: str
    exists: bool = False
    problem: str = ""
    """Why it cannot be read."""
    size: int = 0
    changed_ns: int = 0
    rotated: Sequence[tuple[int, int]] = ()
    """Size and time of the last change (ns) of each rotated file, oldest first."""


class Judging(Struct, frozen=True, kw_only=True):
    """One instance that judges, as the gateway tells it."""

    service: str
    instance: str
    hash: str


class Page(Struct, frozen=True, kw_only=True):
    """The gateway, as somebody without a login sees it, and with one where we have it."""

    url: str
    loopback: bool
    broken: Mapping[str, str] = {}
    """Hop to what ``/readyz`` says of it."""
    open_status: int = 0
    """What ``/api/v1/rules`` answers without a login."""
    judges: Sequence[Judging] | Unseen = NOT_ASKED
    differing: Sequence[str] = ()
    problems: Sequence[str] = ()
    """Rule documents that are not loaded as they stand."""


class Observed(Struct, kw_only=True):
    """All of it, at one moment."""

    now_ns: int
    environ: Mapping[str, str] = {}
    nats: NatsSettings = NatsSettings()
    server: Server | Unseen = NOT_ASKED
    login: str = ""
    """Why we could not log in; empty where we could."""
    layout: Layout | Unseen = NOT_ASKED
    store: Store | Unseen = NOT_ASKED
    letters: Sequence[Letters] | Unseen = NOT_ASKED
    ledger: Ledger | Unseen = NOT_ASKED
    rights: Rights | Unseen = NOT_ASKED
    sample: Sample | Unseen = NOT_ASKED
    page: Page | Unseen = NOT_ASKED
    rules: Sequence[Rule] | Unseen = NOT_ASKED
    exports: Sequence[ExportFile] = ()
    agent: Mapping[str, str] | Unseen = NOT_ASKED
    """Tetragon's own settings, as its ConfigMap has them."""
    policies: Sequence[Hook] | Unseen = NOT_ASKED
    """The hooks that the cluster's TracingPolicies set."""

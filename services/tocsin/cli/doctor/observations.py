"""What was gathered for the checks: plain values, so that a test can write them down."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tocsin.bus import NatsSettings
from tocsin.cli.doctor.finding import Unknown
from tocsin.runtime.ledger import Ledger
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.syntax.documents import Rule

NOT_CHECKED = Unknown("it was not checked")


class Server(Struct, frozen=True, kw_only=True):
    """What a nats-server says about itself before a login."""

    version: str = ""
    jetstream: bool = False
    max_payload: int = 0
    auth_required: bool = False
    tls_required: bool = False
    loopback: bool = False
    """Whether it is reached through a loopback address."""


class ObservedStream(Struct, frozen=True, kw_only=True):
    """One stream as it exists."""

    config: Mapping[str, object]
    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    first_ns: int = 0
    """When its first message was stored; 0 if it is empty."""
    subjects: Mapping[str, int] = {}
    """Number of messages for each subject, if requested."""


class ObservedReader(Struct, frozen=True, kw_only=True):
    """One durable as it exists."""

    stream: str
    name: str
    config: Mapping[str, object] = {}
    waiting: int = 0
    """Messages that are not delivered or not acknowledged."""
    redelivered: int = 0
    used: bool = True
    """Whether a client ever pulled from it."""
    oldest_s: float | None = None
    """Age of the oldest message that is not acknowledged; ``None`` if there is none."""


class Store(Struct, frozen=True, kw_only=True):
    """The size of all streams together, and its limits."""

    used: int = 0
    limit: int = 0
    """Limit of the account; 0 if it has none."""
    disk_free: int | None = None
    """Free bytes on the disk of the streams, if that is on this machine."""


class DeadLetters(Struct, frozen=True, kw_only=True):
    """The newest dead letters of one service."""

    stream: str
    messages: int
    newest_ns: int = 0
    reasons: Mapping[str, int] = {}
    """Number of the newest dead letters by reason."""


class Layout(Struct, frozen=True, kw_only=True):
    """Streams and durables, as the server reports them."""

    streams: Mapping[str, ObservedStream]
    readers: Sequence[ObservedReader]
    offset_s: float | None = None
    """How far the server's clock is ahead of this machine's."""
    ack_v2: bool | None = None
    """Whether acknowledgement subjects have the second form; ``None`` if no message could be read."""


class NodeClock(Struct, frozen=True, kw_only=True):
    """Delays of one node's events in the sample: from the event to its reading, and from reading to storing."""

    least_late_s: float
    """The smallest delay of reading; below zero if the node's clock is ahead of the collector's."""
    newest_late_s: float
    least_stored_s: float
    """The smallest delay of storing; below zero if the collector's clock is ahead of the server's."""


class Sample(Struct, frozen=True, kw_only=True):
    """Counts of all events, and what a sample of them shows."""

    kinds: Mapping[str, int]
    """Number of messages in EVENTS by kind."""
    nodes: Mapping[str, int]
    """Number of messages in EVENTS by the slug of the node."""
    read: int = 0
    """Number of events in the sample."""
    execs: int = 0
    host_execs: int = 0
    """Those of `execs` whose process is in no container."""
    hooks: Mapping[tuple[str, str, str], int] = {}
    """Number of events by kind, function and policy."""
    observed: Sequence[Hook] = ()
    """The hooks of these events."""
    clocks: Mapping[str, NodeClock] = {}


class Rights(Struct, frozen=True, kw_only=True):
    """Permissions that were tried."""

    user: str
    refused: Sequence[str] = ()
    """Subjects that this command needs and may not use."""
    viewer: Mapping[str, bool] | Unknown = NOT_CHECKED
    """What the user viewer must not be able to do, and whether it could."""


class ExportFile(Struct, frozen=True, kw_only=True):
    """One path where an agent may write its export file."""

    path: str
    exists: bool = False
    problem: str = ""
    """Why it cannot be read; empty if it can."""
    size: int = 0
    changed_ns: int = 0
    rotated: Sequence[tuple[int, int]] = ()
    """Size and time of the last change (ns) of each rotated file, oldest first."""


class Judge(Struct, frozen=True, kw_only=True):
    """One classifier or correlator, as the gateway reports it."""

    service: str
    instance: str
    hash: str


class Gateway(Struct, frozen=True, kw_only=True):
    """The gateway, as an unauthenticated client sees it, and with a token if there is one."""

    url: str
    loopback: bool
    broken: Mapping[str, str] = {}
    """What ``/readyz`` says about each failing part."""
    open_status: int = 0
    """The status of ``/api/v1/rules`` for an unauthenticated client."""
    judges: Sequence[Judge] | Unknown = NOT_CHECKED
    differing: Sequence[str] = ()
    problems: Sequence[str] = ()
    """Rule documents that failed to load."""


class Observations(Struct, kw_only=True):
    """All observations of one run."""

    now_ns: int
    environ: Mapping[str, str] = {}
    nats: NatsSettings = NatsSettings()
    server: Server | Unknown = NOT_CHECKED
    login: str = ""
    """Why the login at NATS failed; empty if it did not."""
    layout: Layout | Unknown = NOT_CHECKED
    store: Store | Unknown = NOT_CHECKED
    dead_letters: Sequence[DeadLetters] | Unknown = NOT_CHECKED
    ledger: Ledger | Unknown = NOT_CHECKED
    rights: Rights | Unknown = NOT_CHECKED
    sample: Sample | Unknown = NOT_CHECKED
    gateway: Gateway | Unknown = NOT_CHECKED
    rules: Sequence[Rule] | Unknown = NOT_CHECKED
    exports: Sequence[ExportFile] = ()
    agent: Mapping[str, str] | Unknown = NOT_CHECKED
    """Tetragon's settings, as its ConfigMap has them."""
    policies: Sequence[Hook] | Unknown = NOT_CHECKED
    """The hooks of the cluster's TracingPolicies."""

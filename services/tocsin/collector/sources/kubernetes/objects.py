"""The parts of the API server's pod objects that following logs needs. Pure."""

import msgspec
from msgspec import Struct


class _Named(Struct, frozen=True):
    """An object with a name."""

    name: str = ""


class _Metadata(Struct, frozen=True, rename="camel"):
    """The metadata of a pod."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    deletion_timestamp: str | None = None


class _Spec(Struct, frozen=True, rename="camel"):
    node_name: str = ""
    containers: list[_Named] = []


class _Present(Struct, frozen=True):
    """An object that is only checked for existence."""


class _State(Struct, frozen=True):
    running: _Present | None = None
    terminated: _Present | None = None


class _Status(Struct, frozen=True, rename="camel"):
    name: str = ""
    restart_count: int = 0
    state: _State = _State()


class _PodStatus(Struct, frozen=True, rename="camel"):
    phase: str = ""
    container_statuses: list[_Status] | None = None


class PodObject(Struct, frozen=True):
    """A pod, or the error of a watch that failed."""

    metadata: _Metadata = _Metadata()
    spec: _Spec = _Spec()
    status: _PodStatus = _PodStatus()
    code: int = 0
    message: str = ""


class _ListMeta(Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: list[PodObject] | None = None


class _Event(Struct, frozen=True):
    type: str = ""
    object: PodObject = PodObject()


read_list = msgspec.json.Decoder(_List).decode
read_event = msgspec.json.Decoder(_Event).decode


class Pod(Struct, frozen=True, kw_only=True):
    """What following the log of one container needs to know."""

    uid: str
    namespace: str
    name: str
    node: str
    containers: tuple[str, ...]
    restarts: int
    """Number of restarts of the container."""
    started: bool
    """Whether the container runs or ran; before that it has no log."""
    leaving: bool
    """Whether the pod is being deleted."""

    @property
    def path(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


def pod_of(pod: PodObject, container: str) -> Pod:
    """*pod* with the state of *container*."""
    status = next((s for s in pod.status.container_statuses or () if s.name == container), _Status())
    return Pod(
        uid=pod.metadata.uid,
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        node=pod.spec.node_name,
        containers=tuple(c.name for c in pod.spec.containers),
        restarts=status.restart_count,
        started=status.state.running is not None or status.state.terminated is not None or status.restart_count > 0,
        leaving=pod.metadata.deletion_timestamp is not None,
    )

"""Pods as the API server tells of them, as far as following their logs needs it. Pure."""

import msgspec
from msgspec import Struct


class _Named(Struct, frozen=True):
    """Something with a name."""

    name: str = ""


class _Metadata(Struct, frozen=True, rename="camel"):
    """Of a pod."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    deletion_timestamp: str | None = None


class _Spec(Struct, frozen=True, rename="camel"):
    node_name: str = ""
    containers: list[_Named] = []


class _Something(Struct, frozen=True):
    """An object of which only matters that it is there."""


class _State(Struct, frozen=True):
    running: _Something | None = None
    terminated: _Something | None = None


class _Status(Struct, frozen=True, rename="camel"):
    name: str = ""
    restart_count: int = 0
    state: _State = _State()


class _PodStatus(Struct, frozen=True, rename="camel"):
    phase: str = ""
    container_statuses: list[_Status] | None = None


class PodObject(Struct, frozen=True):
    """A pod, or in a watch that failed what is wrong with it."""

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
    """What following the log of one container takes to know."""

    uid: str
    namespace: str
    name: str
    node: str
    containers: tuple[str, ...]
    restarts: int
    """How often the container was started anew."""
    started: bool
    """Whether the container runs or ran: before, it has no log."""
    leaving: bool
    """Whether the pod is being deleted."""

    @property
    def path(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


def pod_of(found: PodObject, container: str) -> Pod:
    """A pod as far as *container* of it matters."""
    own = next((s for s in found.status.container_statuses or () if s.name == container), _Status())
    return Pod(
        uid=found.metadata.uid,
        namespace=found.metadata.namespace,
        name=found.metadata.name,
        node=found.spec.node_name,
        containers=tuple(c.name for c in found.spec.containers),
        restarts=own.restart_count,
        started=own.state.running is not None or own.state.terminated is not None or own.restart_count > 0,
        leaving=found.metadata.deletion_timestamp is not None,
    )

"""The pods of one namespace: listed, then watched, and listed again whenever the watch cannot continue."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence

import msgspec

from tocsin.collector.sources.kubernetes.api import ApiError, KubeApi
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.collector.sources.kubernetes.objects import Pod, PodObject, pod_of, read_event, read_list
from tocsin.model.errors import TocsinError

log = logging.getLogger(__name__)

_PAGE = 500
_MOST_PODS = 10_000
_WATCH_S = 240
"""The server ends a watch after this and a random part more, so that not all end at once."""
_GRACE_S = 30.0
_MOST_EVENT_BYTES = 4 << 20
_GONE = 410
_STALE = (_GONE, 400, 401, 403, 404)
"""After one of these the list is read again."""


class NamespaceWatch:
    """The pods of one namespace that have the labels, kept up to date."""

    def __init__(
        self, api: KubeApi, namespace: str, labels: str, container: str, changed: Callable[[], None], backoff: Backoff
    ) -> None:
        """*changed* is called after each change of `pods`; an empty *namespace* means all namespaces."""
        self.name = namespace
        self.pods: dict[str, Pod] = {}
        """By uid."""
        self.listed = False
        """Whether the list was read at least once."""
        self.problem = ""
        self.relists = 0
        self._api = api
        self._labels = labels
        self._container = container
        self._changed = changed
        self._backoff = backoff
        self._path = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
        self._where = f"namespace {namespace}" if namespace else "all namespaces"

    async def keep(self) -> None:
        """Keep `pods` up to date until cancelled; `problem` says why it may be out of date."""
        version = ""
        while True:
            try:
                version = version or await self.list()
                self._recovered()
                version = await self._watch(version)
            except ApiError as error:
                self._failed(error)
                if error.status in _STALE:
                    version = ""
                await asyncio.sleep(max(error.retry_after_s, self._backoff.next()))
            except msgspec.DecodeError as error:
                self._failed(TocsinError(f"the API server's answer about pods in {self._where} is invalid: {error}"))
                version = ""
                await asyncio.sleep(self._backoff.next())

    async def list(self) -> str:
        """Read all pods; return the version to watch from."""
        objects: list[PodObject] = []
        query = {"labelSelector": self._labels, "limit": str(_PAGE)}
        while True:
            answer = await self._api.get(self._path, query, action=f"list pods in {self._where}")
            page = read_list(answer)
            objects += page.items or []
            if not page.metadata.continue_ or len(objects) >= _MOST_PODS:
                break
            query["continue"] = page.metadata.continue_
        self.relists += 1
        self.listed = True
        self._replace(objects)
        return page.metadata.resource_version

    def _replace(self, objects: Sequence[PodObject]) -> None:
        pods = {}
        for item in objects[:_MOST_PODS]:
            pod = pod_of(item, self._container)
            if pod.uid and pod.node:
                pods[pod.uid] = pod
        if pods != self.pods:
            self.pods = pods
            self._changed()

    async def _watch(self, version: str) -> str:
        """Watch until the server ends it; return the version to continue from."""
        seconds = _WATCH_S + random.randrange(_WATCH_S // 4)  # noqa: S311
        query = {
            "labelSelector": self._labels,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
        }
        rest = b""
        action = f"watch pods in {self._where}"
        with contextlib.suppress(TimeoutError):  # the server did not end the watch, as it was asked to
            async with (
                asyncio.timeout(seconds + _GRACE_S),
                self._api.stream(self._path, query, action=action) as content,
            ):
                while chunk := await content.readany():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        version = self._take(line) or version
                    self._backoff.reset()
                    if len(rest) > _MOST_EVENT_BYTES:
                        raise ApiError(f"{action}: an event of more than {_MOST_EVENT_BYTES >> 20} MiB")
        return version

    def _take(self, line: bytes) -> str:
        """Apply one event of the watch; return its version, or empty if it has none."""
        if not line.strip():
            return ""
        event = read_event(line)
        if event.type == "ERROR":
            raise ApiError(f"watch pods in {self._where}: {event.object.message}", status=event.object.code or 500)
        if event.type != "BOOKMARK":
            pod = pod_of(event.object, self._container)
            if event.type == "DELETED":
                if self.pods.pop(pod.uid, None) is not None:
                    self._changed()
            elif pod.uid and pod.node and self.pods.get(pod.uid) != pod and self._fits(pod):
                self.pods[pod.uid] = pod
                self._changed()
        return event.object.metadata.resource_version

    def _fits(self, pod: Pod) -> bool:
        return pod.uid in self.pods or len(self.pods) < _MOST_PODS

    def _failed(self, error: TocsinError) -> None:
        if isinstance(error, ApiError) and error.status == _GONE:
            log.info("watch.expired", extra={"namespace": self.name})
            return
        if str(error) != self.problem:
            self.problem = str(error)
            log.warning("pods.unwatched", extra={"namespace": self.name, "error": self.problem})

    def _recovered(self) -> None:
        self._backoff.reset()
        if self.problem:
            self.problem = ""
            log.info("pods.watched", extra={"namespace": self.name, "pods": len(self.pods)})

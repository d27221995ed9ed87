"""Which pods there are: listed, then watched, and listed again whenever the watch cannot go on."""

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
"""The server ends a watch after this, and a little more, so that not all end at once."""
_GRACE_S = 30.0
_MOST_EVENT_BYTES = 4 << 20
_GONE = 410
_STALE = (_GONE, 400, 401, 403, 404)
"""After one of these the list is read anew."""


class NamespaceWatch:
    """The pods of one namespace that carry the labels."""

    def __init__(
        self, api: KubeApi, namespace: str, labels: str, container: str, changed: Callable[[], None], backoff: Backoff
    ) -> None:
        """*changed* is called after `pods` did; an empty *namespace* is all of them."""
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
        """Until cancelled: what the API server says is in `pods`, and what is wrong in `problem`."""
        version = ""
        while True:
            try:
                version = version or await self.list()
                self._mend()
                version = await self._watch(version)
            except ApiError as error:
                self._break(error)
                if error.status in _STALE:
                    version = ""
                await asyncio.sleep(max(error.retry_after_s, self._backoff.next()))
            except msgspec.DecodeError as error:
                self._break(
                    TocsinError(f"what the API server says of pods in {self._where} is no JSON of pods: {error}")
                )
                version = ""
                await asyncio.sleep(self._backoff.next())

    async def list(self) -> str:
        """Read them all; the version to watch from."""
        found: list[PodObject] = []
        query = {"labelSelector": self._labels, "limit": str(_PAGE)}
        while True:
            answer = await self._api.get(self._path, query, wanted=f"list pods in {self._where}")
            page = read_list(answer)
            found += page.items or []
            if not page.metadata.continue_ or len(found) >= _MOST_PODS:
                break
            query["continue"] = page.metadata.continue_
        self.relists += 1
        self.listed = True
        self._replace(found)
        return page.metadata.resource_version

    def _replace(self, found: Sequence[PodObject]) -> None:
        pods = {}
        for one in found[:_MOST_PODS]:
            pod = pod_of(one, self._container)
            if pod.uid and pod.node:
                pods[pod.uid] = pod
        if pods != self.pods:
            self.pods = pods
            self._changed()

    async def _watch(self, version: str) -> str:
        """Until the server ends it; the version to go on from, empty where all is to be listed anew."""
        seconds = _WATCH_S + random.randrange(_WATCH_S // 4)  # noqa: S311
        query = {
            "labelSelector": self._labels,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
        }
        rest = b""
        wanted = f"watch pods in {self._where}"
        with contextlib.suppress(TimeoutError):  # the server did not end it, as it was asked to
            async with (
                asyncio.timeout(seconds + _GRACE_S),
                self._api.stream(self._path, query, wanted=wanted) as content,
            ):
                while chunk := await content.readany():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        version = self._heed(line) or version
                    self._backoff.reset()
                    if len(rest) > _MOST_EVENT_BYTES:
                        raise ApiError(f"{wanted}: an event of more than {_MOST_EVENT_BYTES >> 20} MiB")
        return version

    def _heed(self, line: bytes) -> str:
        if not line.strip():
            return ""
        event = read_event(line)
        if event.type == "ERROR":
            raise ApiError(f"watch pods in {self._where}: {event.object.message}", status=event.object.code or 500)
        found = event.object
        if event.type != "BOOKMARK":
            pod = pod_of(found, self._container)
            if event.type == "DELETED":
                if self.pods.pop(pod.uid, None) is not None:
                    self._changed()
            elif pod.uid and pod.node and self.pods.get(pod.uid) != pod and self._fits(pod):
                self.pods[pod.uid] = pod
                self._changed()
        return found.metadata.resource_version

    def _fits(self, pod: Pod) -> bool:
        return pod.uid in self.pods or len(self.pods) < _MOST_PODS

    def _break(self, error: TocsinError) -> None:
        if isinstance(error, ApiError) and error.status == _GONE:
            log.info("watch.expired", extra={"namespace": self.name})
            return
        if str(error) != self.problem:
            self.problem = str(error)
            log.warning("pods.unwatched", extra={"namespace": self.name, "error": self.problem})

    def _mend(self) -> None:
        self._backoff.reset()
        if self.problem:
            self.problem = ""
            log.info("pods.watched", extra={"namespace": self.name, "pods": len(self.pods)})

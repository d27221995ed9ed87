"""The pods of Tetragon: in which namespaces they are, and who they are."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from tocsin.collector.settings import DEFAULT_LABELS, Settings
from tocsin.collector.sources.kubernetes.api import ApiError, KubeApi
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.pods import NamespaceWatch

log = logging.getLogger(__name__)

_USUAL = ("kube-system", "tetragon")
_ALL = ""
_FEWER_LABELS = "app.kubernetes.io/name=tetragon"
_MOST_SEARCH_S = 15.0


class Directory:
    """All pods that are to be followed, kept up to date."""

    def __init__(self, api: KubeApi, settings: Settings, changed: Callable[[], None], *, most_backoff_s: float) -> None:
        """*changed* is called after `pods` did."""
        self._api = api
        self._settings = settings
        self._changed = changed
        self._most_backoff_s = most_backoff_s
        self._watched: list[NamespaceWatch] = []
        self._problem = "the API server was not asked yet"

    def pods(self) -> dict[str, Pod]:
        """By uid."""
        return {uid: pod for namespace in self._watched for uid, pod in namespace.pods.items()}

    @property
    def complete(self) -> bool:
        """Whether every list was read at least once: what is not in `pods` does not exist."""
        return bool(self._watched) and all(namespace.listed for namespace in self._watched)

    @property
    def namespaces(self) -> list[str]:
        """What is watched."""
        return [namespace.name or "(all)" for namespace in self._watched]

    @property
    def relists(self) -> int:
        """How often a list was read."""
        return sum(namespace.relists for namespace in self._watched)

    @property
    def problem(self) -> str:
        """Why pods may be missing, in words."""
        return self._problem or "; ".join(n.problem for n in self._watched if n.problem)

    async def keep(self) -> None:
        """Until cancelled: find the namespaces, and watch them."""
        backoff = self._backoff()
        while not self._watched:
            self._watched = await self._found()
            if not self._watched:
                await asyncio.sleep(backoff.next())
        self._problem = ""
        log.info("pods.found", extra={"namespaces": self.namespaces, "pods": len(self.pods())})
        async with asyncio.TaskGroup() as tasks:
            for namespace in self._watched:
                tasks.create_task(namespace.keep())

    def _backoff(self) -> Backoff:
        return Backoff(least_s=0.5, most_s=min(_MOST_SEARCH_S, self._most_backoff_s))

    def _namespace(self, name: str, labels: str) -> NamespaceWatch:
        container = self._settings.kube_container
        return NamespaceWatch(self._api, name, labels, container, self._changed, self._backoff())

    async def _found(self) -> list[NamespaceWatch]:
        """The namespaces that hold such pods; those of the settings alone need hold none yet."""
        labels = self._settings.kube_labels
        if self._settings.namespaces and labels != DEFAULT_LABELS:
            return [self._namespace(name, labels) for name in self._settings.namespaces]
        refusals: list[str] = []
        for tried in (labels, _FEWER_LABELS) if labels == DEFAULT_LABELS else (labels,):
            for names in self._candidates():
                found = await self._holding(names, tried, refusals)
                if found and self._settings.namespaces:
                    return [self._namespace(name, tried) for name in names]
                if found:
                    return found
        where = ", ".join(self._settings.namespaces) or "namespaces kube-system, tetragon and all that may be listed"
        self._tell("; ".join(dict.fromkeys(refusals)) or f"no pod with the labels {labels} in {where}")
        return []

    def _candidates(self) -> Iterator[Sequence[str]]:
        if self._settings.namespaces:
            yield self._settings.namespaces
            return
        own = _own_namespace(self._settings.kube_account_path)
        yield tuple(dict.fromkeys([*_USUAL, *([own] if own else [])]))
        yield (_ALL,)

    async def _holding(self, names: Sequence[str], labels: str, refusals: list[str]) -> list[NamespaceWatch]:
        found = []
        for name in names:
            namespace = self._namespace(name, labels)
            try:
                await namespace.list()
            except ApiError as error:
                if name or not refusals:
                    refusals.append(str(error))
                continue
            except msgspec.DecodeError as error:
                refusals.append(f"the API server's list of pods cannot be read: {error}")
                continue
            if namespace.pods:
                found.append(namespace)
        return found

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("pods.awaited", extra={"why": problem})
        self._problem = problem


def _own_namespace(account_path: str) -> str:
    try:
        return (Path(account_path) / "namespace").read_text(encoding="utf-8").strip()[:63]
    except (OSError, ValueError):
        return ""

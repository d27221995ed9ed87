"""The pods of Tetragon, in the namespaces that have any."""

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
    """All pods to follow, kept up to date."""

    def __init__(self, api: KubeApi, settings: Settings, changed: Callable[[], None], *, most_backoff_s: float) -> None:
        """*changed* is called after each change of `pods`."""
        self._api = api
        self._settings = settings
        self._changed = changed
        self._most_backoff_s = most_backoff_s
        self._watched: list[NamespaceWatch] = []
        self._problem = "no request was sent to the API server yet"

    def pods(self) -> dict[str, Pod]:
        """All pods, by uid."""
        return {uid: pod for namespace in self._watched for uid, pod in namespace.pods.items()}

    @property
    def complete(self) -> bool:
        """Whether every list was read at least once, so that a pod that is not in `pods` does not exist."""
        return bool(self._watched) and all(namespace.listed for namespace in self._watched)

    @property
    def namespaces(self) -> list[str]:
        """The watched namespaces."""
        return [namespace.name or "(all)" for namespace in self._watched]

    @property
    def relists(self) -> int:
        """Number of times a list was read."""
        return sum(namespace.relists for namespace in self._watched)

    @property
    def problem(self) -> str:
        """Why pods may be missing, in words; else empty."""
        return self._problem or "; ".join(n.problem for n in self._watched if n.problem)

    async def keep(self) -> None:
        """Find the namespaces and watch them, until cancelled."""
        backoff = self._backoff()
        while not self._watched:
            self._watched = await self._find()
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

    async def _find(self) -> list[NamespaceWatch]:
        """The namespaces that have such pods; namespaces of the settings with labels of the settings may have none."""
        labels = self._settings.kube_labels
        if self._settings.namespaces and labels != DEFAULT_LABELS:
            return [self._namespace(name, labels) for name in self._settings.namespaces]
        refusals: list[str] = []
        for tried in (labels, _FEWER_LABELS) if labels == DEFAULT_LABELS else (labels,):
            for names in self._candidates():
                namespaces = await self._with_pods(names, tried, refusals)
                if namespaces and self._settings.namespaces:
                    return [self._namespace(name, tried) for name in names]
                if namespaces:
                    return namespaces
        where = ", ".join(self._settings.namespaces) or "namespaces kube-system, tetragon and all that may be listed"
        self._report("; ".join(dict.fromkeys(refusals)) or f"no pod with the labels {labels} in {where}")
        return []

    def _candidates(self) -> Iterator[Sequence[str]]:
        """Groups of namespaces to search, in order."""
        if self._settings.namespaces:
            yield self._settings.namespaces
            return
        current = _current_namespace(self._settings.kube_account_path)
        yield tuple(dict.fromkeys([*_USUAL, *([current] if current else [])]))
        yield (_ALL,)

    async def _with_pods(self, names: Sequence[str], labels: str, refusals: list[str]) -> list[NamespaceWatch]:
        """Those of *names* that have pods; failures are added to *refusals*."""
        namespaces = []
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
                namespaces.append(namespace)
        return namespaces

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("pods.awaited", extra={"why": problem})
        self._problem = problem


def _current_namespace(account_path: str) -> str:
    """The namespace of the pod that this process runs in; empty outside of a pod."""
    try:
        return (Path(account_path) / "namespace").read_text(encoding="utf-8").strip()[:63]
    except (OSError, ValueError):
        return ""

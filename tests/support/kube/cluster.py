"""Namespaces, nodes, pods and accounts of one test, and what happens to them; all but namespaces goes with it."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from support.kube import manifests
from support.kube.accounts import POD_LOGS, Account
from support.kube.api import Api, Object
from support.kube.apiserver import ApiServer
from support.kube.closing import no_connections
from support.kube.kubelet import Kubelet
from support.kube.logs import ContainerLog


@dataclass(frozen=True)
class Node:
    """A Node and the kubelet that the API server reaches for it."""

    name: str
    kubelet: Kubelet


@dataclass
class Pod:
    """A pod as it was made; ``uid`` tells one from a later one of the same name."""

    namespace: str
    name: str
    uid: str
    node: Node
    labels: Mapping[str, str]
    containers: Sequence[str]
    restarts: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the API server has it."""
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"

    def log(self, container: str = "export-stdout") -> ContainerLog:
        """What *container* writes."""
        assert container in self.containers
        return self.node.kubelet.log(self.namespace, self.name, container)


class Cluster:
    """What one test has in the API server of the session; see ``open_cluster``."""

    def __init__(self, server: ApiServer, api: Api, namespace: str) -> None:
        self.server = server
        self.api = api
        """Requests with all rights."""
        self.namespace = namespace
        """One of its own, where things go unless the test says otherwise."""
        self._nodes: list[Node] = []
        self._pods: list[Pod] = []
        self._accounts: list[Account] = []

    async def add_namespace(self, name: str = "") -> str:
        """Make a namespace with its account ``default``; it may be there already. Returns its name."""
        name = name or f"test-{secrets.token_hex(4)}"
        await self.api.ensure("/api/v1/namespaces", {"metadata": {"name": name}})
        account = {"metadata": {"name": "default"}}
        await self.api.ensure(f"/api/v1/namespaces/{name}/serviceaccounts", account)
        return name

    async def node(self, name: str = "") -> Node:
        """Register a node and start its kubelet; a *name* must not be used by any other test."""
        name = name or f"node-{secrets.token_hex(4)}"
        node = Node(name, Kubelet(self.server.pki))
        await node.kubelet.start()
        self._nodes.append(node)
        made = await self.api.create("/api/v1/nodes", {"metadata": {"name": name}})
        await self.api.replace(
            f"/api/v1/nodes/{name}/status", {**made, "status": manifests.node_status(node.kubelet.port)}
        )
        return node

    async def tetragon_pod(self, node: Node, *, namespace: str = "", name: str = "", running: bool = True) -> Pod:
        """An agent as Tetragon's DaemonSet makes it, with empty logs."""
        name = name or f"tetragon-{secrets.token_hex(3)}"
        labels, containers = manifests.TETRAGON_LABELS, manifests.TETRAGON_CONTAINERS
        return await self.pod(node, name, labels, containers, namespace=namespace, running=running)

    async def pod(
        self,
        node: Node,
        name: str,
        labels: Mapping[str, str],
        containers: Sequence[str],
        *,
        namespace: str = "",
        running: bool = True,
    ) -> Pod:
        """Any pod; where not *running* its containers wait and have no logs until ``run``."""
        namespace = namespace or self.namespace
        body = manifests.pod(name, node.name, labels, containers)
        made = await self.api.create(f"/api/v1/namespaces/{namespace}/pods", body)
        pod = Pod(namespace, name, made["metadata"]["uid"], node, labels, containers)
        self._pods.append(pod)
        if running:
            await self.run(pod)
        else:
            await self._report(pod, running=False)
        return pod

    async def run(self, pod: Pod) -> None:
        """The containers of *pod* run and are ready."""
        for container in pod.containers:
            pod.log(container)
        await self._report(pod, running=True)

    async def restart(self, pod: Pod, container: str = "export-stdout") -> None:
        """*container* ends and runs again: readers end, its log is the previous one, restartCount goes up."""
        pod.log(container).restart()
        pod.restarts[container] = pod.restarts.get(container, 0) + 1
        await self._report(pod, running=True)

    async def delete(self, pod: Pod) -> None:
        """Its containers end, then the object is gone."""
        pod.node.kubelet.remove(pod.namespace, pod.name)
        self._pods.remove(pod)
        await self.api.remove(pod.path)

    async def mark_deleted(self, pod: Pod, *, grace_s: int = 30) -> None:
        """Only set its deletionTimestamp, as when a DaemonSet is rolled; its containers run until ``delete``."""
        await self.api.delete(pod.path, grace_s=grace_s)

    async def recreate(self, pod: Pod, *, node: Node | None = None) -> Pod:
        """Delete it and make another of the same name, on the same node unless one is given."""
        await self.delete(pod)
        return await self.pod(node or pod.node, pod.name, pod.labels, pod.containers, namespace=pod.namespace)

    async def remove_node(self, node: Node) -> None:
        """The machine is gone: its pods, its Node and its kubelet."""
        for pod in [pod for pod in self._pods if pod.node is node]:
            await self.delete(pod)
        self._nodes.remove(node)
        await node.kubelet.stop()
        await self.api.remove(f"/api/v1/nodes/{node.name}")

    async def account(
        self,
        name: str = "collector",
        *,
        namespaces: Sequence[str | None] | None = None,
        rules: tuple[Object, ...] = POD_LOGS,
    ) -> Account:
        """A ServiceAccount in ``cluster.namespace`` with *rules* there, or in *namespaces* (``None``: everywhere)."""
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts"
        made = await self.api.create(path, {"metadata": {"name": name}})
        account = Account(name, self.namespace, made["metadata"]["uid"], self.server, self.api)
        self._accounts.append(account)
        for namespace in [self.namespace] if namespaces is None else namespaces:
            await account.grant(namespace, rules)
        return account

    async def close(self) -> None:
        """Remove what this test has made, so that no other sees it."""
        for node in list(self._nodes):
            await self.remove_node(node)
        for account in self._accounts:
            await account.delete()

    async def _report(self, pod: Pod, *, running: bool) -> None:
        status = manifests.pod_status(pod.containers, pod.restarts, running=running)
        await self.api.patch(f"{pod.path}/status", {"status": status})


@asynccontextmanager
async def open_cluster(server: ApiServer) -> AsyncIterator[Cluster]:
    """A fresh namespace in *server*, which is started where a test has left it dead."""
    if not server.running:
        server.start()
    try:
        async with server.admin() as api:
            cluster = Cluster(server, api, "")
            cluster.namespace = await cluster.add_namespace()
            try:
                yield cluster
            finally:
                if not server.running:
                    server.start()
                await cluster.close()
    finally:
        await no_connections(server.port)

"""A real Kubernetes API server for tests, and kubelets whose logs and faults the test controls.

The programs come from ``scripts/kube-tools``; without them the fixtures skip. Tests in tests/integration/collector/kubernetes/ have the
fixtures ``api_server``, one for the session, and ``cluster``, a fresh namespace for each test; the conftest.py of another
folder imports them from ``support.kube.fixtures`` and has the same server::

    async def test_lines_arrive(api_server: ApiServer, cluster: Cluster, tmp_path: Path) -> None:
        node = await cluster.node()                        # a Node and its kubelet, in this loop
        pod = await cluster.tetragon_pod(node)             # labels and containers as Tetragon's DaemonSet has them
        pod.log().write(b'{"process_exec":{}}')            # export-stdout; pod.log("tetragon") is the other one
        account = await cluster.account("collector")       # may read pods and logs in cluster.namespace
        token = await account.token(expires_s=600)         # below 600 s (also negative) we sign it ourselves
        config = account.kubeconfig(tmp_path / "kubeconfig", token)    # a file for kubernetes_asyncio, helm
        names = account.mount(tmp_path / "sa", token)      # token, ca.crt, namespace as in a pod; returns the variables
        async with account.api(token) as api:              # plain requests as that account; Refused has .status
            await api.get(f"/api/v1/namespaces/{cluster.namespace}/pods")
        await account.revoke()                             # its rights are gone, its token stays

Faults of one log (``ContainerLog``): ``end_streams``, ``reset_streams``, ``cut(line, after_bytes=9)``, ``hold``/``release``
(silence), ``rotate(follow="on" | "lost" | "ended")``, ``write_raw`` (bytes without newline: cut, mixed and split lines),
``chunk_bytes``. A follow of an empty log sends no headers until the first line, as a kubelet's does.
Faults of a node (``Kubelet``): ``refuse``/``accept``, ``fail(500, times=2)``/``heal``, ``hold``/``release`` (slow answers).
To see: ``kubelet.requests``, ``kubelet.asked("sinceTime")``, ``log.streams`` (how many are open).
Life of a pod: ``cluster.restart(pod)`` (restartCount, previous log), ``delete(pod)``, ``recreate(pod)`` (same name, new uid).
The server: ``kill()``, ``start()``, ``restart()`` (same port, same objects), ``with stand_still():``. They block, so in a
test that runs a client in the same loop use ``await asyncio.to_thread(api_server.restart)``. Open streams end with it, and
a watch from an older resourceVersion gets 410. Helm runs with ``tool("helm")`` and ``api_server.kubeconfig(path)``.

There is no controller manager and no scheduler: nothing but the test changes an object, and a namespace never goes away
(pods, nodes and roles of a test do). An API server remembers for 10 s that a token was good.
"""

from support.kube.accounts import POD_LOGS, Account
from support.kube.api import Api, Refused
from support.kube.apiserver import ApiServer
from support.kube.cluster import Cluster, Node, Pod
from support.kube.kubelet import Kubelet, LogRequest
from support.kube.logs import ContainerLog
from support.kube.tools import missing_tools, tool

__all__ = [
    "POD_LOGS",
    "Account",
    "Api",
    "ApiServer",
    "Cluster",
    "ContainerLog",
    "Kubelet",
    "LogRequest",
    "Node",
    "Pod",
    "Refused",
    "missing_tools",
    "tool",
]

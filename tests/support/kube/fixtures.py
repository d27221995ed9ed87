"""One API server for the session, and a fresh namespace with nodes and pods of its own for each test.

A conftest.py takes them with ``from support.kube.fixtures import api_server, cluster``; several share the one server.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from support.kube.apiserver import ApiServer
from support.kube.cluster import Cluster, open_cluster
from support.kube.tools import missing_tools

_started: list[ApiServer] = []


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A real kube-apiserver with etcd; objects stay for the session."""
    if reason := missing_tools():
        pytest.skip(reason)
    if _started:  # by the conftest.py of another folder, which stops it at the end
        yield _started[0]
        return
    server = ApiServer(tmp_path_factory.mktemp("kube"))
    _started.append(server)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        _started.clear()


@pytest.fixture
async def cluster(api_server: ApiServer) -> AsyncIterator[Cluster]:
    """A namespace, and the means to fill it; what the test makes is removed after it."""
    async with open_cluster(api_server) as cluster:
        yield cluster

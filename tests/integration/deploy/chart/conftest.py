"""helm, and one API server for the session that knows the kinds of Tetragon and of the Prometheus operator."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from support import crds
from support.kube import ApiServer, Cluster, missing_tools
from support.kube.cluster import open_cluster
from support.waiting import until


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    if reason := missing_tools():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A real kube-apiserver with etcd; objects stay for the session."""
    try:
        definitions = crds.definitions()
    except OSError as error:
        pytest.skip(f"the real CustomResourceDefinitions cannot be had: {error}")
    server = ApiServer(tmp_path_factory.mktemp("kube"))
    try:
        server.start()
        asyncio.run(_define(server, definitions))
        yield server
    finally:
        server.stop()


@pytest.fixture
async def cluster(api_server: ApiServer) -> AsyncIterator[Cluster]:
    """A namespace of its own for each test."""
    async with open_cluster(api_server) as cluster:
        yield cluster


async def _define(server: ApiServer, definitions: list[crds.Object]) -> None:
    """Create them, and wait until objects of their kinds can be."""
    async with server.admin() as api:
        for body in definitions:
            await api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
        for body in definitions:
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{body['metadata']['name']}"

            async def established(path: str = path) -> bool:
                found = (await api.get(path)).get("status", {}).get("conditions", [])
                return any(one["type"] == "Established" and one["status"] == "True" for one in found)

            await until(established, 30.0, f"{path} is established")

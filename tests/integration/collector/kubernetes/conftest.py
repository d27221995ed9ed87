"""The API server and the cluster of support.kube, for the tests of this folder."""

from support.kube.fixtures import api_server, cluster

__all__ = ["api_server", "cluster"]

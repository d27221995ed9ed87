"""The API server of support.kube, for what the doctor reads of a cluster."""

from support.kube.fixtures import api_server, cluster

__all__ = ["api_server", "cluster"]

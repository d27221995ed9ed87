"""The objects of a cluster as the API server wants them: nodes, and pods as a kubelet reports them."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from support.kube.api import Object

TETRAGON_LABELS = {
    "app.kubernetes.io/name": "tetragon",
    "app.kubernetes.io/instance": "tetragon",
    "app.kubernetes.io/component": "agent",
}
TETRAGON_CONTAINERS = ("export-stdout", "tetragon")


def node_status(kubelet_port: int) -> Object:
    """The API server finds the kubelet by this."""
    return {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
        "conditions": [{"type": "Ready", "status": "True"}],
    }


def pod(name: str, node: str, labels: Mapping[str, str], containers: Sequence[str]) -> Object:
    """A pod on *node*, in the network of its host as Tetragon's is."""
    return {
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "nodeName": node,
            "hostNetwork": True,
            "automountServiceAccountToken": False,
            "containers": [{"name": container, "image": f"example.invalid/{container}:1"} for container in containers],
        },
    }


def pod_status(containers: Sequence[str], restarts: Mapping[str, int], *, running: bool) -> Object:
    """What a kubelet reports of all *containers*; those that wait have never run."""
    return {
        "phase": "Running" if running else "Pending",
        "hostIP": "127.0.0.1",
        "podIP": "127.0.0.1",
        "conditions": [{"type": "Ready", "status": "True" if running else "False"}],
        "containerStatuses": [_container_status(name, restarts.get(name, 0), running=running) for name in containers],
    }


def _container_status(name: str, restarts: int, *, running: bool) -> Object:
    status: Object = {
        "name": name,
        "image": f"example.invalid/{name}:1",
        "imageID": "",
        "ready": running,
        "restartCount": restarts,
        "state": {"running": {"startedAt": _now()}} if running else {"waiting": {"reason": "ContainerCreating"}},
    }
    if running:
        status["containerID"] = f"containerd://{time.time_ns():064x}"
    if restarts:
        status["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": _now()}}
    return status


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

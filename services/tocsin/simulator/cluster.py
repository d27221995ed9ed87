"""The simulated cluster: nodes, namespaces, workloads and their pods, all generated from the seed."""

import random
from typing import Any

from msgspec import Struct

from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.simulator.event_numbers import LABEL
from tocsin.simulator.template import NUMBER, text_slot

_KUBERNETES_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")
_CONTAINER_AGE_NS = 3 * 3_600 * NS_PER_S


class Workload(Struct, frozen=True):
    """A Kubernetes workload, and the first process of its container."""

    namespace: str
    name: str
    kind: str
    role: str
    """Selects its normal activity; see ``background``."""
    image: str
    binary: str
    arguments: str
    uid: int
    replicas: int = 1
    port: int = 0
    privileged: bool = False


WORKLOADS = (
    Workload("shop", "storefront", "Deployment", "web", "docker.io/library/nginx:1.27", "/usr/sbin/nginx",
             '-g "daemon off;"', 101, 3, 8080),
    Workload("shop", "catalog", "Deployment", "php", "registry.example.com/shop/catalog:8.3.11",
             "/usr/local/sbin/php-fpm", "--nodaemonize", 33, 2, 9000),
    Workload("shop", "cart", "Deployment", "node", "registry.example.com/shop/cart:4.2.0", "/usr/local/bin/node",
             "--max-old-space-size=384 server.js", 1000, 2, 3000),
    Workload("payments", "api", "Deployment", "python", "registry.example.com/payments/api:2.3.1",
             "/usr/local/bin/python3.12", "/usr/local/bin/gunicorn --workers 4 --bind 0.0.0.0:8000 api.wsgi", 1000, 3,
             8000),
    Workload("payments", "ledger", "Deployment", "java", "registry.example.com/payments/ledger:1.19.4",
             "/opt/java/openjdk/bin/java", "-XX:MaxRAMPercentage=75 -jar /app/ledger.jar", 1000, 2, 8080),
    Workload("payments", "db", "StatefulSet", "postgres", "docker.io/library/postgres:16.4",
             "/usr/lib/postgresql/16/bin/postgres", "-c shared_buffers=256MB", 999, 1, 5432),
    Workload("shop", "sessions", "StatefulSet", "redis", "docker.io/library/redis:7.4-alpine",
             "/usr/local/bin/redis-server", "*:6379", 999, 1, 6379),
    Workload("ops", "backup", "CronJob", "batch", "registry.example.com/ops/backup:0.9.2", "/bin/sh",
             "-c /scripts/backup.sh", 0, 2),
    Workload("ci", "runner", "Deployment", "ci", "registry.example.com/ci/runner:17.3", "/usr/bin/dumb-init",
             "/entrypoint run --working-directory=/builds", 1001, 2),
    Workload("monitoring", "node-agent", "DaemonSet", "agent", "quay.io/prometheus/node-exporter:v1.8.2",
             "/bin/node_exporter", "--path.rootfs=/host/root --path.procfs=/host/proc", 65534,
             port=9100, privileged=True),
    Workload("kube-system", "coredns", "Deployment", "dns", "registry.k8s.io/coredns/coredns:v1.11.3", "/coredns",
             "-conf /etc/coredns/Corefile", 65532, 2, 53),
    Workload("ingress", "gateway", "Deployment", "web", "registry.k8s.io/ingress-nginx/controller:v1.11.2",
             "/usr/bin/nginx", "-c /etc/nginx/nginx.conf", 101, 2, 443),
)  # fmt: skip


class Node(Struct, frozen=True):
    """A machine of the cluster."""

    name: str
    address: str
    labels: dict[str, str]
    """The labels in each of its events, with a slot for the number; keys sorted, as protojson writes them."""


class Pod(Struct, frozen=True):
    """A pod with one container, and its node."""

    node: Node
    workload: Workload
    name: str
    address: str
    container_id: str
    fields: dict[str, Any]
    """Its JSON without the pid in the container and the probe flag; keys in the order of the schema."""

    def json(self, pid: int, *, probe: bool = False) -> dict[str, Any]:
        """The pod in the event of a process that has this *pid* in the container."""
        container = dict(self.fields["container"])
        security = container.pop("security_context")
        container["pid"] = pid
        if probe:
            container["maybe_exec_probe"] = True
        container["security_context"] = security
        return {**self.fields, "container": container}


def build_nodes(rng: random.Random, count: int) -> list[Node]:
    """Generate *count* nodes."""
    return [_node(rng, i) for i in range(count)]


def build_pods(rng: random.Random, nodes: list[Node], start_ns: int) -> list[Pod]:
    """Generate the pods of all workloads, spread over the nodes; they start before the agent does at *start_ns*."""
    pods: list[Pod] = []
    for workload in WORKLOADS:
        copies = len(nodes) if workload.kind == "DaemonSet" else workload.replicas
        offset = rng.randrange(len(nodes))
        for copy in range(copies):
            node = nodes[(offset + copy) % len(nodes)]
            pods.append(_pod(rng, workload, node, copy, start_ns, len(pods)))
    return pods


def _node(rng: random.Random, index: int) -> Node:
    name = f"worker-{index + 1}"
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": rng.choice(("m6i.large", "m6i.xlarge", "c6i.xlarge")),
        "topology.kubernetes.io/zone": _ZONES[index % len(_ZONES)],
        LABEL: text_slot(NUMBER),
    }
    return Node(name=name, address=f"10.0.{index // 200}.{10 + index % 200}", labels=dict(sorted(labels.items())))


def _pod(rng: random.Random, workload: Workload, node: Node, copy: int, start_ns: int, index: int) -> Pod:
    template_hash = _letters(rng, 9)
    owner = {
        "Deployment": f"{workload.name}-{template_hash}-{_letters(rng, 5)}",
        "StatefulSet": f"{workload.name}-{copy}",
        "DaemonSet": f"{workload.name}-{_letters(rng, 5)}",
        "CronJob": f"{workload.name}-{rng.randrange(29_300_000, 29_400_000)}-{_letters(rng, 5)}",
    }
    container_id = _hex(rng, 64)
    labels = {"app": workload.name, "app.kubernetes.io/part-of": workload.namespace}
    if workload.kind == "Deployment":
        labels["pod-template-hash"] = template_hash
    repository = workload.image.rpartition(":")[0]
    fields = {
        "namespace": workload.namespace,
        "name": owner[workload.kind],
        "uid": f"{_hex(rng, 8)}-{_hex(rng, 4)}-4{_hex(rng, 3)}-a{_hex(rng, 3)}-{_hex(rng, 12)}",
        "container": {
            "id": f"containerd://{container_id}",
            "name": workload.name,
            "image": {"id": f"{repository}@sha256:{_hex(rng, 64)}", "name": workload.image},
            "start_time": format_ns(start_ns - rng.randrange(_CONTAINER_AGE_NS))[:19] + "Z",
            "security_context": {"privileged": True} if workload.privileged else {},
        },
        "pod_labels": labels,
        "workload": workload.name,
        "workload_kind": workload.kind,
    }
    address = f"10.244.{index // 200}.{10 + index % 200}"
    return Pod(node, workload, owner[workload.kind], address, container_id, fields)


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(_KUBERNETES_LETTERS) for _ in range(count))


def _hex(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"

"""Tetragon's ConfigMap and TracingPolicies, where we may read them; nothing else of the cluster is asked for."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from msgspec import Struct

from tocsin.cli.doctor.finding import Unseen
from tocsin.sigma.authoring import tracing_policies
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.syntax.problems import RuleError

_NAMESPACES = ("kube-system", "tetragon")
_CONFIG = "tetragon-config"
_GROUP, _VERSION, _PLURAL = "cilium.io", "v1alpha1", "tracingpolicies"
_ANSWER_S = 5.0
_NOT_FOUND = 404
_IN_CLUSTER = "KUBERNETES_SERVICE_HOST"
LOOK = "kubectl -n kube-system get configmap tetragon-config -o yaml"
LOOK_AT_POLICIES = "kubectl get tracingpolicies,tracingpoliciesnamespaced -A"


class Cluster(Struct, frozen=True):
    """What the API server told."""

    agent: Mapping[str, str] | Unseen
    policies: Sequence[Hook] | Unseen


async def cluster(kubeconfig: str, namespace: str, environ: Mapping[str, str] = os.environ) -> Cluster:
    """With *kubeconfig*, or as the pod that we are in; `Unseen` in each place that cannot be read."""
    if not kubeconfig and _IN_CLUSTER not in environ:
        return _unseen("Tetragon's settings lie in the cluster, which was not asked (--kubeconfig FILE asks it)")
    try:
        from kubernetes_asyncio import client, config  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return _unseen("the cluster cannot be asked without the extra kubernetes: pip install 'tocsin[kubernetes]'")
    chosen = client.Configuration()
    try:
        if kubeconfig:
            await config.load_kube_config(config_file=kubeconfig, client_configuration=chosen)
        else:
            config.load_incluster_config(client_configuration=chosen)  # type: ignore[no-untyped-call,unused-ignore]
    except Exception as error:  # the library raises whatever its parsing meets
        return _unseen(f"the cluster cannot be asked: {str(error)[:200] or type(error).__name__}")
    async with client.ApiClient(configuration=chosen) as api:
        return Cluster(
            await _agent(client, api, [namespace] if namespace else _NAMESPACES), await _policies(client, api)
        )


def _unseen(why: str) -> Cluster:
    return Cluster(Unseen(why, LOOK), Unseen(why, LOOK_AT_POLICIES))


async def _agent(client: Any, api: Any, namespaces: Sequence[str]) -> Mapping[str, str] | Unseen:
    core, why = client.CoreV1Api(api), ""
    for namespace in namespaces:
        try:
            found = await core.read_namespaced_config_map(_CONFIG, namespace, _request_timeout=_ANSWER_S)
            return dict(found.data or {})
        except Exception as error:  # the same: what its transport raises is no one kind
            why = why if getattr(error, "status", 0) == _NOT_FOUND and why else _said(error)
    return Unseen(f"Tetragon's ConfigMap {_CONFIG} in {' or '.join(namespaces)}: {why}", LOOK)


async def _policies(client: Any, api: Any) -> Sequence[Hook] | Unseen:
    custom = client.CustomObjectsApi(api)
    try:
        listed = await custom.list_cluster_custom_object(_GROUP, _VERSION, _PLURAL, _request_timeout=_ANSWER_S)
        return [hook for item in listed.get("items", []) for hook in hooks(item)]
    except Exception as error:
        return Unseen(f"the cluster's TracingPolicies: {_said(error)}", LOOK_AT_POLICIES)


def hooks(item: Mapping[str, Any]) -> Sequence[Hook]:
    """Of one policy; of one that cannot be read, none: the agent reads none of it either."""
    kept = {"kind": "TracingPolicy", "metadata": {"name": (item.get("metadata") or {}).get("name")}}
    try:
        return tracing_policies.hooks(yaml.safe_dump({**kept, "spec": item.get("spec")}).encode(), "the cluster")
    except (RuleError, yaml.YAMLError):
        return ()


def _said(error: Exception) -> str:
    status = getattr(error, "status", 0)
    if status in (401, 403):
        return f"we may not read it ({status})"
    if status == _NOT_FOUND:
        return "there is none (404)"
    return str(error)[:200] or type(error).__name__

"""Tetragon's ConfigMap and TracingPolicies, if they may be read; nothing else of the cluster is requested."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from msgspec import Struct

from tocsin.cli.doctor.finding import Unknown
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
    """What the API server answered."""

    agent: Mapping[str, str] | Unknown
    policies: Sequence[Hook] | Unknown


async def cluster(kubeconfig: str, namespace: str, environ: Mapping[str, str] = os.environ) -> Cluster:
    """Settings and policies, read with *kubeconfig* or as the current pod; `Unknown` for what cannot be read."""
    if not kubeconfig and _IN_CLUSTER not in environ:
        return _unseen("Tetragon's settings are in the cluster, which was not read (use --kubeconfig FILE)")
    try:
        from kubernetes_asyncio import client, config  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return _unseen("the cluster cannot be read without the extra kubernetes: pip install 'tocsin[kubernetes]'")
    configuration = client.Configuration()
    try:
        if kubeconfig:
            await config.load_kube_config(config_file=kubeconfig, client_configuration=configuration)
        else:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call,unused-ignore]
    except Exception as error:  # the library raises errors of many types
        return _unseen(f"the cluster cannot be read: {str(error)[:200] or type(error).__name__}")
    async with client.ApiClient(configuration=configuration) as api:
        return Cluster(
            await _agent(client, api, [namespace] if namespace else _NAMESPACES), await _policies(client, api)
        )


def _unseen(why: str) -> Cluster:
    return Cluster(Unknown(why, LOOK), Unknown(why, LOOK_AT_POLICIES))


async def _agent(client: Any, api: Any, namespaces: Sequence[str]) -> Mapping[str, str] | Unknown:
    core, reason = client.CoreV1Api(api), ""
    for namespace in namespaces:
        try:
            config_map = await core.read_namespaced_config_map(_CONFIG, namespace, _request_timeout=_ANSWER_S)
            return dict(config_map.data or {})
        except Exception as error:  # the transport raises errors of many types
            reason = reason if getattr(error, "status", 0) == _NOT_FOUND and reason else _error_text(error)
    return Unknown(f"Tetragon's ConfigMap {_CONFIG} in {' or '.join(namespaces)}: {reason}", LOOK)


async def _policies(client: Any, api: Any) -> Sequence[Hook] | Unknown:
    custom = client.CustomObjectsApi(api)
    try:
        answer = await custom.list_cluster_custom_object(_GROUP, _VERSION, _PLURAL, _request_timeout=_ANSWER_S)
        return [hook for item in answer.get("items", []) for hook in hooks(item)]
    except Exception as error:
        return Unknown(f"the cluster's TracingPolicies: {_error_text(error)}", LOOK_AT_POLICIES)


def hooks(item: Mapping[str, Any]) -> Sequence[Hook]:
    """The hooks of one policy; none if it is invalid, since the agent does not load it either."""
    head = {"kind": "TracingPolicy", "metadata": {"name": (item.get("metadata") or {}).get("name")}}
    try:
        return tracing_policies.hooks(yaml.safe_dump({**head, "spec": item.get("spec")}).encode(), "the cluster")
    except (RuleError, yaml.YAMLError):
        return ()


def _error_text(error: Exception) -> str:
    status = getattr(error, "status", 0)
    if status in (401, 403):
        return f"no permission to read it ({status})"
    if status == _NOT_FOUND:
        return "it does not exist (404)"
    return str(error)[:200] or type(error).__name__

"""The collector's account can do exactly what it needs, by its own token; all others can do nothing."""

import pytest

from support.charts import Object, render
from support.charts import objects as read
from support.kube import Account, Api, Cluster, Refused

_NEEDED = [("pods", "", "get"), ("pods", "", "list"), ("pods", "", "watch"), ("pods", "log", "get")]
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*")
_RESOURCES = [
    ("", "pods"), ("", "pods/log"), ("", "pods/exec"), ("", "pods/attach"), ("", "pods/portforward"), ("", "pods/proxy"),
    ("", "pods/ephemeralcontainers"), ("", "pods/eviction"), ("", "secrets"), ("", "configmaps"), ("", "namespaces"), ("", "nodes"),
    ("", "nodes/proxy"), ("", "services"), ("", "events"), ("", "serviceaccounts"), ("", "serviceaccounts/token"),
    ("apps", "deployments"), ("apps", "daemonsets"), ("batch", "jobs"), ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"), ("cilium.io", "tracingpolicies"), ("*", "*"),
]  # fmt: skip


@pytest.fixture
async def rights(cluster: Cluster) -> tuple[Account, str]:
    """The chart's own accounts and rights in the API server, and the namespace of Tetragon that they are for."""
    tetragon = await cluster.add_namespace()
    found = read(render("default", "--set", f"tetragon.namespaces={{{tetragon}}}", namespace=cluster.namespace))
    made = [one for one in found if one["kind"] in ("ServiceAccount", "Role", "RoleBinding")]
    assert not [one for one in found if one["kind"].startswith("Cluster")]
    for one in made:
        answer = await cluster.api.apply(one, namespace=cluster.namespace)
        if one["metadata"]["name"] == "tocsin-collector" and one["kind"] == "ServiceAccount":
            uid = answer["metadata"]["uid"]
    return Account("tocsin-collector", cluster.namespace, uid, cluster.server, cluster.api), tetragon


async def _may(api: Api, namespace: str, group: str, resource: str, verb: str, user: str = "") -> bool:
    """Whether *user*, or whoever asks, may do it; an empty namespace is all of them."""
    plain, _, sub = resource.partition("/")
    asked = {"namespace": namespace, "group": group, "resource": plain, "subresource": sub, "verb": verb}
    kind = "SubjectAccessReview" if user else "SelfSubjectAccessReview"
    spec: Object = {"resourceAttributes": asked} | ({"user": user} if user else {})
    path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
    return bool((await api.create(path, {"kind": kind, "spec": spec}))["status"]["allowed"])


async def test_the_account_may_read_pods_and_logs_beside_tetragon_and_nothing_else(
    rights: tuple[Account, str], cluster: Cluster
) -> None:
    account, tetragon = rights
    allowed = set()
    async with account.api(await account.token()) as api:
        for namespace in (tetragon, cluster.namespace, "default", "kube-system", ""):
            for group, resource in _RESOURCES:
                for verb in _VERBS:
                    if await _may(api, namespace, group, resource, verb):
                        allowed.add((namespace, resource, verb))
    assert allowed == {(tetragon, "/".join(filter(None, part[:2])), part[2]) for part in _NEEDED}


async def test_its_token_reads_pods_and_a_log_and_is_refused_a_secret_and_another_namespace(
    rights: tuple[Account, str], cluster: Cluster
) -> None:
    account, tetragon = rights
    node = await cluster.node()
    pod = await cluster.tetragon_pod(node, namespace=tetragon)
    pod.log().write(b'{"process_exec":{}}')
    async with account.api(await account.token()) as api:
        listed = await api.get(f"/api/v1/namespaces/{tetragon}/pods")
        assert [one["metadata"]["name"] for one in listed["items"]] == [pod.name]
        async with api.stream(f"{pod.path}/log", container="export-stdout") as answer:
            assert b"process_exec" in await answer.content.read()
        for path in (
            f"/api/v1/namespaces/{tetragon}/secrets",
            f"/api/v1/namespaces/{cluster.namespace}/secrets/tocsin-nats-users",
            f"/api/v1/namespaces/{cluster.namespace}/pods",
            "/api/v1/namespaces/kube-system/pods",
            "/api/v1/pods",
            "/api/v1/nodes",
            "/api/v1/namespaces",
        ):
            with pytest.raises(Refused) as refused:
                await api.get(path)
            assert refused.value.status == 403, path
        with pytest.raises(Refused) as refused:
            await api.delete(pod.path)
        assert refused.value.status == 403


async def test_the_account_of_all_other_pods_may_do_nothing(rights: tuple[Account, str], cluster: Cluster) -> None:
    _, tetragon = rights
    user = f"system:serviceaccount:{cluster.namespace}:tocsin"
    for namespace in (tetragon, cluster.namespace):
        for group, resource in _RESOURCES:
            for verb in ("get", "list", "create"):
                assert not await _may(cluster.api, namespace, group, resource, verb, user), (resource, verb)

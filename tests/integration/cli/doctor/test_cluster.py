"""Tetragon's ConfigMap, read from a real API server where we may, and told as unknown where we may not."""

from pathlib import Path

from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.gather.cluster import LOOK
from tocsin.cli.doctor.gather.cluster import cluster as looked

from support.kube import Cluster

_READS = ({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},)
_SETTINGS = {"export-filename": "/var/log/tetragon/tetragon.log", "export-denylist": '{"namespace":[""]}'}


async def _kubeconfig(cluster: Cluster, path: Path, *, reads: bool) -> str:
    account = await cluster.account("doctor")
    await account.revoke()
    if reads:
        await account.grant(cluster.namespace, _READS)
    return str(account.kubeconfig(path / "kubeconfig", await account.token()))


async def test_the_settings_are_read_by_whoever_may(cluster: Cluster, tmp_path: Path) -> None:
    body = {"metadata": {"name": "tetragon-config"}, "data": _SETTINGS}
    await cluster.api.create(f"/api/v1/namespaces/{cluster.namespace}/configmaps", body)
    config = await _kubeconfig(cluster, tmp_path, reads=True)
    found = await looked(config, cluster.namespace, {})
    assert found.agent == _SETTINGS
    assert isinstance(found.policies, Unknown)
    assert "kubectl get tracingpolicies" in found.policies.do


async def test_without_the_right_the_command_to_look_is_told(cluster: Cluster, tmp_path: Path) -> None:
    found = await looked(await _kubeconfig(cluster, tmp_path, reads=False), cluster.namespace, {})
    assert isinstance(found.agent, Unknown)
    assert "no permission to read it (403)" in found.agent.why
    assert found.agent.do == LOOK


async def test_a_namespace_without_tetragon_is_told(cluster: Cluster, tmp_path: Path) -> None:
    found = await looked(await _kubeconfig(cluster, tmp_path, reads=True), cluster.namespace, {})
    assert isinstance(found.agent, Unknown)
    assert "it does not exist (404)" in found.agent.why


async def test_no_cluster_is_asked_that_was_not_named() -> None:
    found = await looked("", "", {"KUBECONFIG": "/root/.kube/config"})
    assert isinstance(found.agent, Unknown)
    assert "use --kubeconfig FILE" in found.agent.why


async def test_a_kubeconfig_that_cannot_be_used_is_told_and_nothing_else_breaks(tmp_path: Path) -> None:
    broken = tmp_path / "kubeconfig"
    broken.write_text("a: [")
    for path in (broken, tmp_path / "none"):
        found = await looked(str(path), "", {})
        assert isinstance(found.agent, Unknown)
        assert "the cluster cannot be read" in found.agent.why


async def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        "clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: a, user: {token: x}}]\n"
        "contexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\n"
    )
    found = await looked(str(config), "", {})
    assert isinstance(found.agent, Unknown)
    assert "127.0.0.1" in found.agent.why

"""helm installs and upgrades on a real API server: what was made once is kept, what changed starts pods anew."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from support.charts import CHART, RELEASE, ChartRefused, helm, values_of
from support.kube import ApiServer, Cluster

Run = Callable[..., str]


@pytest.fixture
async def run(api_server: ApiServer, cluster: Cluster, tmp_path: Path) -> Run:
    """helm as the administrator, in the namespace of the test."""
    config = api_server.kubeconfig(tmp_path / "kubeconfig", namespace=cluster.namespace)
    tetragon = await cluster.add_namespace()

    def command(verb: str, *more: str) -> str:
        chart = (str(CHART), "--set", f"tetragon.namespaces={{{tetragon}}}") if verb in ("install", "upgrade") else ()
        where = ("--namespace", cluster.namespace, "--kubeconfig", str(config))
        return helm(verb, RELEASE, *chart, *where, *more, environ={"HOME": str(tmp_path)})

    return command


async def _secrets(cluster: Cluster) -> dict[str, dict[str, str]]:
    """What the chart's Secrets hold."""
    found = {}
    for name in ("tocsin-nats-users", "tocsin-gateway"):
        data = (await cluster.api.get(f"/api/v1/namespaces/{cluster.namespace}/secrets/{name}"))["data"]
        found[name] = {key: base64.b64decode(text).decode() for key, text in data.items()}
    return found


async def _names(cluster: Cluster, path: str) -> set[str]:
    listed = await cluster.api.get(f"{path.format(cluster.namespace)}")
    return {one["metadata"]["name"] for one in listed["items"]}


async def test_passwords_are_made_once_and_kept_over_upgrades(run: Run, cluster: Cluster) -> None:
    notes = run("install")
    first = await _secrets(cluster)
    every = [text for held in first.values() for text in held.values()]
    assert len(set(every)) == len(every) == 11
    assert all(len(text) == 40 and text[0].isalpha() and text.isalnum() for text in every)
    assert not any(text in notes for text in every)
    run("upgrade", "--set", "classifier.replicas=4")
    assert await _secrets(cluster) == first


async def test_a_user_that_was_added_gets_a_password_and_the_others_keep_theirs(run: Run, cluster: Cluster) -> None:
    run("install")
    first = await _secrets(cluster)
    path = f"/api/v1/namespaces/{cluster.namespace}/secrets/tocsin-nats-users"
    await cluster.api.patch(path, {"data": {"siem": None}})
    run("upgrade")
    now = await _secrets(cluster)
    assert now["tocsin-nats-users"].pop("siem") != first["tocsin-nats-users"].pop("siem")
    assert now == first


async def test_an_upgrade_declares_anew_only_where_something_changed(run: Run, cluster: Cluster) -> None:
    jobs = "/apis/batch/v1/namespaces/{}/jobs"
    run("install")
    first = await _names(cluster, jobs)
    run("upgrade")
    assert await _names(cluster, jobs) == first
    run("upgrade", "--set", "declare.sinks={syslog}")
    now = await _names(cluster, jobs)
    assert len(now) == 1
    assert now.isdisjoint(first)


async def test_the_source_can_be_changed_and_all_of_the_old_one_goes(run: Run, cluster: Cluster) -> None:
    kinds = {
        "deployments": "/apis/apps/v1/namespaces/{}/deployments",
        "daemonsets": "/apis/apps/v1/namespaces/{}/daemonsets",
        "accounts": "/api/v1/namespaces/{}/serviceaccounts",
    }
    run("install")
    assert "tocsin-collector" in await _names(cluster, kinds["deployments"])
    run("upgrade", "--set", "collector.source=file")
    assert "tocsin-collector" not in await _names(cluster, kinds["deployments"])
    assert await _names(cluster, kinds["daemonsets"]) == {"tocsin-collector"}
    assert await _names(cluster, kinds["accounts"]) == {"default", "tocsin"}


@pytest.mark.parametrize("name", ["file", "external", "minimal"])
async def test_notes_say_how_to_look(name: str, run: Run, cluster: Cluster) -> None:
    notes = run("install", "--values", str(values_of(name)))
    assert f"kubectl -n {cluster.namespace} port-forward svc/tocsin-gateway 8080:80" in notes
    secret = "tocsin-tokens" if name == "external" else "tocsin-gateway"
    assert f"get secret {secret} -o go-template='{{{{.data.token | base64decode}}}}'" in notes
    assert ("pod-security.kubernetes.io/enforce=privileged" in notes) == (name == "file")
    assert ("nats sub 'alerts.critical.>'" in notes) == (name != "external")
    assert "<no value>" not in notes
    assert "%!" not in notes


async def test_what_was_installed_is_gone_after_uninstalling(run: Run, cluster: Cluster) -> None:
    run("install")
    run("uninstall")
    assert await _names(cluster, "/api/v1/namespaces/{}/secrets") == set()
    assert await _names(cluster, "/apis/apps/v1/namespaces/{}/statefulsets") == set()


async def test_a_second_release_does_not_take_the_policies_of_the_first(run: Run, cluster: Cluster) -> None:
    run("install", "--set", "tracingPolicies.enabled=true")
    try:
        with pytest.raises(ChartRefused, match="exists and cannot be imported"):
            run("upgrade", "--install", "--set", "tracingPolicies.enabled=true", "--namespace", "default")
    finally:
        run("uninstall")

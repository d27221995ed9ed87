"""A real API server takes everything that the chart makes: schema, admission, Pod Security, the kinds of others."""

import pytest

from support.charts import SETS, Object, pods, render
from support.charts import objects as read
from support.kube import Cluster, Refused

_LEVEL = "pod-security.kubernetes.io/enforce"


async def _labelled(cluster: Cluster, level: str) -> None:
    """Have the namespace admit only pods of this Pod Security Standard."""
    path = f"/api/v1/namespaces/{cluster.namespace}"
    await cluster.api.patch(path, {"metadata": {"labels": {_LEVEL: level}}})


def _rendered(name: str, cluster: Cluster) -> list[Object]:
    """The set, for the namespace of the test; Tetragon's namespaces are made by the caller."""
    return read(render(name, namespace=cluster.namespace))


async def _namespaces(cluster: Cluster, found: list[Object]) -> None:
    for one in found:
        if one["metadata"].get("namespace", cluster.namespace) != cluster.namespace:
            await cluster.add_namespace(one["metadata"]["namespace"])


@pytest.mark.parametrize("name", SETS)
async def test_every_object_passes_a_dry_run_and_is_created(name: str, cluster: Cluster) -> None:
    found = _rendered(name, cluster)
    await _namespaces(cluster, found)
    for one in found:
        await cluster.api.apply(one, namespace=cluster.namespace, dry_run=True)
    for one in found:
        made = await cluster.api.apply(one, namespace=cluster.namespace)
        assert made["metadata"]["uid"]
    for one in found:  # what lies outside of the test's namespace would meet the next test
        if "namespace" not in one["metadata"] or one["metadata"]["namespace"] != cluster.namespace:
            await cluster.api.delete(await cluster.api.path_of(one, namespace=cluster.namespace))


@pytest.mark.parametrize(
    "more",
    [
        ("monitoring.podMonitor.enabled=true", "networkPolicy.metrics.from[0].podSelector.matchLabels.app=prometheus"),
        ("classifier.enabled=false", "correlator.enabled=false", "gateway.enabled=false", "declare.enabled=false"),
    ],
    ids=["scraped by pod", "only the collector"],
)
async def test_other_choices_are_accepted_too(more: tuple[str, ...], cluster: Cluster) -> None:
    sets = [part for value in more for part in ("--set", value)]
    found = read(render("default", *sets, namespace=cluster.namespace))
    for one in found:
        await cluster.api.apply(one, namespace=cluster.namespace, dry_run=True)
    workloads = {workload for workload, _ in pods(found)}
    if "gateway.enabled=false" in more:
        assert workloads == {"Deployment/tocsin-collector", "StatefulSet/tocsin-nats"}
    else:
        assert "PodMonitor" in {one["kind"] for one in found}


async def test_a_misspelt_field_would_have_been_refused(cluster: Cluster) -> None:
    found = _rendered("default", cluster)
    deployment = next(one for one in found if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(Refused) as refused:
        await cluster.api.apply(deployment, namespace=cluster.namespace, dry_run=True)
    assert "enableServiceLink" in refused.value.message


@pytest.mark.parametrize("name", [name for name in SETS if name != "file"])
async def test_a_namespace_that_is_restricted_admits_every_pod(name: str, cluster: Cluster) -> None:
    await _labelled(cluster, "restricted")
    found = _rendered(name, cluster)
    seen = []
    for account in (one for one in found if one["kind"] == "ServiceAccount"):
        await cluster.api.apply(account, namespace=cluster.namespace)
    for workload, pod in pods(found):
        await cluster.api.create(f"/api/v1/namespaces/{cluster.namespace}/pods", _without_links(pod))
        seen.append(workload)
    assert len(seen) == (5 if name == "external" else 6)


async def test_the_reader_of_the_export_file_needs_a_privileged_namespace_and_all_others_do_not(
    cluster: Cluster,
) -> None:
    found = _rendered("file", cluster)
    for account in (one for one in found if one["kind"] == "ServiceAccount"):
        await cluster.api.apply(account, namespace=cluster.namespace)
    path = f"/api/v1/namespaces/{cluster.namespace}/pods"
    for level in ("restricted", "baseline"):
        await _labelled(cluster, level)
        for workload, pod in pods(found):
            if workload.startswith("DaemonSet/"):
                with pytest.raises(Refused, match="hostPath"):
                    await cluster.api.create(path, _without_links(pod), dry_run=True)
            else:
                await cluster.api.create(path, _without_links(pod), dry_run=True)
    await _labelled(cluster, "privileged")
    for _, pod in pods(found):
        await cluster.api.create(path, _without_links(pod))


def _without_links(pod: Object) -> Object:
    """The pod without what another controller has to bring first: a class of priority that only a cluster has."""
    spec = {key: value for key, value in pod["spec"].items() if key != "priorityClassName"}
    return {**pod, "spec": spec}

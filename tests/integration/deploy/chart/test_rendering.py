"""What the chart renders: as it was looked at and agreed on, for values that make sense, and for no others.

The agreed renderings lie in golden/; after a change that is meant, `REWRITE_GOLDEN=1 pytest tests/integration/deploy/chart` writes
them anew, and the difference is read like code.
"""

import os

import pytest

from support.charts import CHART, HERE, SETS, ChartRefused, helm, render, settled, values_of


@pytest.mark.parametrize("name", SETS)
def test_a_set_of_values_renders_as_agreed(name: str) -> None:
    path, now = HERE / "golden" / f"{name}.yaml", settled(render(name))
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_text(now, encoding="utf-8")
    assert now == path.read_text(encoding="utf-8"), f"{path.name} differs; REWRITE_GOLDEN=1 writes it anew"


@pytest.mark.parametrize("name", SETS)
def test_helm_finds_nothing_to_complain_of(name: str) -> None:
    told = helm("lint", "--strict", str(CHART), "--values", str(values_of(name)))
    assert "0 chart(s) failed" in told
    assert "[WARNING]" not in told


@pytest.mark.parametrize("name", SETS)
def test_no_line_is_empty_and_none_ends_in_spaces(name: str) -> None:
    lines = settled(render(name)).splitlines()
    assert [line for line in lines if line != line.rstrip() or not line] == []


def test_a_cluster_older_than_the_chart_knows_is_refused() -> None:
    assert render("default", "--kube-version", "1.25.0")
    with pytest.raises(ChartRefused, match=r"chart requires kubeVersion: >=1\.25"):
        render("default", "--kube-version", "1.24.9")


def test_every_key_of_values_has_a_comment_or_a_name_that_says_it() -> None:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if line.lstrip().startswith("#")]) > 60
    assert helm("show", "values", str(CHART)) == text + "\n"


CONTRADICTIONS = {
    "nats.url names an existing server": ["nats.url=nats://other:4222"],
    "nats.url: nats.embedded.enabled is false": ["nats.embedded.enabled=false"],
    "nats.existingSecret: nats.embedded.enabled is false": ["nats.embedded.enabled=false", "nats.url=nats://other:4222"],
    "nats.authentication: the embedded server": ["nats.authentication=nkey"],
    "nats.embedded.tls.secretName: nats.tls.enabled is true": ["nats.tls.enabled=true"],
    "nats.tls.secretName: nats.tls.enabled is true": ["nats.tls.enabled=true", "nats.embedded.tls.secretName=a"],
    "nats.tls.enabled is false while nats.embedded.tls": ["nats.embedded.tls.secretName=a"],
    "nats.tls.enabled is false while nats.tls.secretName": ["nats.tls.secretName=a"],
    "nats.tls.enabled is false while nats.url begins": [
        "nats.embedded.enabled=false", "nats.existingSecret=a", "nats.url=tls://other:4222"
    ],
    "nats.url begins with nats://": [
        "nats.embedded.enabled=false", "nats.existingSecret=a", "nats.url=nats://other:4222", "nats.tls.enabled=true"
    ],
    "nats.url begins with nats:// while": [
        "nats.embedded.enabled=false", "nats.existingSecret=a", r"nats.url=tls://a:1\,nats://b:1", "nats.tls.enabled=true"
    ],
    "nats.embedded.users names no user collector": [
        "nats.embedded.users=password = $TOCSIN_NATS_PASSWORD_COLLECTOR_WORKER_1"
    ],
    "fullnameOverride: the name of this release makes": ["fullnameOverride=1-tocsin"],
    "nats.embedded.tls.secretName is set while": [
        "nats.embedded.enabled=false", "nats.existingSecret=a", "nats.url=nats://o:1", "nats.embedded.tls.secretName=a"
    ],
    "nats.storeMiB: the streams may grow to 8192 MiB on a volume of 8Gi": ["nats.embedded.persistence.size=8Gi"],
    "declare.replicas is more than 1": ["declare.replicas=3"],
    "tetragon.namespaces is empty": ["tetragon.namespaces=null"],
    "collector.serviceAccount.name": ["collector.serviceAccount.create=false"],
    "collector.redaction.patterns is set": ["collector.redaction.enabled=false", "collector.redaction.patterns=x"],
    "gateway.auth.proxy.from is empty": ["gateway.auth.mode=proxy"],
    "gateway.ingress.enabled is true while gateway.enabled": ["gateway.enabled=false", "gateway.ingress.enabled=true"],
    "gateway.ingress.hosts is empty": ["gateway.ingress.enabled=true"],
    "networkPolicy.gateway.from is empty": ["gateway.ingress.enabled=true", "gateway.ingress.hosts[0].name=a.example"],
    "networkPolicy.metrics.from is empty": ["monitoring.podMonitor.enabled=true"],
    "monitoring.podMonitor.enabled and monitoring.serviceMonitor.enabled": [
        "monitoring.podMonitor.enabled=true", "monitoring.serviceMonitor.enabled=true"
    ],
    "monitoring: gateway.enabled is false": ["monitoring.podMonitor.enabled=true", "gateway.enabled=false"],
    "rules.files and rules.existingConfigMap": [r"rules.files.a\.yml=x", "rules.existingConfigMap=b"],
    "networkPolicy.egress.enabled is true while": ["networkPolicy.enabled=false", "networkPolicy.egress.enabled=true"],
    "networkPolicy.egress.apiServer is empty": ["networkPolicy.egress.enabled=true"],
    "tracingPolicies.include: there is no policy \"nope\"": ["tracingPolicies.include[0]=nope"],
    "tracingPolicies.exclude: there is no policy \"nope\"": ["tracingPolicies.exclude[0]=nope"],
}  # fmt: skip


@pytest.mark.parametrize("said", CONTRADICTIONS)
def test_values_that_contradict_each_other_are_refused_by_the_name_of_the_key(said: str) -> None:
    with pytest.raises(ChartRefused) as refused:
        render("default", *(part for value in CONTRADICTIONS[said] for part in ("--set", value)))
    assert said in str(refused.value)


WRONG = {
    "'/collector': additional properties 'sourse' not allowed": "collector.sourse=file",
    "'': additional properties 'colector' not allowed": "colector.source=file",
    "'/collector/source': value must be one of 'kubernetes', 'file'": "collector.source=stdin",
    "'/gateway/auth/mode': value must be one of 'token', 'proxy'": "gateway.auth.mode=none",
    "'/gateway/listen': value must be one of": "gateway.listen=127.0.0.1",
    "'/classifier/replicas': minimum": "classifier.replicas=0",
    "'/gateway/auth/proxy/from/0'": "gateway.auth.proxy.from[0]=0.0.0.0/0",
    "'/nats/url'": "nats.url=nats://user:password@other:4222",
    "'/image/digest'": "image.digest=latest",
    "'/nats/embedded/persistence/size'": "nats.embedded.persistence.size=10G",
    "'/rules/files'": r"rules.files.own\.txt=x",
    "'/collector/file/directory'": "collector.file.directory=var/log",
    "'/pod/extraEnv/0': missing property 'name'": "pod.extraEnv[0].value=x",
    "'/runAsUser': minimum": "runAsUser=0",
}


@pytest.mark.parametrize("said", WRONG)
def test_a_value_that_cannot_be_one_is_refused_by_the_name_of_the_key(said: str) -> None:
    with pytest.raises(ChartRefused) as refused:
        render("default", "--set", WRONG[said])
    assert said in str(refused.value)

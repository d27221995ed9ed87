"""Every pod of the chart: what it is told is known to the program, and it sees no secret but its own."""

from collections.abc import Iterator

import pytest

from tocsin.bus import NatsSettings
from tocsin.bus.permissions import users
from tocsin.classifier.settings import Settings as ClassifierSettings
from tocsin.cli.__main__ import parser
from tocsin.collector.settings import Settings as CollectorSettings
from tocsin.correlator.settings import Settings as CorrelatorSettings
from tocsin.gateway.settings import Settings as GatewaySettings
from tocsin.runtime import launch, liveness, settings

from support.charts import SETS, Object, only, pods, render, variables
from support.charts import objects as read

_OWN = {
    "collector": ("TOCSIN_COLLECTOR", CollectorSettings),
    "classifier": ("TOCSIN_CLASSIFIER", ClassifierSettings),
    "correlator": ("TOCSIN_CORRELATOR", CorrelatorSettings),
    "gateway": ("TOCSIN_GATEWAY", GatewaySettings),
}
_RENDERED: dict[str, list[Object]] = {}


def found(name: str) -> list[Object]:
    """The objects of one set, rendered once."""
    return _RENDERED.setdefault(name, read(render(name)))


def ours(name: str) -> Iterator[tuple[str, Object]]:
    """The pods that run the image of Tocsin, by component."""
    for _, pod in pods(found(name)):
        component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
        if component != "nats":
            yield component, pod


@pytest.mark.parametrize("name", SETS)
def test_every_variable_is_a_setting_that_takes_its_value(name: str) -> None:
    seen = []
    for component, pod in ours(name):
        environ = variables(pod)
        settings.check_environ(environ, (*launch.PREFIXES, "TOCSIN_LOG"), (launch.STATE_DIR, liveness.VARIABLE))
        settings.load(launch.Process, environ, prefix="TOCSIN_LOG")
        nats = settings.load(NatsSettings, environ, prefix="TOCSIN_NATS")
        assert nats.declare == "never"
        assert nats.user == ("admin" if component == "declare" else component)
        for prefix, kind in _OWN.values():
            strange = [variable for variable in environ if variable.startswith(f"{prefix}_")]
            assert not strange or (prefix, kind) == _OWN[component]
        if component in _OWN:
            prefix, kind = _OWN[component]
            settings.load(kind, environ, prefix=prefix)
        seen.append(component)
    assert sorted(seen) == ["classifier", "collector", "correlator", "declare", "gateway"]


@pytest.mark.parametrize("name", SETS)
def test_every_command_and_every_probe_is_one_that_the_program_has(name: str) -> None:
    for component, pod in ours(name):
        (container,) = pod["spec"]["containers"]
        assert "command" not in container  # the image's own: tocsin
        assert container["args"][0] == component
        parser().parse_args(container["args"])
        for probe in ("startupProbe", "livenessProbe"):
            if command := container.get(probe, {}).get("exec", {}).get("command"):
                assert command[:2] == ["tocsin", "health"]
                told = parser().parse_args(command[1:])
                assert told.file == variables(pod)[liveness.VARIABLE]
                assert container[probe]["failureThreshold"] * container[probe]["periodSeconds"] >= told.max_age_s


@pytest.mark.parametrize("name", SETS)
def test_the_page_is_not_taken_away_while_a_hop_is_broken(name: str) -> None:
    gateway = dict(ours(name))["gateway"]["spec"]["containers"][0]
    paths = {gateway[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert paths == {"/healthz"}


@pytest.mark.parametrize("name", SETS)
def test_a_pod_mounts_the_login_of_its_own_user_and_no_secret_of_another(name: str) -> None:
    logins = {}
    for component, pod in ours(name):
        assert not any(
            "valueFrom" in v and "secretKeyRef" in v["valueFrom"] for v in pod["spec"]["containers"][0]["env"]
        )
        for volume in pod["spec"]["volumes"]:
            if secret := volume.get("secret"):
                assert secret["items"], "a whole Secret is mounted"
                assert secret["defaultMode"] == 0o440
            if volume["name"] == "nats-login":
                (item,) = volume["secret"]["items"]
                logins[component] = item["key"]
    assert logins == {
        "collector": "collector",
        "classifier": "classifier",
        "correlator": "correlator",
        "gateway": "gateway",
        "declare": "admin",
    }


@pytest.mark.parametrize("name", SETS)
def test_no_variable_is_made_of_services_and_no_token_of_the_cluster_is_mounted_without_need(name: str) -> None:
    following = name != "file"
    for workload, pod in pods(found(name)):
        spec = pod["spec"]
        assert spec["enableServiceLinks"] is False
        asks = following and workload.endswith("-collector")
        assert spec["automountServiceAccountToken"] is asks
        assert spec["serviceAccountName"].endswith("-collector") is asks
    accounts = [one for one in found(name) if one["kind"] == "ServiceAccount"]
    assert len(accounts) == 1 + following
    assert all(account["automountServiceAccountToken"] is False for account in accounts)


@pytest.mark.parametrize("name", SETS)
def test_every_pod_has_requests_a_limit_of_memory_and_a_root_that_is_read_only(name: str) -> None:
    for _, pod in pods(found(name)):
        (container,) = pod["spec"]["containers"]
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
        }
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_only_the_reader_of_the_export_file_is_root_and_has_a_folder_of_the_node() -> None:
    for workload, pod in pods(found("file")):
        reader = workload == "DaemonSet/tocsin-collector"
        folders = [volume["hostPath"]["path"] for volume in pod["spec"]["volumes"] if "hostPath" in volume]
        assert folders == (["/var/run/cilium/tetragon"] if reader else [])
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is not reader
    _, pod = next(item for item in pods(found("file")) if item[0].startswith("DaemonSet/"))
    mounts = {mount["name"]: mount for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    assert mounts["export"]["readOnly"] is True
    assert pod["spec"]["tolerations"] == [{"operator": "Exists"}]


def test_an_export_file_that_a_group_may_read_needs_no_root() -> None:
    more = ("--set", "collector.file.runAsUser=10001", "--set", "collector.file.directory=/var/log/tetragon")
    _, pod = next(item for item in pods(read(render("file", *more))) if item[0].startswith("DaemonSet/"))
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["runAsGroup"] == 0
    assert variables(pod)["TOCSIN_COLLECTOR_PATH"] == "/var/log/tetragon/tetragon.log"


@pytest.mark.parametrize("name", ["default", "file", "everything", "minimal"])
def test_the_embedded_server_has_a_password_for_every_user_of_its_configuration(name: str) -> None:
    server = next(pod for workload, pod in pods(found(name)) if workload.startswith("StatefulSet/"))
    keys = {
        entry["name"]: entry["valueFrom"]["secretKeyRef"]["key"]
        for entry in server["spec"]["containers"][0]["env"]
        if entry["name"].startswith("TOCSIN_NATS_PASSWORD_")
    }
    assert keys == {f"TOCSIN_NATS_PASSWORD_{user.upper()}": user for user in users.NAMES}
    assert set(only(found(name), "Secret", "tocsin-nats-users")["data"]) == set(users.NAMES)


def test_what_a_component_says_of_its_pods_wins_over_what_all_are_told() -> None:
    by_name = dict(pods(found("everything")))
    assert by_name["Deployment/tocsin-classifier"]["spec"]["nodeSelector"] == {
        "kubernetes.io/os": "linux",
        "pool": "security",
    }
    assert by_name["Deployment/tocsin-gateway"]["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    for pod in by_name.values():
        assert pod["metadata"]["labels"]["team"] == "security"
        assert variables(pod)["TZ"] == "UTC"
        assert pod["spec"]["priorityClassName"] == "system-cluster-critical"

"""The API server and the kubelets of these tests are what the other tests take them for."""

import asyncio
from pathlib import Path

import pytest

from support.kube import ApiServer, Cluster, Pod, Refused, tool
from support.kube.api import Api, open_api
from support.waiting import until


def log_path(pod: Pod) -> str:
    return f"{pod.path}/log"


class Reader:
    """A follow of one log through the API server, kept as it came."""

    def __init__(self, api: Api, pod: Pod, **query: str) -> None:
        self.raw = b""
        self.over = False
        self._api, self._pod, self._query = api, pod, query

    async def run(self) -> None:
        query = {"container": "export-stdout", "follow": "true", **self._query}
        async with self._api.stream(log_path(self._pod), **query) as response:
            async for piece in response.content.iter_any():
                self.raw += piece
        self.over = True

    async def has(self, raw: bytes) -> None:
        await until(lambda: self.raw == raw, what=f"{raw!r} is read")

    async def ends(self) -> None:
        await until(lambda: self.over, what="the stream ends")


@pytest.fixture
async def pod(cluster: Cluster) -> Pod:
    return await cluster.tetragon_pod(await cluster.node())


@pytest.fixture
async def follow(cluster: Cluster, pod: Pod):
    """Begins to follow the pod's log, and returns once the kubelet has the request."""
    tasks: list[asyncio.Task[None]] = []

    async def begin(**query: str) -> Reader:
        reader, before = Reader(cluster.api, pod, **query), pod.log().streams
        tasks.append(asyncio.create_task(reader.run()))
        await until(lambda: pod.log().streams > before or tasks[-1].done(), what="the kubelet is asked")
        return reader

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def read(api: Api, pod: Pod, **query: str) -> bytes:
    async with api.stream(log_path(pod), container="export-stdout", **query) as response:
        return await response.read()


async def test_an_account_may_do_what_its_role_says_and_nothing_else(cluster: Cluster, pod: Pod):
    pod.log().write(b"one")
    account = await cluster.account()
    elsewhere = await cluster.add_namespace()
    async with account.api(await account.token()) as api:
        listed = await api.get(f"/api/v1/namespaces/{cluster.namespace}/pods")
        assert [item["metadata"]["name"] for item in listed["items"]] == [pod.name]
        assert await read(api, pod) == b"one\n"
        for path in ("/api/v1/pods", f"/api/v1/namespaces/{elsewhere}/pods", "/api/v1/nodes"):
            with pytest.raises(Refused) as refused:
                await api.get(path)
            assert refused.value.status == 403
        with pytest.raises(Refused) as refused:
            await api.delete(pod.path)
        assert refused.value.status == 403


async def test_rights_can_be_taken_away(cluster: Cluster, pod: Pod):
    account = await cluster.account(namespaces=[None])
    async with account.api(await account.token()) as api:
        assert (await api.get("/api/v1/pods"))["kind"] == "PodList"
        await account.revoke()

        async def refused() -> bool:
            try:
                await api.get("/api/v1/pods")
            except Refused as error:
                return error.status == 403
            return False

        await until(refused, what="the account is refused")


@pytest.mark.parametrize(("expires_s", "status"), [(30, 200), (-1, 401)])
async def test_a_token_is_good_until_its_end(cluster: Cluster, expires_s: int, status: int):
    account = await cluster.account()
    async with account.api(await account.token(expires_s)) as api:
        try:
            await api.get(f"/api/v1/namespaces/{cluster.namespace}/pods")
            answered = 200
        except Refused as error:
            answered = error.status
    assert answered == status


async def test_an_account_is_mounted_as_in_a_pod(cluster: Cluster, api_server: ApiServer, tmp_path: Path):
    account = await cluster.account()
    names = account.mount(tmp_path, "secret")
    assert names == {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api_server.port)}
    mounted = {name: (tmp_path / name).read_bytes() for name in ("token", "namespace", "ca.crt")}
    authority = api_server.ca_file.read_bytes()
    assert mounted == {"token": b"secret", "namespace": cluster.namespace.encode(), "ca.crt": authority}


async def test_a_log_is_followed_from_its_first_line(follow, pod: Pod):
    pod.log().write(b"before")
    reader = await follow()
    await reader.has(b"before\n")
    pod.log().write(b"after", b"more")
    await reader.has(b"before\nafter\nmore\n")
    assert not reader.over


async def test_a_kubelet_hears_what_the_client_asked_for(cluster: Cluster, pod: Pod):
    for second, line in enumerate((b"a", b"b", b"c")):
        pod.log().write(line, time_ns=(1_700_000_000 + second) * 1_000_000_000)
    assert await read(cluster.api, pod, sinceTime="2023-11-14T22:13:21.9Z") == b"b\nc\n"
    assert await read(cluster.api, pod, tailLines="1") == b"c\n"
    assert await read(cluster.api, pod, limitBytes="3") == b"a\nb"
    assert await read(cluster.api, pod, tailLines="1", timestamps="true") == b"2023-11-14T22:13:22.000000000Z c\n"
    kubelet = pod.node.kubelet
    assert kubelet.asked("sinceTime", pod=pod.name) == ["2023-11-14T22:13:21Z"]
    assert kubelet.asked("tailLines") == ["1", "1"]
    assert [request.container for request in kubelet.requests] == ["export-stdout"] * 4


async def test_nobody_but_the_api_server_may_ask_a_kubelet(cluster: Cluster, api_server: ApiServer, pod: Pod):
    url = f"https://127.0.0.1:{pod.node.kubelet.port}"
    path = f"/containerLogs/{pod.namespace}/{pod.name}/export-stdout"
    async with open_api(url, api_server.ca_file, pair=api_server.pki.admin) as api:
        with pytest.raises(Refused, match="only the API server"):
            await api.get(path)
    assert pod.node.kubelet.requests == []


async def test_an_empty_log_sends_no_headers_until_its_first_line(cluster: Cluster, pod: Pod):
    async def opened() -> bytes:
        query = {"container": "export-stdout", "follow": "true"}
        async with cluster.api.stream(log_path(pod), **query) as response:
            headers.set()
            return await response.content.readline()

    headers = asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        line = group.create_task(opened())
        await until(lambda: pod.log().streams == 1, what="the kubelet is asked")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(headers.wait(), 0.2)
        pod.log().write(b"first")
        assert await line == b"first\n"


async def test_a_stream_ends_with_all_that_was_written(follow, pod: Pod):
    reader = await follow()
    pod.log().write(b"one", b"two")
    pod.log().end_streams()
    await reader.ends()
    assert reader.raw == b"one\ntwo\n"
    assert pod.log().streams == 0


async def test_a_reset_in_mid_line_looks_like_an_end(cluster: Cluster, follow, pod: Pod):
    reader = await follow()
    pod.log().write(b"one")
    pod.log().cut(b'{"process_exec":{}}', after_bytes=9)
    await reader.ends()
    assert reader.raw == b'one\n{"process'
    assert await read(cluster.api, pod) == b'one\n{"process_exec":{}}\n'


async def test_silence_holds_lines_back_and_a_reset_in_it_loses_them(follow, pod: Pod):
    pod.log().write(b"one")
    first = await follow()
    await first.has(b"one\n")
    pod.log().hold()
    pod.log().write(b"two")
    second = await follow()
    pod.log().reset_streams()
    await until(lambda: pod.log().streams == 0, what="both readers are gone")
    pod.log().release()
    assert (first.raw, second.raw) == (b"one\n", b"")
    third = await follow()
    await third.has(b"one\ntwo\n")


async def test_rotation_takes_the_old_file_out_of_reach(cluster: Cluster, follow, pod: Pod):
    pod.log().write(b"old")
    reader = await follow()
    pod.log().rotate()
    pod.log().write(b"new")
    await reader.has(b"old\nnew\n")
    assert await read(cluster.api, pod) == b"new\n"


async def test_rotation_may_lose_the_reader(follow, pod: Pod):
    pod.log().write(b"old")
    lost = await follow()
    await lost.has(b"old\n")
    pod.log().rotate(follow="lost")
    pod.log().write(b"new")
    other = await follow()
    await other.has(b"new\n")
    assert (lost.raw, lost.over) == (b"old\n", False)


async def test_lines_may_be_cut_mixed_and_come_in_pieces(follow, pod: Pod):
    pod.log().chunk_bytes = 3
    reader = await follow()
    pod.log().write_raw(b'{"a":1}{"b"')
    pod.log().write_raw(b":2}\n")
    pod.log().write(b"x" * 100)
    await reader.has(b'{"a":1}{"b":2}\n' + b"x" * 100 + b"\n")


async def test_a_dead_kubelet_breaks_streams_and_refuses_new_ones(cluster: Cluster, follow, pod: Pod):
    pod.log().write(b"one")
    reader = await follow()
    await reader.has(b"one\n")
    await pod.node.kubelet.refuse()
    await reader.ends()
    with pytest.raises(Refused, match="connection refused") as refused:
        await read(cluster.api, pod)
    assert refused.value.status == 500
    await pod.node.kubelet.accept()
    assert await read(cluster.api, pod) == b"one\n"


async def test_a_kubelet_fails_as_often_as_it_is_told(cluster: Cluster, pod: Pod):
    pod.node.kubelet.fail(500, times=2)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await read(cluster.api, pod)
        assert refused.value.status == 500
    assert await read(cluster.api, pod) == b""


async def test_a_slow_kubelet_answers_when_it_is_released(cluster: Cluster, pod: Pod):
    pod.log().write(b"one")
    kubelet = pod.node.kubelet
    kubelet.hold()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        answer = group.create_task(read(cluster.api, pod))
        await until(lambda: len(kubelet.requests) == 1, what="the kubelet is asked")
        assert pod.log().streams == 0
        kubelet.release()
        assert await answer == b"one\n"


async def test_a_container_that_waits_has_no_log(cluster: Cluster):
    pod = await cluster.tetragon_pod(await cluster.node(), running=False)
    with pytest.raises(Refused, match="waiting to start") as refused:
        await read(cluster.api, pod)
    assert refused.value.status == 400
    await cluster.run(pod)
    assert await read(cluster.api, pod) == b""


async def test_a_restarted_container_keeps_the_log_of_the_one_before(cluster: Cluster, follow, pod: Pod):
    with pytest.raises(Refused, match="previous terminated container"):
        await read(cluster.api, pod, previous="true")
    pod.log().write(b"one")
    reader = await follow()
    await cluster.restart(pod)
    await reader.ends()
    pod.log().write(b"two")
    assert await read(cluster.api, pod, previous="true") == b"one\n"
    assert await read(cluster.api, pod) == b"two\n"
    statuses = (await cluster.api.get(pod.path))["status"]["containerStatuses"]
    assert {status["name"]: status["restartCount"] for status in statuses} == {"export-stdout": 1, "tetragon": 0}


async def test_a_pod_of_the_same_name_is_another_one(cluster: Cluster, follow, pod: Pod):
    pod.log().write(b"one")
    reader = await follow()
    another = await cluster.recreate(pod)
    await reader.ends()
    assert (another.name, reader.raw) == (pod.name, b"one\n")
    assert another.uid != pod.uid
    assert await read(cluster.api, another) == b""


async def test_a_restarted_api_server_has_the_same_objects_and_address(
    api_server: ApiServer, cluster: Cluster, follow, pod: Pod
):
    pod.log().write(b"one")
    reader = await follow()
    await reader.has(b"one\n")
    url = api_server.url
    await asyncio.to_thread(api_server.restart)
    assert api_server.url == url
    assert (await cluster.api.get(pod.path))["metadata"]["uid"] == pod.uid
    assert await read(cluster.api, pod) == b"one\n"
    await until(lambda: pod.log().streams == 0, what="the kubelet sees that the reader is gone")


async def test_a_watch_from_before_a_restart_is_too_old(api_server: ApiServer, cluster: Cluster, pod: Pod):
    version = (await cluster.api.get(pod.path))["metadata"]["resourceVersion"]
    await cluster.restart(pod)
    await asyncio.to_thread(api_server.restart)
    query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "1"}
    async with cluster.api.stream(pod.path.rpartition("/")[0], **query) as response:
        event = await response.content.readline()
    assert b'"code":410' in event


async def test_a_stopped_api_server_answers_when_it_goes_on(api_server: ApiServer, cluster: Cluster):
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        with api_server.stand_still():
            answer = group.create_task(cluster.api.get("/api/v1/namespaces"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(answer), 0.2)
        assert (await answer)["kind"] == "NamespaceList"


async def test_what_is_applied_is_checked_and_a_dry_run_keeps_nothing(cluster: Cluster):
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    path = await cluster.api.path_of(role, namespace=cluster.namespace)
    await cluster.api.apply(role, namespace=cluster.namespace, dry_run=True)
    with pytest.raises(Refused) as refused:
        await cluster.api.get(path)
    assert refused.value.status == 404
    await cluster.api.apply(role, namespace=cluster.namespace)
    assert (await cluster.api.get(path))["rules"] == role["rules"]
    with pytest.raises(Refused, match="misspelt: field not declared"):
        await cluster.api.apply({**role, "misspelt": []}, namespace=cluster.namespace, dry_run=True)


async def test_helm_reaches_it_by_a_kubeconfig(api_server: ApiServer, cluster: Cluster, tmp_path: Path):
    account = await cluster.account()
    for config, told in (
        (api_server.kubeconfig(tmp_path / "admin", namespace=cluster.namespace), b"[]"),
        (account.kubeconfig(tmp_path / "account", await account.token()), b"secrets is forbidden"),
    ):
        command = [tool("helm"), "list", "--output=json", f"--kubeconfig={config}"]
        helm = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await asyncio.wait_for(helm.communicate(), 30)
        assert told in output

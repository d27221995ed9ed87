"""The collector as a process that follows pods: killed, started again, twice at once, and without what it needs."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path

from support.collector_harness import counted, read_stored, stored
from support.kube import Cluster
from support.pod_harness import a_pod, following, follows, reader
from support.server import NatsServer


async def _start(server: NatsServer, environ: Mapping[str, str] | None = None, **settings: str) -> Process:
    nats = server.settings("collector")
    names = {"NATS_URL": nats.url, "NATS_USER": nats.user, "NATS_PASSWORD": nats.password}
    names |= {f"COLLECTOR_{name.upper()}": value for name, value in {"source": "kubernetes", **settings}.items()}
    own = {**os.environ, **{f"TOCSIN_{name}": value for name, value in names.items()}, **(environ or {})}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tocsin.collector", stdout=PIPE, stderr=PIPE, env=own
    )


async def _ended(process: Process) -> tuple[int | None, str]:
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, (out + err).decode()


async def test_killed_again_and_again_while_logs_end_and_rotate_each_line_is_there_once(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pods = [await a_pod(cluster) for _ in range(3)]
    for index, (_, writer) in enumerate(pods):
        writer.next = index * 100_000
    written = 0
    for life in range(3):
        process = await _start(declared, kubeconfig=str(kubeconfig), kube_namespaces=cluster.namespace)
        for _ in range(2):
            for pod, writer in pods:
                writer.write(300)
                (pod.log().end_streams, pod.log().reset_streams, lambda: None)[life]()
            written += 900
            await stored(declared, events=written - 400, timeout_s=30)
        process.send_signal(signal.SIGKILL)
        await _ended(process)
    async with following(declared, follows(cluster, kubeconfig)):
        await stored(declared, events=written, timeout_s=30)
        await counted(declared, written, timeout_s=30)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == [n for _, writer in pods for n in range(writer.next - 1_800, writer.next)]
    assert len(seen.sources) == 3
    assert not any(source.intervals for source in seen.sources)
    seen.balances()


async def test_a_signal_is_exit_0_and_leaves_a_checkpoint_of_all_that_was_stored(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    account = await cluster.account()
    folder = tmp_path / "serviceaccount"
    environ = account.mount(folder, await account.token())
    _, writer = await a_pod(cluster)
    writer.write(100)
    process = await _start(declared, environ, kube_account_path=str(folder), checkpoint_interval_s="60")
    await stored(declared, events=100, timeout_s=30)
    process.send_signal(signal.SIGTERM)
    code, said = await _ended(process)
    assert code == 0, said
    seen = await read_stored(declared)
    assert seen.sources[0].counts.stored == 100
    seen.balances()


async def test_a_second_collector_of_the_same_cluster_ends_and_says_why(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    _, writer = await a_pod(cluster)
    settings = {"kubeconfig": str(kubeconfig), "kube_namespaces": cluster.namespace}
    writer.write(10)
    both = [await _start(declared, **settings)]
    await counted(declared, 10, timeout_s=30)
    both.append(await _start(declared, **settings))
    ends = [asyncio.create_task(_ended(process)) for process in both]
    while not any(end.done() for end in ends):
        writer.write(1)
        await asyncio.wait(ends, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
    for process in both:
        if process.returncode is None:
            process.kill()
    said = [await end for end in ends]
    assert any(code == 1 and "one replica" in text for code, text in said)


async def test_outside_of_a_cluster_without_a_kubeconfig_the_setting_is_named(declared: NatsServer) -> None:
    code, said = await _ended(await _start(declared, kube_account_path="/nowhere"))
    assert code == 2
    assert "TOCSIN_COLLECTOR_KUBECONFIG" in said


async def test_without_the_extra_it_is_named(declared: NatsServer, tmp_path: Path) -> None:
    hidden = tmp_path / "kubernetes_asyncio"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('not installed')\n")
    code, said = await _ended(await _start(declared, {"PYTHONPATH": str(tmp_path)}))
    assert code == 2
    assert "pip install 'tocsin[kubernetes]'" in said

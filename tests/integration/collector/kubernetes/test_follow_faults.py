"""Following pods where the API server, the node or what a container writes is not as it should be."""

import asyncio
import time
from pathlib import Path

import msgspec

from tocsin.model.timestamps import NS_PER_S

from support.collector_harness import counted, read_stored, stored
from support.kube import ApiServer, Cluster
from support.kube.manifests import TETRAGON_LABELS
from support.pod_harness import QUICK, Writer, a_pod, event, following, follows, reader
from support.server import NatsServer
from support.waiting import until


async def test_while_the_api_server_is_away_and_after_it_is_back_lines_arrive_once(
    declared: NatsServer, cluster: Cluster, api_server: ApiServer, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    _, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)) as own:
        writer.write(30)
        await stored(declared, events=30)
        await asyncio.to_thread(api_server.kill)
        writer.write(30)
        await until(own.reported("source", "does not answer"), 20)
        await asyncio.to_thread(api_server.start)
        await stored(declared, events=60, timeout_s=30)
        writer.write(30)
        await counted(declared, 90)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(90))
    assert seen.sources[0].counts.unread_intervals == 0
    seen.balances()


async def test_errors_of_the_node_are_waited_out(declared: NatsServer, cluster: Cluster, tmp_path: Path) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    kubelet = pod.node.kubelet
    async with following(declared, follows(cluster, kubeconfig)):
        writer.write(20)
        await stored(declared, events=20)
        for status in (500, 429, 503, 404):
            kubelet.fail(status)
            before = len(kubelet.requests)
            pod.log().reset_streams()
            writer.write(20)
            await until(lambda before=before: len(kubelet.requests) > before + 1, 20)  # type: ignore[misc]
            kubelet.heal()
            await stored(declared, events=writer.next)
        await kubelet.refuse()
        writer.write(20)
        await kubelet.accept()
        await counted(declared, writer.next)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(writer.next))
    seen.balances()


async def test_a_token_that_has_expired_is_read_anew_from_its_file(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    account = await cluster.account()
    folder = tmp_path / "account"
    kubeconfig = account.kubeconfig(folder / "kubeconfig", await account.token(-60))
    _, writer = await a_pod(cluster)
    writer.write(10)
    async with following(declared, follows(cluster, kubeconfig)) as own:
        await until(own.reported("source", "401"), 20)
        account.kubeconfig(folder / "kubeconfig", await account.token())
        await counted(declared, 10)


async def test_what_right_is_missing_is_said(declared: NatsServer, cluster: Cluster, tmp_path: Path) -> None:
    account = await cluster.account(rules=())
    kubeconfig = account.kubeconfig(tmp_path / "kubeconfig", await account.token())
    _, writer = await a_pod(cluster)
    writer.write(10)
    async with following(declared, follows(cluster, kubeconfig)) as own:
        await until(own.reported("source", "403", "list pods", cluster.namespace, "RoleBinding"), 20)
        await account.grant(cluster.namespace)
        await counted(declared, 10)


async def test_a_right_that_is_taken_away_stops_no_open_stream_and_is_told_of(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    account, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)) as own:
        writer.write(10)
        await stored(declared, events=10)
        await account.revoke()
        writer.write(10)
        await stored(declared, events=20)
        pod.log().end_streams()
        await until(own.reported("source", "403", "RoleBinding"), 20)
        writer.write(10)
        await account.grant(cluster.namespace)
        await counted(declared, 30)
    (await read_stored(declared)).balances()


async def test_a_container_that_is_missing_is_named(declared: NatsServer, cluster: Cluster, tmp_path: Path) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    await cluster.pod(await cluster.node(), "tetragon-x", TETRAGON_LABELS, ("tetragon", "fluentd"))
    async with following(declared, follows(cluster, kubeconfig)) as own:
        await until(
            own.reported("source", "tetragon-x", "export-stdout", "fluentd", "TOCSIN_COLLECTOR_KUBE_CONTAINER"), 20
        )


async def test_the_agents_own_log_is_recognised(declared: NatsServer, cluster: Cluster, tmp_path: Path) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, _ = await a_pod(cluster)
    lines = [b'time=2026-01-01T00:00:00Z level=info msg="number %d"' % n for n in range(8)]
    pod.log("tetragon").write(*lines)
    async with following(declared, follows(cluster, kubeconfig, kube_container="tetragon")) as own:
        await until(own.reported("source", "agent's own log", pod.name, "export-stdout"), 20)
        await counted(declared, 8)
    seen = await read_stored(declared)
    assert len(seen.dead) == 8
    seen.balances()


async def test_a_silent_stream_is_opened_anew_and_its_node_is_named(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    timeouts = msgspec.structs.replace(QUICK, silence_s=0.5)
    async with following(declared, follows(cluster, kubeconfig), timeouts=timeouts) as own:
        writer.write(10)
        await stored(declared, events=10)
        pod.log().rotate(follow="lost")
        writer.write(10)
        await stored(declared, events=20)
        await until(own.reported("source", "no line from node", pod.node.name), 20)
        await counted(declared, 20)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(20))
    seen.balances()


async def test_a_hole_that_rotation_left_is_an_interval(declared: NatsServer, cluster: Cluster, tmp_path: Path) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)):
        writer.write(10)
        await counted(declared, 10)
    writer.write(10)
    pod.log().rotate()
    writer.write(10)
    async with following(declared, follows(cluster, kubeconfig)):
        await counted(declared, 20)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == [*range(10), *range(20, 30)]
    (interval,) = seen.sources[0].intervals
    assert "rotated" in interval.reason
    assert interval.after < interval.before
    seen.balances()


async def test_a_node_whose_clock_is_an_hour_off_and_an_event_of_the_year_9999_skip_nothing(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod = await cluster.tetragon_pod(await cluster.node())
    log, number = pod.log(), 0
    timeouts = msgspec.structs.replace(QUICK, silence_s=1.0)
    async with following(declared, follows(cluster, kubeconfig), timeouts=timeouts):
        for off_s in (3600, -3600, 0):
            for _ in range(3):
                now = time.time_ns() + off_s * NS_PER_S
                for _ in range(20):
                    log.write(event(number, time_ns=now), time_ns=now)
                    number += 1
                log.write(event(number, time_ns=253_402_300_000 * NS_PER_S), time_ns=now)
                number += 1
                await stored(declared, events=number)
                log.reset_streams()
        await counted(declared, number)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(number))
    assert not any("sinceTime" in r.query and r.query["sinceTime"] > "9" for r in pod.node.kubelet.requests)
    seen.balances()


async def test_lines_of_a_mebibyte_and_bytes_that_are_no_events_pass_beside_others(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    log = pod.log()
    log.chunk_bytes = 50_000
    async with following(declared, follows(cluster, kubeconfig, max_line_bytes=2 << 20)):
        writer.write(3, padding=1 << 20)
        log.write(b"", b"garbage", b"\xff\xfe\x00", event(99)[:-20], b"x" * (3 << 20))
        writer.write(3)
        await counted(declared, 11, timeout_s=40)
        log.end_streams()
        writer.write(3)
        await counted(declared, 14, timeout_s=40)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(9))
    counts = seen.sources[0].counts
    assert (counts.dead, counts.skipped, counts.repeated) == (4, 1, 0)
    seen.balances()


async def test_two_pods_on_one_node_each_have_a_place_and_share_no_line(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    node = await cluster.node()
    pods = [await cluster.tetragon_pod(node) for _ in range(2)]
    async with following(declared, follows(cluster, kubeconfig)):
        lines = Writer(pods[0].log()).write(20)
        await stored(declared, events=20)
        pods[1].log().write(*lines)
        Writer(pods[1].log(), 20).write(20)
        await counted(declared, 60)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(40))
    assert [source.node for source in seen.sources] == [node.name] * 2
    assert sum(source.counts.repeated for source in seen.sources) == 20
    seen.balances()


async def test_a_pod_whose_container_waits_is_read_once_it_runs(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod = await cluster.tetragon_pod(await cluster.node(), running=False)
    async with following(declared, follows(cluster, kubeconfig)):
        writer = Writer(pod.log())
        writer.write(5)
        await cluster.run(pod)
        await counted(declared, 5)


async def test_an_api_server_and_a_node_that_are_slow_to_answer_are_waited_for(
    declared: NatsServer, cluster: Cluster, api_server: ApiServer, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)):
        writer.write(10)
        await stored(declared, events=10)
        with api_server.stand_still():
            writer.write(10)
            pod.log().end_streams()
            await until(lambda: pod.log().streams == 0, 10)
        await stored(declared, events=20)
        pod.node.kubelet.hold()
        before = len(pod.node.kubelet.requests)
        pod.log().end_streams()
        await until(lambda: len(pod.node.kubelet.requests) > before, 10)
        writer.write(10)
        pod.node.kubelet.release()
        await counted(declared, 30)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(30))
    seen.balances()


async def test_many_pods_that_appear_at_once_are_all_followed(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    nodes = [await cluster.node() for _ in range(4)]
    pods = await asyncio.gather(*(cluster.tetragon_pod(nodes[n % 4]) for n in range(60)))
    for number, pod in enumerate(pods):
        Writer(pod.log(), number * 10).write(10)
    for _ in range(2):  # the second time each goes on where it stopped
        async with following(declared, follows(cluster, kubeconfig)):
            await counted(declared, 600, timeout_s=40)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(600))
    assert len(seen.sources) == 60
    assert sum(source.counts.lines for source in seen.sources) == 600
    seen.balances()

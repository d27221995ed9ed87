"""Lines of a pod's log arrive once, whatever ends their stream."""

from pathlib import Path

from tocsin.model import ids

from support.collector_harness import counted, read_stored, stored
from support.kube import Cluster
from support.pod_harness import Writer, a_pod, event, following, follows, reader
from support.server import NatsServer
from support.waiting import until


async def test_lines_of_two_pods_arrive_once_under_the_names_of_their_nodes(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    one, first = await a_pod(cluster)
    two, second = await a_pod(cluster)
    lines = first.write(50)
    async with following(declared, follows(cluster, kubeconfig)):
        await stored(declared, events=50)
        second.next = 50
        more = second.write(50)
        await counted(declared, 100)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(100))
    nodes = {message.id: message.subject.split(".")[2] for message in seen.events}
    assert {nodes[ids.event_id("default", one.node.name, line)] for line in lines} == {one.node.name}
    assert {nodes[ids.event_id("default", two.node.name, line)] for line in more} == {two.node.name}
    assert {source.node for source in seen.sources} == {one.node.name, two.node.name}
    seen.balances()


async def test_lines_arrive_once_through_ends_resets_rotation_and_a_cut_in_the_middle_of_a_line(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    log = pod.log()
    async with following(declared, follows(cluster, kubeconfig)):
        for breaks in (log.end_streams, log.reset_streams, lambda: log.rotate(follow="on"), log.end_streams):
            writer.write(40)
            await stored(declared, events=writer.next)
            breaks()
            writer.write(10)
        await stored(declared, events=writer.next)
        log.cut(event(writer.next), after_bytes=20)
        writer.next += 1
        writer.write(20)
        await counted(declared, writer.next)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(writer.next))
    assert not seen.dead
    assert seen.sources[0].counts.lines == writer.next
    assert seen.sources[0].counts.unread_intervals == 0
    seen.balances()


async def test_killed_again_and_again_it_goes_on_where_it_stopped(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    _, writer = await a_pod(cluster)
    for life in range(5):
        async with following(declared, follows(cluster, kubeconfig)) as own:
            writer.write(200)
            await stored(declared, events=writer.next - 100)
            if life < 4:
                await own.kill()
            else:
                await counted(declared, writer.next)
                await own.end()
        if life < 4:
            writer.write(50)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(writer.next))
    assert seen.sources[0].counts.lines == writer.next
    seen.balances()


async def test_after_a_restart_of_the_container_the_previous_log_is_read_first(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)):
        writer.write(30)
        await stored(declared, events=30)
        pod.log().hold()
        last = writer.write(30)
        await cluster.restart(pod)
        pod.log().write(*last[-10:])  # as `tail` does
        pod.log().release()
        writer.write(30)
        await counted(declared, 90)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(90))
    assert seen.sources[0].counts.unread_intervals == 0
    assert pod.node.kubelet.asked("previous")
    seen.balances()


async def test_a_pod_that_is_made_anew_goes_on_in_the_same_place(
    declared: NatsServer, cluster: Cluster, tmp_path: Path
) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)):
        last = writer.write(30)
        await counted(declared, 30)
        pod = await cluster.recreate(pod)
        Writer(pod.log()).log.write(*last[-10:])
        writer.log = pod.log()
        writer.write(30)
        await counted(declared, 60)
    seen = await read_stored(declared)
    assert sorted(seen.numbers) == list(range(60))
    (source,) = seen.sources
    assert source.counts.lines == 60
    assert source.counts.unread_intervals == 0
    assert source.position.log is not None
    assert source.position.log.pod == pod.uid
    seen.balances()


async def test_what_a_deleted_pod_took_is_an_interval(declared: NatsServer, cluster: Cluster, tmp_path: Path) -> None:
    _, kubeconfig = await reader(cluster, tmp_path)
    pod, writer = await a_pod(cluster)
    async with following(declared, follows(cluster, kubeconfig)):
        writer.write(30)
        await counted(declared, 30)
        await cluster.delete(pod)

        async def reported() -> bool:
            return (await read_stored(declared)).sources[0].counts.unread_intervals == 1

        await until(reported, 20)
    (source,) = (await read_stored(declared)).sources
    (interval,) = source.intervals
    assert interval.pod == f"{pod.namespace}/{pod.name}"
    assert interval.node == pod.node.name
    assert interval.after
    assert source.position.log is None
    assert source.counts.lines == 30

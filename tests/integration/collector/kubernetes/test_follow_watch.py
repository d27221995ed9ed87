"""Listing and watching pods against answers that a real API server gives too rarely for a test."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from tocsin.collector.settings import Settings
from tocsin.collector.sources.kubernetes.api import KubeApi, open_api
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.collector.sources.kubernetes.directory import Directory
from tocsin.collector.sources.kubernetes.pods import NamespaceWatch

from support.waiting import until

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _pod(name: str) -> dict[str, object]:
    return {
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": "7"},
        "spec": {"nodeName": "n1", "containers": [{"name": "export-stdout"}]},
        "status": {"containerStatuses": None},
    }


class Scripted:
    """An API server whose answers are written down: one after the other, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        return await (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)


def lists(*names: str, more: str = "", version: str = "5") -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        items = [_pod(name) for name in names]
        return web.json_response({"metadata": {"resourceVersion": version, "continue": more}, "items": items})

    return answer


def watches(*events: object, raw: bytes = b"", hold: bool = False) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"".join(json.dumps(event).encode() + b"\n" for event in events) + raw)
        if hold:
            await asyncio.Event().wait()
        return response

    return answer


def refuses(status: int, *, retry_after: str = "") -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {"Retry-After": retry_after} if retry_after else {}
        return web.json_response({"message": "not now"}, status=status, headers=headers)

    return answer


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[tuple[Scripted, KubeApi]]:
    script = Scripted()
    app = web.Application()
    app.router.add_get("/{path:.*}", script.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    named = {"name": "x"}
    config = {
        "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{**named, "user": {"token": "t"}}],
        "contexts": [{**named, "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    try:
        async with open_api(str(path), "") as api:
            yield script, api
    finally:
        await runner.cleanup()


async def _keeping(
    script: Scripted, api: KubeApi, *answers: Answer, until_: Callable[[NamespaceWatch], bool]
) -> NamespaceWatch:
    script.answers = list(answers)
    namespace = NamespaceWatch(api, "ns", "a=b", "export-stdout", lambda: None, Backoff(least_s=0.01, most_s=0.05))
    task = asyncio.create_task(namespace.keep())
    try:
        await until(lambda: until_(namespace), 10, what=f"{namespace.pods} {namespace.problem}")
    finally:
        task.cancel()
        await asyncio.wait({task})
    return namespace


async def test_a_long_list_is_read_page_by_page(scripted: tuple[Scripted, KubeApi]) -> None:
    script, api = scripted
    pages = [lists("a", more="next"), lists("b", more="last"), lists("c"), watches(hold=True)]
    await _keeping(script, api, *pages, until_=lambda n: len(n.pods) == 3)
    assert [asked.get("continue") for asked in script.asked[:3]] == [None, "next", "last"]


async def test_pods_come_and_go_with_the_watch_which_goes_on_after_the_last_bookmark(
    scripted: tuple[Scripted, KubeApi],
) -> None:
    script, api = scripted
    events = [
        {"type": "ADDED", "object": _pod("b")},
        {"type": "DELETED", "object": _pod("a")},
        {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "42"}}},
    ]
    answers = [lists("a"), watches(*events), watches(hold=True)]
    own = await _keeping(script, api, *answers, until_=lambda _: len(script.asked) > 2)
    assert set(own.pods) == {"uid-b"}
    assert script.asked[2]["resourceVersion"] == "42"
    assert own.relists == 1


@pytest.mark.parametrize(
    "expired",
    [
        watches({"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}),
        refuses(410),
        watches(raw=b"no json\n"),
    ],
)
async def test_where_the_watch_cannot_go_on_all_is_listed_anew(
    scripted: tuple[Scripted, KubeApi], expired: Answer
) -> None:
    script, api = scripted
    own = await _keeping(
        script, api, lists("a"), expired, lists("b"), watches(hold=True), until_=lambda n: n.relists == 2
    )
    assert set(own.pods) == {"uid-b"}


async def test_errors_change_nothing_that_is_known_and_are_told(scripted: tuple[Scripted, KubeApi]) -> None:
    script, api = scripted
    own = await _keeping(script, api, lists("a"), refuses(500), until_=lambda n: "500" in n.problem)
    assert set(own.pods) == {"uid-a"}


async def test_the_server_may_ask_for_a_longer_pause(scripted: tuple[Scripted, KubeApi]) -> None:
    script, api = scripted
    await _keeping(script, api, refuses(429, retry_after="60"), until_=lambda n: "429" in n.problem)
    assert len(script.asked) == 1


async def test_a_line_of_the_watch_that_never_ends_is_not_kept_for_ever(scripted: tuple[Scripted, KubeApi]) -> None:
    script, api = scripted
    endless = watches(raw=b"x" * (5 << 20), hold=True)
    await _keeping(script, api, lists("a"), endless, until_=lambda n: "more than 4 MiB" in n.problem)


async def test_with_the_default_labels_older_pods_without_a_component_are_found_as_well(
    scripted: tuple[Scripted, KubeApi],
) -> None:
    script, api = scripted

    async def answer(request: web.Request) -> web.StreamResponse:
        labels, path = request.query["labelSelector"], request.match_info["path"]
        found = "component" not in labels and path == "api/v1/namespaces/tetragon/pods" and "watch" not in request.query
        return await (watches(hold=True) if "watch" in request.query else lists(*(["a"] if found else [])))(request)

    script.answers = [answer]
    directory = Directory(api, Settings(), lambda: None, most_backoff_s=0.1)
    task = asyncio.create_task(directory.keep())
    try:
        await until(lambda: directory.complete and len(directory.pods()) == 1, 10)
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert directory.namespaces == ["tetragon"]

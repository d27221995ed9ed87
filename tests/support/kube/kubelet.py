"""A kubelet's log endpoint on 127.0.0.1, for the API server alone, with the faults of a node."""

import asyncio
import ssl
import time
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from support.kube.logs import ContainerLog, Stream
from support.kube.pki import Pki
from support.kube.ports import free_port
from support.waiting import until

_API_SERVER = "kubelet-client"


@dataclass(frozen=True)
class LogRequest:
    """One request as the API server passed it on; ``query["sinceTime"]`` is cut to whole seconds by then."""

    namespace: str
    pod: str
    container: str
    query: dict[str, str]


class Kubelet:
    """Serves the logs of one node's containers in the loop that started it."""

    def __init__(self, pki: Pki) -> None:
        self.port = free_port()
        self.requests: list[LogRequest] = []
        """Every request for a log, refused ones too, in the order they came."""
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki.ca.cert))
        self._context.load_cert_chain(pki.kubelet.cert, pki.kubelet.key)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._logs: dict[tuple[str, str, str], ContainerLog] = {}
        self._failure: tuple[int, str, int | None] | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        """Serve; returns once connections are accepted."""
        app = web.Application()
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        await self.accept()

    async def stop(self) -> None:
        """Gone, with all connections."""
        assert self._runner is not None
        await self.refuse()
        await self._runner.cleanup()

    async def refuse(self) -> None:
        """The kubelet has died: open streams break and new connections are refused."""
        assert self._runner is not None
        if self._site is not None:
            await self._site.stop()
            self._site = None
        server = self._runner.server
        assert server is not None
        for connection in server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def accept(self) -> None:
        """It is back on the same port, with the same logs."""
        assert self._runner is not None
        if self._site is None:
            self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context)
            await self._site.start()

    def fail(self, status: int = 500, text: str = "the test said so", *, times: int | None = None) -> None:
        """Answer the next *times* requests (``None``: all until ``heal``) with an error."""
        self._failure = (status, text, times)

    def heal(self) -> None:
        """Answer again."""
        self._failure = None

    def hold(self) -> None:
        """Slow answers: requests are taken and noted, and not answered until ``release``."""
        self._open.clear()

    def release(self) -> None:
        """Answer those that wait, and those to come."""
        self._open.set()

    def log(self, namespace: str, pod: str, container: str) -> ContainerLog:
        """The log of a container; made where there is none yet."""
        return self._logs.setdefault((namespace, pod, container), ContainerLog())

    def remove(self, namespace: str, pod: str) -> None:
        """The containers of *pod* are gone: readers get the rest and the end, and new ones a 404."""
        for key in [key for key in self._logs if key[:2] == (namespace, pod)]:
            log = self._logs.pop(key)
            log.release()
            log.end_streams()

    def asked(self, parameter: str, *, pod: str = "") -> list[str]:
        """The values of one query *parameter* in all requests that had it, of one *pod* where it is given."""
        return [r.query[parameter] for r in self.requests if parameter in r.query and pod in ("", r.pod)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if _common_name(request) != _API_SERVER:
            return web.Response(status=403, text="only the API server may ask a kubelet")
        names = request.match_info
        noted = LogRequest(names["namespace"], names["pod"], names["container"], dict(request.query))
        self.requests.append(noted)
        await self._open.wait()
        if (failure := self._next_failure()) is not None:
            return failure
        log = self._logs.get((noted.namespace, noted.pod, noted.container))
        if log is None:
            text = f'container "{noted.container}" in pod "{noted.pod}" is waiting to start - no logs yet'
            return web.json_response({"message": text}, status=400)
        try:
            stream = _open(log, noted.query)
        except LookupError:
            text = f'previous terminated container "{noted.container}" in pod "{noted.pod}" not found'
            return web.json_response({"message": text}, status=400)
        try:
            return await _send(request, stream, log)
        finally:
            stream.close()

    def _next_failure(self) -> web.Response | None:
        if self._failure is None:
            return None
        status, text, times = self._failure
        if times is not None:
            self._failure = (status, text, times - 1) if times > 1 else None
        return web.Response(status=status, text=text)


def _open(log: ContainerLog, query: dict[str, str]) -> Stream:
    since_ns = 0
    if "sinceTime" in query:
        since_ns = int(datetime.fromisoformat(query["sinceTime"]).timestamp()) * 1_000_000_000
    if "sinceSeconds" in query:
        since_ns = time.time_ns() - int(query["sinceSeconds"]) * 1_000_000_000
    return log.open(
        follow=query.get("follow") == "true",
        previous=query.get("previous") == "true",
        since_ns=since_ns,
        tail=int(query["tailLines"]) if "tailLines" in query else None,
        limit_bytes=int(query["limitBytes"]) if "limitBytes" in query else None,
        timestamps=query.get("timestamps") == "true",
    )


async def _send(request: web.Request, stream: Stream, log: ContainerLog) -> web.StreamResponse:
    """Headers go out with the first byte, as a kubelet's do."""
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.enable_chunked_encoding()
    while True:
        if piece := stream.take():
            if not response.prepared:
                await response.prepare(request)
            size = log.chunk_bytes or len(piece)
            for at in range(0, len(piece), size):
                await response.write(piece[at : at + size])
        elif (ending := stream.ending()) is None:
            await stream.changed.wait()
        elif ending == "end":
            await response.prepare(request)
            return response
        else:
            await _break(request)
            return response


async def _break(request: web.Request) -> None:
    transport = request.transport
    if transport is not None:
        await until(lambda: transport.get_write_buffer_size() == 0, what="the bytes before the break are on their way")
        transport.abort()


def _common_name(request: web.Request) -> str:
    shown = request.get_extra_info("peercert", {})
    return next((value for part in shown.get("subject", ()) for key, value in part if key == "commonName"), "")

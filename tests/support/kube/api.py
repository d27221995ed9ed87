"""Plain requests to an API server: what a test does by hand, without the client library that is under test."""

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from support.kube.closing import Sockets
from support.kube.pki import Pair

Object = dict[str, Any]

_TIMEOUT = aiohttp.ClientTimeout(total=30.0)
_PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}


class Refused(Exception):
    """The API server answered with an error: *status* 403 for a missing right, 404, 409, 422 and so on."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class Api:
    """Requests as one user; a *path* begins with ``/api/v1`` or ``/apis/<group>/<version>``."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._resources: dict[str, dict[str, Object]] = {}

    async def get(self, path: str, **query: str) -> Object:
        """One object or a list."""
        return await self._ask("GET", path, query)

    async def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        """POST *body* to the collection or subresource *path*."""
        return await self._ask("POST", path, _query(dry_run=dry_run), body)

    async def replace(self, path: str, body: Mapping[str, Any]) -> Object:
        """PUT; a status goes to ``…/status``."""
        return await self._ask("PUT", path, {}, body)

    async def patch(self, path: str, body: Any, *, how: str = "merge") -> Object:
        """PATCH; *how* is ``merge``, ``strategic`` or ``json``."""
        return await self._ask("PATCH", path, {}, body, content_type=_PATCH_TYPES[how])

    async def apply(self, body: Mapping[str, Any], *, namespace: str = "default", dry_run: bool = False) -> Object:
        """Server-side apply of a whole object, wherever it belongs; *namespace* where it names none.

        With *dry_run* everything is checked, schema and admission, and nothing is kept.
        """
        query = {"fieldManager": "tests", "force": "true", "fieldValidation": "Strict", **_query(dry_run=dry_run)}
        path = await self.path_of(body, namespace=namespace)
        return await self._ask("PATCH", path, query, body, content_type="application/apply-patch+yaml")

    async def delete(self, path: str, *, grace_s: int = 0) -> Object:
        """DELETE, at once unless *grace_s* is given."""
        return await self._ask("DELETE", path, {"gracePeriodSeconds": str(grace_s)})

    async def ensure(self, path: str, body: Mapping[str, Any]) -> None:
        """POST *body* unless it is there already."""
        await _but_for(409, self.create(path, body))

    async def remove(self, path: str) -> None:
        """DELETE it at once where it is there."""
        await _but_for(404, self.delete(path))

    async def path_of(self, body: Mapping[str, Any], *, namespace: str = "default") -> str:
        """Where the object lives, found out by the API server's own list of kinds."""
        version, kind, metadata = body["apiVersion"], body["kind"], body["metadata"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        known = self._resources.get(root, {})
        if kind not in known:  # a CRD may have come since
            listed = (await self.get(root))["resources"]
            known = self._resources[root] = {item["kind"]: item for item in listed if "/" not in item["name"]}
        if kind not in known:
            raise Refused(404, "NotFound", f"no kind {kind} in {version}")
        within = f"/namespaces/{metadata.get('namespace', namespace)}" if known[kind]["namespaced"] else ""
        return f"{root}{within}/{known[kind]['name']}/{metadata['name']}"

    @asynccontextmanager
    async def stream(self, path: str, **query: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that is read as it comes: a log, a watch. Headers may never come: put a timeout around it."""
        async with self._http.get(path, params=query, timeout=aiohttp.ClientTimeout(total=None)) as response:
            if response.status >= 400:
                raise _refused(response.status, await response.read())
            yield response

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, content_type: str = "application/json"
    ) -> Object:
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        async with self._http.request(method, path, params=query, data=payload, headers=headers) as response:
            raw = await response.read()
        if response.status >= 400:
            raise _refused(response.status, raw)
        answer: Object = json.loads(raw)
        return answer


@asynccontextmanager
async def open_api(url: str, ca: Path, *, token: str = "", pair: Pair | None = None) -> AsyncIterator[Api]:
    """Requests to *url* with a bearer *token* or a client certificate."""
    context = ssl.create_default_context(cafile=str(ca))
    if pair is not None:
        context.load_cert_chain(pair.cert, pair.key)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sockets = Sockets()
    # force_close: no connection is left over from before a restart of the server
    connector = aiohttp.TCPConnector(ssl=context, force_close=True, socket_factory=sockets.make)
    try:
        async with aiohttp.ClientSession(url, connector=connector, headers=headers, timeout=_TIMEOUT) as http:
            yield Api(http)
    finally:
        await sockets.close()


async def _but_for(status: int, asked: Awaitable[Object]) -> None:
    try:
        await asked
    except Refused as error:
        if error.status != status:
            raise


def _query(*, dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _refused(status: int, raw: bytes) -> Refused:
    try:
        told = json.loads(raw)
    except ValueError:
        return Refused(status, "", raw.decode(errors="replace"))
    return Refused(status, told.get("reason", ""), told.get("message", ""))

"""Responses: JSON, errors, and large bodies that a client must take in time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec
from aiohttp import web

from tocsin.gateway.queries.schemas import ErrorAnswer

_SEND_S = 30.0
"""The gateway drops a client that does not take a large body, or a part of it, in this time."""

encode = msgspec.json.Encoder().encode


class Download(Protocol):
    """A file that is generated while it is sent."""

    headers: dict[str, str]

    def parts(self) -> AsyncIterator[bytes]:
        """The file, part by part."""
        ...


def json(body: bytes, status: int = 200) -> web.Response:
    """A JSON document."""
    return web.Response(body=body, status=status, content_type="application/json")


def failure(status: int, text: str, retry_after_s: int = 0) -> web.Response:
    """An error, as JSON."""
    response = json(encode(ErrorAnswer(error=text)), status)
    if retry_after_s:
        response.headers["Retry-After"] = str(retry_after_s)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def send(request: web.Request, response: web.Response) -> web.Response:
    """Return once the client has the response; drop a client that does not take it in time."""
    try:
        async with asyncio.timeout(_SEND_S):
            await response.prepare(request)
            await response.write_eof()
    except (TimeoutError, ConnectionError):
        _drop(request)
    return response


async def stream(request: web.Request, download: Download) -> web.StreamResponse:
    """Return once the client has the file; drop a client that does not take a part in time.

    A dropped client can tell that the file is not whole: the body does not end as HTTP says.
    """
    response = web.StreamResponse(headers=download.headers)
    try:
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        async for part in download.parts():
            async with asyncio.timeout(_SEND_S):
                await response.write(part)
        await response.write_eof()
    except (TimeoutError, ConnectionError):
        _drop(request)
    except Exception:
        _drop(request)  # half a file must not look like a whole one
        raise
    return response


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()

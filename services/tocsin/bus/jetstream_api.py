"""Requests to the API of JetStream by its plain subjects, so that the table of a user's rights names each of them."""

import asyncio
from typing import Any

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError

from tocsin.bus.connection import Connection
from tocsin.bus.jetstream_types import Stored
from tocsin.bus.stopping import started
from tocsin.model.errors import BusError, BusUnavailable, Gone

_TIMEOUT_S = 5.0
_NOT_FOUND = 404
_UNAVAILABLE = 503


class ApiRefused(BusError):
    """JetStream answered with an error."""

    def __init__(self, subject: str, code: int, number: int, text: str) -> None:
        """*number* is JetStream's ``err_code``."""
        super().__init__(f"{subject}: {text} ({code}/{number})")
        self.code = code
        self.number = number


class _Refusal(Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(Struct):
    error: _Refusal | None = None


async def ask(
    connection: Connection,
    subject: str,
    payload: bytes = b"",
    *,
    headers: dict[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Msg:
    """Send one request and return its answer; `BusUnavailable` without an answer, at once if the connection breaks."""
    if not connection.up:
        raise BusUnavailable(f"{subject}: no connection to NATS")
    request = connection.client.request(subject, payload, timeout=timeout_s, headers=headers)
    try:
        async with started(request) as asking:
            await asyncio.wait({asking, connection.broken}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise BusUnavailable(f"{subject}: the connection broke before the answer")
            return asking.result()
    except NoRespondersError as error:
        raise BusUnavailable(f"{subject}: nobody answers (is JetStream on, and does the stream exist?)") from error
    except TimeoutError as error:
        raise BusUnavailable(f"{subject}: no answer in {timeout_s:g} s") from error
    except (Error, OSError) as error:
        raise BusUnavailable(f"{subject}: {error or type(error).__name__}") from error


async def direct_get(connection: Connection, name: str, payload: bytes = b"") -> Stored:
    """One stored message: the last of a subject (*name* is ``<stream>.<subject>``), or the one *payload* asks for."""
    subject = f"$JS.API.DIRECT.GET.{name}"
    answer = await ask(connection, subject, payload)
    headers: dict[str, str] = answer.headers or {}
    status = headers.get("Status", "")
    if status:
        error = Gone if status == str(_NOT_FOUND) else BusUnavailable
        raise error(f"{subject}: {headers.get('Description', status)}")
    return Stored(headers.get("Nats-Subject", ""), int(headers.get("Nats-Sequence", "0")), answer.data, headers)


async def call(connection: Connection, subject: str, request: Any = None, *, timeout_s: float = _TIMEOUT_S) -> bytes:
    """Call ``$JS.API.<subject>`` and return the answer's JSON; `Gone` if what the subject names does not exist."""
    payload = b"" if request is None else msgspec.json.encode(request)
    message = await ask(connection, f"$JS.API.{subject}", payload, timeout_s=timeout_s)
    answer = msgspec.json.decode(message.data, type=_Answer)
    if answer.error is not None:
        refusal = answer.error
        if refusal.code == _NOT_FOUND:
            raise Gone(f"{subject}: {refusal.description}")
        if refusal.code == _UNAVAILABLE:
            raise BusUnavailable(f"{subject}: {refusal.description}")
        raise ApiRefused(subject, refusal.code, refusal.err_code, refusal.description)
    return message.data

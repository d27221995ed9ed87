"""The gateway over HTTP: first as somebody without a login sees it, then with the token that we were given."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from tocsin.cli.doctor.finding import Unseen
from tocsin.cli.doctor.gather.server_info import loopback
from tocsin.cli.doctor.observations import Judging, Page

_ANSWER_S = 5.0
_MOST_BYTES = 32 << 20
_OK = 200
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError)
_START = "start it, or name it: --gateway URL"
_LOG_IN = "name a file with the gateway's token: --token-file FILE"


class _Ready(Struct):
    broken: dict[str, str] = {}


class _Judge(Struct):
    service: str = ""
    instance: str = ""
    hash: str = ""


class _Problem(Struct):
    file: str = ""
    line: int = 0
    text: str = ""


class _Rules(Struct):
    judges: list[_Judge] = []
    problems: list[_Problem] = []
    hashes_differ: list[str] = []


async def page(url: str, token: str) -> Page | Unseen:
    """What the gateway at *url* says; `Unseen` where nothing that we know answers."""
    try:
        address = urlsplit(url)
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            return await _page(http, url.rstrip("/"), address.hostname or "", token)
    except _FAILURES as error:
        return Unseen(f"no gateway at {url}: {error or type(error).__name__}", _START)
    except (msgspec.DecodeError, ValueError) as error:
        return Unseen(f"what answers at {url} is no gateway of ours: {error}", _START)


async def _page(http: aiohttp.ClientSession, url: str, host: str, token: str) -> Page:
    _, ready = await _get(http, f"{url}/readyz")
    broken = msgspec.json.decode(ready, type=_Ready).broken
    status, body = await _get(http, f"{url}/api/v1/rules")
    own = Page(url=url, loopback=loopback(host), broken=broken, open_status=status)
    if status != _OK and token:
        status, body = await _get(http, f"{url}/api/v1/rules", {"Authorization": f"Bearer {token}"})
    if status != _OK:
        why = "the gateway does not take the token" if token else "the rules are shown to those who log in"
        return msgspec.structs.replace(own, judges=Unseen(f"{why} ({status})", _LOG_IN))
    rules = msgspec.json.decode(body, type=_Rules)
    return msgspec.structs.replace(
        own,
        judges=[Judging(service=one.service, instance=one.instance, hash=one.hash) for one in rules.judges],
        differing=rules.hashes_differ,
        problems=[f"{one.file}:{one.line}: {one.text}" for one in rules.problems],
    )


async def _get(http: aiohttp.ClientSession, url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    options: dict[str, Any] = {"allow_redirects": False, "headers": headers}
    async with http.get(url, **options) as answer:
        body = await answer.content.read(_MOST_BYTES)
        while len(body) < _MOST_BYTES and (more := await answer.content.read(_MOST_BYTES - len(body))):
            body += more
        return answer.status, body

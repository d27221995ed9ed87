"""The gateway over HTTP: first as an unauthenticated client sees it, then with the given token."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.gather.server_info import loopback
from tocsin.cli.doctor.observations import Gateway, Judge

_ANSWER_S = 5.0
_MOST_BYTES = 32 << 20
_OK = 200
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError)
_START = "start it, or set --gateway URL"
_LOG_IN = "set --token-file FILE, a file with the gateway's token"


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


async def fetch(url: str, token: str) -> Gateway | Unknown:
    """What the gateway at *url* says; `Unknown` if no gateway answers."""
    try:
        address = urlsplit(url)
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            return await _gateway(http, url.rstrip("/"), address.hostname or "", token)
    except _FAILURES as error:
        return Unknown(f"no gateway at {url}: {error or type(error).__name__}", _START)
    except (msgspec.DecodeError, ValueError) as error:
        return Unknown(f"the server at {url} is not a Tocsin gateway: {error}", _START)


async def _gateway(http: aiohttp.ClientSession, url: str, host: str, token: str) -> Gateway:
    _, ready = await _get(http, f"{url}/readyz")
    broken = msgspec.json.decode(ready, type=_Ready).broken
    status, body = await _get(http, f"{url}/api/v1/rules")
    gateway = Gateway(url=url, loopback=loopback(host), broken=broken, open_status=status)
    if status != _OK and token:
        status, body = await _get(http, f"{url}/api/v1/rules", {"Authorization": f"Bearer {token}"})
    if status != _OK:
        why = "the gateway does not accept the token" if token else "the gateway shows its rules only after a login"
        return msgspec.structs.replace(gateway, judges=Unknown(f"{why} ({status})", _LOG_IN))
    rules = msgspec.json.decode(body, type=_Rules)
    return msgspec.structs.replace(
        gateway,
        judges=[Judge(service=each.service, instance=each.instance, hash=each.hash) for each in rules.judges],
        differing=rules.hashes_differ,
        problems=[f"{each.file}:{each.line}: {each.text}" for each in rules.problems],
    )


async def _get(http: aiohttp.ClientSession, url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    options: dict[str, Any] = {"allow_redirects": False, "headers": headers}
    async with http.get(url, **options) as answer:
        body = await answer.content.read(_MOST_BYTES)
        while len(body) < _MOST_BYTES and (more := await answer.content.read(_MOST_BYTES - len(body))):
            body += more
        return answer.status, body

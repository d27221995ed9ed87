"""One gateway more on the server of a house."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from tocsin.embedded.state import read_environment

from support.processes import House
from support.waiting import until

_READY_S = 60.0


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def another_gateway(own: House) -> AsyncIterator[int]:
    """The port of a second gateway, once it has read the window."""
    port = free_port()
    password = json.loads((own.state / "credentials.json").read_bytes())["gateway"]
    address = urlsplit(read_environment(own.state / "env")["TOCSIN_NATS_URL"])
    environ = {
        "TOCSIN_NATS_URL": f"nats://{address.hostname}:{address.port}",
        "TOCSIN_NATS_USER": "gateway",
        "TOCSIN_NATS_PASSWORD": password,
        "TOCSIN_GATEWAY_PORT": str(port),
    }
    rest = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    log = (own.folder / "another_gateway.log").open("ab")
    process = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-m", "tocsin.gateway"], stdout=log, stderr=log, env={**rest, **environ}
    )
    try:
        await until(lambda: _ready(port), _READY_S, "the second gateway")
        yield port
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)
        log.close()


async def _ready(port: int) -> bool:
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}/api/runtime/stats") as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False

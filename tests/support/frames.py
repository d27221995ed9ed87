"""Frames of the stream changed on their way to a page, for states that no test machine is in."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, WebSocketRoute

_STREAM = re.compile("/api/v1/stream$")
Frame = dict[str, Any]


async def change(page: Page, alter: Callable[[Frame], Frame]) -> None:
    """Give each frame of the gateway to *alter* before the page hears it."""

    def heard(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(json.dumps(alter(json.loads(text)))))

    await page.route_web_socket(_STREAM, heard)


async def silence(page: Page) -> None:
    """A gateway that takes the connection and says nothing."""
    await page.route_web_socket(_STREAM, lambda socket: None)


async def refuse(page: Page, code: int) -> None:
    """A gateway that closes each connection with *code*."""

    async def closed(socket: WebSocketRoute) -> None:
        await socket.close(code=code)

    await page.route_web_socket(_STREAM, closed)

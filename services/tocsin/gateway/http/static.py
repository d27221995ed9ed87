"""The files of the built dashboard."""

import asyncio
from pathlib import Path

from aiohttp import web

from tocsin.gateway.errors import HttpError

STATIC = Path(__file__).parents[1] / "static"
_YEAR = "public, max-age=31536000, immutable"
_NOT_BUILT = "The page is not built yet: run `make ui` (the API and the WebSocket work without it).\n"


async def file(static: Path, path: str) -> web.StreamResponse:
    """The file of this path; the index for a path of the dashboard itself. `HttpError` (404) if there is none."""
    if path.startswith("api/"):
        raise HttpError(404, "no such path; /api/openapi.json names them all")
    file_path = await asyncio.to_thread(_find, static, path)
    if file_path is None:
        if path.startswith("assets/"):
            raise HttpError(404, "no such file")
        return web.Response(text=_NOT_BUILT, status=200 if not path else 404)
    cache = _YEAR if path.startswith("assets/") else "no-cache"
    return web.FileResponse(file_path, headers={"Cache-Control": cache})


def _find(static: Path, path: str) -> Path | None:
    """The file for *path*, never one outside *static*; the index if the path may be a view of the dashboard.

    `HttpError` (404) if no file can have this name.
    """
    root = static.resolve()
    try:
        requested = (root / path).resolve()
        if path and requested.is_relative_to(root) and requested.is_file():
            return requested
    except (OSError, ValueError) as error:  # too long, or with a NUL
        raise HttpError(404, "no such file") from error
    if path.startswith("assets/"):
        return None
    index = root / "index.html"
    return index if index.is_file() else None

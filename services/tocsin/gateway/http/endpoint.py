"""What an endpoint declares of itself: the router and the OpenAPI document are both generated from it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from tocsin.gateway.http.login import Access
from tocsin.gateway.http.server import HttpServer

Handler = Callable[[HttpServer, web.Request], Awaitable[web.StreamResponse]]


class Parameter(Struct, frozen=True):
    """One parameter of a query string."""

    name: str
    description: str
    schema: Mapping[str, Any]
    repeatable: bool = False
    """Whether it may be given more than once."""
    deprecated: bool = False
    """Whether it works for one more release only."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    handler: Handler
    summary: str
    answer: Any = None
    """The struct of the JSON, a union of two, or the media type if it is not JSON; ``None`` for no answer of 200."""
    parameters: tuple[Parameter, ...] = ()
    strict: bool = True
    """Whether a parameter that is not declared, or given twice, is an error."""
    path_parameters: Mapping[str, str] = {}
    """Name to description."""
    errors: tuple[int, ...] = (421,)
    """Statuses with a common meaning."""
    responses: Mapping[int, tuple[str, Any]] = {}
    """Statuses with a meaning of this endpoint: description, and answer as above."""
    access: Access = "principal"
    head: bool = True
    """Whether a GET endpoint answers HEAD, too."""

"""The endpoint table: each of its entries is served and documented, and nothing else is."""

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from tocsin.gateway.http import app, openapi
from tocsin.gateway.http.endpoint import Endpoint
from tocsin.gateway.http.endpoints import ENDPOINTS
from tocsin.gateway.http.server import HttpServer
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.settings import Settings

DECLARED = {(endpoint.path, endpoint.method) for endpoint in ENDPOINTS}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(ENDPOINTS)


def named(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def test_every_endpoint_is_served_and_every_other_path_belongs_to_the_dashboard() -> None:
    routes = app.application(HttpServer(Settings())).router.routes()
    served = {(route.resource.canonical, route.method) for route in routes if route.resource is not None}
    heads = {(endpoint.path, "HEAD") for endpoint in ENDPOINTS if endpoint.method == "GET" and endpoint.head}
    assert served == DECLARED | heads | {("/{path}", "GET"), ("/{path}", "HEAD")}
    assert len(DECLARED) == len(ENDPOINTS)


def test_every_endpoint_is_documented(document: dict[str, Any]) -> None:
    documented = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert documented == DECLARED


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_every_parameter_is_described_and_every_part_of_a_path_is_a_parameter(
    endpoint: Endpoint, document: dict[str, Any]
) -> None:
    operation = document["paths"][endpoint.path][endpoint.method.lower()]
    parameters = operation.get("parameters", [])
    assert all(len(parameter["description"]) > 5 and parameter["schema"] for parameter in parameters)
    in_path = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
    assert in_path == {part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")}
    assert len(operation["summary"]) > 5


@pytest.mark.parametrize("endpoint", [own for own in ENDPOINTS if own.strict], ids=named)
async def test_a_parameter_that_is_not_declared_is_refused(endpoint: Endpoint) -> None:
    request = make_mocked_request("GET", f"{endpoint.path}?no-such=1")
    with pytest.raises(QueryError, match=r"^no-such: no such parameter; (known: |there are none here)"):
        await app.handle(HttpServer(Settings()), endpoint, request)


def test_every_property_of_an_answer_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"].items()
    properties = [(name, key, own) for name, schema in schemas for key, own in schema.get("properties", {}).items()]
    assert len(properties) > 200
    assert [(name, key) for name, key, own in properties if len(own.get("description", "")) < 5] == []

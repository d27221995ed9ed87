"""The OpenAPI 3.1 document, generated from the endpoint table and the structs that the answers are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tocsin import __version__
from tocsin.gateway.auth import session_cookie
from tocsin.gateway.http import field_docs
from tocsin.gateway.http.endpoint import Endpoint
from tocsin.gateway.queries.schemas import ErrorAnswer
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.alert import Alert

_ERRORS = {
    400: "A parameter is wrong; the error names it and what is allowed.",
    401: "The client is not signed in, or the token is wrong. Does not happen if the gateway asks for no token.",
    403: "The request comes from a page of another origin, or not from the authenticating proxy.",
    404: "There is no such file, or this gateway has no login.",
    415: "The form is not application/x-www-form-urlencoded.",
    421: "The gateway does not serve this host name.",
    429: "Too many wrong tokens; Retry-After says when to try again.",
    503: "NATS does not answer, the window is not complete yet, or too many clients ask for the same; Retry-After may "
    "say when to try again.",
}
_LOGIN_ERRORS = (401, 403, 429)
"""Of every endpoint that asks who the client is."""
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token, if the gateway asks for one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": session_cookie.SECURE_COOKIE,
        "description": f"The session that /login sets; {session_cookie.COOKIE} if the connection is not encrypted.",
    },
}

_Schemas = Mapping[Any, dict[str, Any]]
"""The schema of each struct that is an answer."""


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    schemas, components = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin gateway",
            "version": __version__,
            "description": (
                f"Alerts with the severities {', '.join(SEVERITIES)}. The API is read-only: POST serves only the login "
                "and logout forms. Whether clients must sign in is a setting of the gateway."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
        "security": [{name: []} for name in _SECURITY],
    }


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[_Schemas, dict[str, Any]]:
    """The schema of each answer, and the components that these refer to, every property described."""
    answers = [part for endpoint in endpoints for part in _answers(endpoint)]
    kinds = list(dict.fromkeys([*answers, ErrorAnswer]))
    described = [_alert() if kind is Alert else kind for kind in kinds]
    schemas, components = msgspec.json.schema_components(described, ref_template="#/components/schemas/{name}")
    field_docs.describe(components, [*described, Alert])
    return dict(zip(kinds, schemas, strict=True)), components


def _answers(endpoint: Endpoint) -> list[Any]:
    given = [endpoint.answer, *(answer for _, answer in endpoint.responses.values())]
    return [part for answer in given if answer is not None and not isinstance(answer, str) for part in _parts(answer)]


def _parts(answer: Any) -> tuple[Any, ...]:
    return getattr(answer, "__args__", (answer,))


def _alert() -> Any:
    """The alert with an event that is an object: it is carried as bytes, which have no schema."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(Alert):
        if field.name == "event":
            fields.append((field.name, dict[str, Any] | None, None))
        elif field.required:
            fields.append((field.encode_name, field.type))
        else:
            fields.append((field.encode_name, field.type, field.default))
    return msgspec.defstruct(Alert.__name__, fields, namespace={"__doc__": Alert.__doc__}, kw_only=True)


def _operation(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if endpoint.answer is not None:
        responses["200"] = {"description": "Success.", "content": _content(endpoint.answer, schemas)}
    for status, (description, answer) in endpoint.responses.items():
        content = {} if answer is None else {"content": _content(answer, schemas)}
        responses[str(status)] = {"description": description} | content
    for status in sorted({*endpoint.errors, *(_LOGIN_ERRORS if endpoint.access == "principal" else ())}):
        responses[str(status)] = {"description": _ERRORS[status], "content": _content(ErrorAnswer, schemas)}
    operation: dict[str, Any] = {"summary": endpoint.summary, "responses": responses}
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    return operation if endpoint.access == "principal" else operation | {"security": []}


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in endpoint.path_parameters.items()
    ]
    in_query = [
        {"name": parameter.name, "in": "query", "description": parameter.description, "schema": dict(parameter.schema)}
        | ({"deprecated": True} if parameter.deprecated else {})
        for parameter in endpoint.parameters
    ]
    return [*in_path, *in_query]


def _content(answer: type[Struct] | str, schemas: _Schemas) -> dict[str, Any]:
    if isinstance(answer, str):
        return {answer: {"schema": {"type": "object" if answer.endswith("json") else "string"}}}
    parts = [schemas[part] for part in _parts(answer)]
    return {"application/json": {"schema": parts[0] if len(parts) == 1 else {"anyOf": parts}}}

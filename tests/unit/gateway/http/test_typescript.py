"""The dashboard's types are those of the OpenAPI document."""

from pathlib import Path

import pytest

from tocsin.gateway.http import openapi, typescript
from tocsin.gateway.http.endpoints import ENDPOINTS

TYPES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "schemas.gen.ts"


def test_the_types_are_generated_from_the_current_document() -> None:
    assert TYPES.read_text(encoding="utf-8") == typescript.module(openapi.document(ENDPOINTS)), "run `make docs`"


def test_a_schema_of_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no TypeScript type"):
        typescript.module({"components": {"schemas": {"A": {"not": {"type": "string"}}}}})

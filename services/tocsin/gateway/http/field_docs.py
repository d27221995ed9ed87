"""Descriptions of the properties of JSON schemas: the docstrings under the fields of the structs."""

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.inspect import StructType


def describe(components: dict[str, Any], kinds: Iterable[Any]) -> None:
    """Add a description to every property of *components* whose struct, reachable from *kinds*, documents it."""
    structs = {kind.__name__: kind for kind in _reachable(kinds)}
    for name, component in components.items():
        kind = structs.get(name)
        if kind is None:
            continue
        texts = docstrings(kind)
        for property_, schema in component.get("properties", {}).items():
            if property_ in texts:
                schema.setdefault("description", texts[property_])


def docstrings(kind: type[Struct]) -> dict[str, str]:
    """The docstring under each field of the struct and of its bases, by the name in JSON."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base is not Struct and issubclass(base, Struct):
            texts |= {names[name]: text for name, text in _own_docstrings(base).items() if name in names}
    return texts


def _own_docstrings(kind: type[Struct]) -> dict[str, str]:
    """Those of the struct's own fields; none for a struct that is generated and so has no source."""
    module = sys.modules.get(kind.__module__)
    return {} if module is None else _module_docstrings(module).get(kind.__qualname__, {})


@cache
def _module_docstrings(module: ModuleType) -> dict[str, dict[str, str]]:
    """The docstrings of the fields of each class in a module."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        return {}
    return {node.name: _class_docstrings(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _class_docstrings(node: ast.ClassDef) -> dict[str, str]:
    texts: dict[str, str] = {}
    for field, text in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            texts[field.target.id] = inspect.cleandoc(text.value.value).replace("`", "")
    return texts


def _reachable(kinds: Iterable[Any]) -> Iterable[type[Struct]]:
    """The structs that these types are made of."""
    structs: dict[type[Struct], None] = {}

    def visit(value: Any) -> None:
        if isinstance(value, StructType):
            if value.cls in structs:
                return
            structs[value.cls] = None
        if isinstance(value, msgspec.inspect.Type | msgspec.inspect.Field):
            for name in value.__struct_fields__:
                visit(getattr(value, name))
        elif isinstance(value, tuple):
            for item in value:
                visit(item)

    for info in msgspec.inspect.multi_type_info(kinds):
        visit(info)
    return structs

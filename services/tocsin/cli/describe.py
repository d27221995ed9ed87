"""The meaning of each setting: the docstring below its field in the source."""

import ast
import inspect
import textwrap


def meanings(kind: type) -> dict[str, str]:
    """The docstring of each field on one line, by field name, without the fields that have none."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    docs: dict[str, str] = {}
    name = ""
    for node in getattr(body, "body", []):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            docs[name] = " ".join(str(node.value.value).replace("``", "").split())
            name = ""
        else:
            name = ""
    return docs

"""What each setting means, in the words that stand under its field in the source."""

import ast
import inspect
import textwrap


def meanings(kind: type) -> dict[str, str]:
    """Field name to its docstring on one line; fields without one are left out."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    found: dict[str, str] = {}
    name = ""
    for node in getattr(body, "body", []):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = " ".join(str(node.value.value).replace("``", "").split())
            name = ""
        else:
            name = ""
    return found

"""Checks of the parameters of a query string."""

from collections.abc import Collection, Mapping


class QueryError(ValueError):
    """The text names the parameter and what is allowed."""


def check(
    parameters: Mapping[str, str], *known: str, repeatable: Collection[str] = (), deprecated: Collection[str] = ()
) -> None:
    """`QueryError` for a name that is neither *known* nor *deprecated*, or is given twice and not *repeatable*."""
    seen = set()
    names = [name for name, _ in parameters.items()]  # each as often as it was given
    for name in names:
        if name not in known and name not in deprecated:
            here = f"known: {', '.join(known)}" if known else "there are none here"
            raise QueryError(f"{name[:64]}: no such parameter; {here}")
        if name in seen and name not in repeatable:
            raise QueryError(f"{name} must be given once")
        seen.add(name)


def integer(parameters: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """The whole number from 1 to *most* under *name*."""
    text = parameters.get(name)
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 1 <= value <= most:
        raise QueryError(f"{name} must be a whole number from 1 to {most:,}")
    return value

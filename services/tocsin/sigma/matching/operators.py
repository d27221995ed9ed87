"""The meaning of each operation for one value; matching, evidence and explanations all use it."""

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable

import re2  # type: ignore[import-untyped]
from msgspec import structs

from tocsin.sigma.syntax.ir import Atom, Pattern, Wild

ValueTest = Callable[[str], bool]
"""Whether one value matches."""

_NUMBER = re.compile(r"[+-]?\d{1,32}(?:\.\d{1,32})?", re.ASCII)
_ADDRESS_CHARACTERS = 64
"""No address is longer, and a longer text must not fill the cache."""
_EXPRESSION_MEMORY = 8 << 20
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def number(text: str) -> int | float | None:
    """*text* as a number, ``None`` if it is not one."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def is_numeric(atom: Atom) -> bool:
    """Whether *atom* compares numbers."""
    return isinstance(atom.value, int | float) and not isinstance(atom.value, bool)


def normalized(atom: Atom) -> Atom:
    """*atom* in its compared form: a keyword matches anywhere in the command line."""
    if atom.field:
        return atom
    if atom.op == "eq" and isinstance(atom.value, str):
        return structs.replace(atom, op="contains")
    if atom.op == "like" and isinstance(atom.value, tuple):
        return structs.replace(atom, value=(Wild.MANY, *atom.value, Wild.MANY))
    return atom


def value_test(atom: Atom) -> ValueTest:
    """The test of one value, for every operation except exists, null and fieldref; ``ValueError`` if it is invalid."""
    value = atom.value
    if atom.op in ("lt", "lte", "gt", "gte") or (atom.op == "eq" and is_numeric(atom)):
        return _by_number(atom)
    if atom.op == "re":
        return expression(_text(value))
    if atom.op == "cidr":
        return network(_text(value))
    if atom.op == "like":
        if not isinstance(value, tuple):
            raise ValueError(f"{value!r} is no pattern")
        return _folding(like(value, cased=atom.cased), cased=atom.cased)
    return _by_text(atom.op, _text(value), cased=atom.cased)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    raise ValueError(f"{value!r} is no text")


def _folding(test: ValueTest, *, cased: bool) -> ValueTest:
    return test if cased else lambda text: test(text.lower())


def _by_text(op: str, wanted: str, *, cased: bool) -> ValueTest:
    if not cased:
        wanted = wanted.lower()
    tests: dict[str, ValueTest] = {
        "eq": lambda text: text == wanted,
        "contains": lambda text: wanted in text,
        "startswith": lambda text: text.startswith(wanted),
        "endswith": lambda text: text.endswith(wanted),
    }
    if op not in tests:
        raise ValueError(f"operation {op!r} does not compare texts")
    return _folding(tests[op], cased=cased)


def _by_number(atom: Atom) -> ValueTest:
    limit = atom.value if is_numeric(atom) else number(_text(atom.value))
    if limit is None or isinstance(limit, str | tuple):
        raise ValueError(f"{atom.value!r} is no number")
    bound, op = limit, atom.op

    def test(text: str) -> bool:
        value = number(text)
        if value is None:
            return False
        if op == "eq":
            return value == bound
        if op in ("lt", "lte"):
            return value < bound or (op == "lte" and value == bound)
        return value > bound or (op == "gte" and value == bound)

    return test


@functools.lru_cache(maxsize=4096)
def expression(text: str) -> ValueTest:
    """A regular expression that matches anywhere, in time linear in the text."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _EXPRESSION_MEMORY
    try:
        compiled = re2.compile(text, options)
    except re2.error as error:
        raise ValueError(f"{text[:200]!r} is no expression of RE2: {error}") from error
    search = compiled.search
    # with bytes, RE2 does not have to compute character positions
    return lambda value: search(value.encode("utf-8", "surrogatepass")) is not None


def like(pattern: Pattern, *, cased: bool) -> ValueTest:
    """A pattern with wildcards for a whole text (in lower case, unless *cased*)."""
    parts = _joined(pattern if cased else [p if isinstance(p, Wild) else p.lower() for p in pattern])
    if Wild.ONE in parts:
        return expression(r"(?s)\A" + "".join(map(_piece, parts)) + r"\z")
    first = parts[0] if parts and isinstance(parts[0], str) else ""
    last = parts[-1] if len(parts) > 1 and isinstance(parts[-1], str) else ""
    if Wild.MANY not in parts:
        return lambda text: text == first
    middle = [part for part in (parts[1:] if first else parts)[: -1 if last else None] if isinstance(part, str)]

    def test(text: str) -> bool:
        if not (text.startswith(first) and text.endswith(last)):
            return False
        place, end = len(first), len(text) - len(last)
        for part in middle:
            place = text.find(part, place, end)
            if place < 0:
                return False
            place += len(part)
        return place <= end

    return test


def _joined(parts: Iterable[str | Wild]) -> list[str | Wild]:
    """*parts* with adjacent texts joined."""
    joined: list[str | Wild] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part:
            joined.append(part)
    return joined


def _piece(part: str | Wild) -> str:
    if isinstance(part, str):
        return str(re2.escape(part))
    return ".*" if part is Wild.MANY else "."


def network(*texts: str) -> ValueTest:
    """Whether an address is in one of these networks."""
    networks = [ipaddress.ip_network(text.strip(), strict=False) for text in texts]
    wanted = [(each.version, int(each.netmask), int(each.network_address)) for each in networks]

    @functools.lru_cache(maxsize=1024)
    def lies(value: str) -> bool:
        address = _address(value)
        if address is None:
            return False
        version, number = address.version, int(address)
        return any(version == v and number & mask == base for v, mask, base in wanted)

    return lambda value: len(value) <= _ADDRESS_CHARACTERS and lies(value)


def _address(text: str) -> _Address | None:
    try:
        address: _Address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address

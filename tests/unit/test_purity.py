"""Pure modules touch neither the clock nor the disk: import-linter knows modules, this check knows calls."""

import ast
import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
CONTRACT = "Pure unless it lives in an I/O room"
CLOCK = {"now", "utcnow", "today"}
DISK = {"read_text", "read_bytes", "write_text", "write_bytes"}
OS_CALLS = {"open", "stat", "listdir", "scandir", "remove", "unlink", "rename", "replace", "mkdir", "makedirs"}
MODES = {"r", "rb", "w", "wb", "a", "ab", "x", "xb", "r+", "rb+"}


def impure_rooms() -> list[str]:
    """The modules that the contract of import-linter leaves out, as patterns of dotted names."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [contract] = [each for each in contracts if each["name"] == CONTRACT]
    return [line.split(" -> ")[0] for line in contract["ignore_imports"]]


def is_pure(module: str, rooms: list[str]) -> bool:
    """Whether *module* lies in none of *rooms*."""
    for room in rooms:
        if room.endswith(".**") and f"{module}.".startswith(room.removesuffix("**")):
            return False
        if room.count(".") == module.count(".") and fnmatch.fnmatchcase(module, room):
            return False
    return True


def impure_calls(source: str) -> Iterator[tuple[int, str]]:
    """The line and the text of each call in *source* that reads the clock or touches the disk."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_impure(node):
            yield node.lineno, ast.unparse(node.func)


def _is_impure(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "open"
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if owner == "os" and function.attr in OS_CALLS:
        return True
    if function.attr in CLOCK and owner in ("datetime", "date"):
        return True
    opens_a_file = function.attr == "open" and any(isinstance(a, ast.Constant) and a.value in MODES for a in call.args)
    return function.attr in DISK or opens_a_file or (owner == "time" and function.attr != "fromisoformat")


@pytest.mark.parametrize(
    "call",
    [
        "datetime.now(UTC)",
        "date.today()",
        "time.monotonic()",
        "open('x')",
        "path.open('rb')",
        "os.stat(path)",
        "Path('x').read_text()",
        "(folder / 'x').write_bytes(b'')",
    ],
)
def test_the_check_finds(call: str) -> None:
    assert [line for line, _ in impure_calls(f"\n{call}")] == [2]


@pytest.mark.parametrize(
    "call", ["client.open(place)", "time.fromisoformat(text)", "reader.now()", "text.replace('a', 'b')"]
)
def test_the_check_leaves_alone(call: str) -> None:
    assert list(impure_calls(call)) == []


def test_pure_modules_touch_neither_clock_nor_disk() -> None:
    rooms = impure_rooms()
    found = []
    for path in sorted(SERVICES.rglob("*.py")):
        module = ".".join(path.relative_to(SERVICES).with_suffix("").parts)
        if is_pure(module, rooms):
            found += [f"{module}:{line} {call}" for line, call in impure_calls(path.read_text())]
    assert found == [], "pass the time or the content as an argument, or move the code into an I/O room"

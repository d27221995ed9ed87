"""Every task belongs to a TaskGroup or to `bus.stopping`: none outlives its owner, and none fails unseen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import tocsin

_ROOT = Path(tocsin.__file__).parent
_MAKERS = {"create_task", "ensure_future", "run_coroutine_threadsafe"}
_GUARD = "bus/stopping.py"


def _hand_made(source: str) -> Iterator[int]:
    """Lines that make a task with `asyncio` itself, or with a loop."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        by_asyncio = isinstance(owner, ast.Name) and owner.id in ("asyncio", "loop")
        by_call = isinstance(owner, ast.Call)  # asyncio.get_running_loop().create_task(...)
        if node.func.attr in _MAKERS and (by_asyncio or by_call):
            yield node.lineno


def test_no_task_is_made_by_hand() -> None:
    found = {
        f"{path.relative_to(_ROOT).as_posix()}:{line}"
        for path in sorted(_ROOT.rglob("*.py"))
        if path.relative_to(_ROOT).as_posix() != _GUARD
        for line in _hand_made(path.read_text("utf-8"))
    }
    assert not found, "start it in a TaskGroup, or by background() or started() of bus.stopping"


def test_the_check_sees_each_way_to_make_a_task() -> None:
    source = (
        "import asyncio\n"
        "a = asyncio.create_task(f())\n"
        "b = asyncio.ensure_future(f())\n"
        "c = asyncio.get_running_loop().create_task(f())\n"
        "async def g():\n"
        "    async with asyncio.TaskGroup() as tasks:\n"
        "        tasks.create_task(f())\n"
    )
    assert list(_hand_made(source)) == [2, 3, 4]

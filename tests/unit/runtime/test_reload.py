"""Rules that are built again when their files change."""

import asyncio
from pathlib import Path

from tocsin.runtime.health import Health
from tocsin.runtime.policy_files import Content, Policies
from tocsin.runtime.reload import reloads

CHECK_S = 0.01


async def test_a_change_is_built_and_a_fault_of_the_build_leaves_what_is_active(tmp_path: Path) -> None:
    severity = tmp_path / "severity.yaml"
    severity.write_text("first")
    policies, health = Policies(str(tmp_path)), Health()
    policies.read()

    def build(content: Content) -> str:
        if content.severity == b"faulty":
            raise RuntimeError("a fault of the program")
        return content.severity.decode()

    builds = reloads(policies, build, health, check_s=CHECK_S)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        severity.write_text("faulty")
        second = tasks.create_task(anext(builds))
        while health.ready:  # noqa: ASYNC110 - health has no event
            await asyncio.sleep(CHECK_S)
        assert health.problems == {"rules": "the changed rules could not be loaded; see the log"}
        assert not second.done()
        severity.write_text("the second")
        built, took_s = await second
    assert built == "the second"
    assert took_s >= 0
    assert health.ready

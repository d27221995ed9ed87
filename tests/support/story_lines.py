"""Single stories of the simulator as lines of an export file, at a chosen pace."""

import binascii
import random
from collections.abc import Iterator

from tocsin.model.timestamps import format_ns
from tocsin.simulator.cluster import build_nodes, build_pods
from tocsin.simulator.processes import Home, build_homes
from tocsin.simulator.script import Scene, Script
from tocsin.simulator.stories import Story
from tocsin.simulator.template import NUMBER, TIME, exec_id_of

START_NS = 1_790_000_000_000_000_000
_DAY_NS = 86_400 * 10**9


def places(seed: int = 2) -> list[Home]:
    """A cluster: every place where a story may happen."""
    rng = random.Random(seed)
    nodes = build_nodes(rng, 3)
    return build_homes(rng, nodes, build_pods(rng, nodes, START_NS), START_NS - 10 * _DAY_NS)


def fitting(story: Story, homes: list[Home]) -> list[Home]:
    """The places where *story* may happen, one for each role."""
    by_role: dict[str, Home] = {}
    for home in homes:
        role = home.pod.workload.role if home.pod else "host"
        if role in story.roles or (not story.roles and home.pod):
            by_role.setdefault(role, home)
    return list(by_role.values())


def lines_of(story: Story, home: Home, *, start_ns: int = START_NS, step_ns: int = 4_000_000) -> list[bytes]:
    """The lines of *story* at *home*, one each *step_ns*."""
    script = Script(story.name, home, random.Random(1))
    story.attack(script)
    return list(_play(script.scene(), start_ns, step_ns))


def _play(scene: Scene, start_ns: int, step_ns: int) -> Iterator[bytes]:
    values = [b""] * scene.size
    pid = 500_000
    for number, step in enumerate(scene.steps):
        now = start_ns + number * step_ns
        values[TIME], values[NUMBER] = format_ns(now).encode(), b"%d" % number
        for birth in step.births:
            at = exec_id_of(birth.process)
            pid += 1
            pid_text = b"%d" % pid if birth.pid_from is None else values[exec_id_of(birth.pid_from) + 1]
            identity = b"%b:%d:%b" % (scene.node.name.encode(), now - START_NS + _DAY_NS + birth.process, pid_text)
            values[at], values[at + 1], values[at + 2] = (
                binascii.b2a_base64(identity, newline=False),
                pid_text,
                values[TIME],
            )
        yield step.template.fill(values)

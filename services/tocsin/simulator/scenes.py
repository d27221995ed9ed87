"""All scenes of one cluster, prepared once: its normal activity, its stories, and the processes found at the start."""

import random

from tocsin.simulator import background as activities
from tocsin.simulator.background import Behaviour
from tocsin.simulator.processes import Home
from tocsin.simulator.script import Scene, Script, Step
from tocsin.simulator.stories import Story
from tocsin.simulator.template import exec_id_of

_POOL = 700
"""Scenes of normal activity, some 3,000 events; more would only cost start-up time and memory."""
_VARIANTS = 3
"""Places in which each story is prepared."""


def background(rng: random.Random, homes: list[Home]) -> list[Scene]:
    """The normal activity of all pods and nodes."""
    pool = [_build(scene, rng.choice(homes), rng) for scene in (activities.huge_argument, activities.rarities)]
    while len(pool) < _POOL:
        home = rng.choice(homes)
        weights = activities.mix(home)
        behaviour = rng.choices(list(weights), weights=list(weights.values()))[0]
        pool.append(_build(behaviour, home, rng))
    return pool


def attacks(rng: random.Random, homes: list[Home], stories: tuple[Story, ...]) -> list[list[Scene]]:
    """Each story in some of the places that fit it; stories without a place are left out."""
    scenes = []
    for story in stories:
        places = [home for home in homes if _fits(story, home)]
        chosen = rng.sample(places, min(_VARIANTS, len(places)))
        scenes.append([_build(story.attack, home, rng, story.name) for home in chosen])
    return [variants for variants in scenes if variants]


def _fits(story: Story, home: Home) -> bool:
    if home.pod is None:
        return "host" in story.roles
    return not story.roles or home.pod.workload.role in story.roles


def _build(behaviour: Behaviour, home: Home, rng: random.Random, name: str = "") -> Scene:
    script = Script(name or behaviour.__name__, home, rng)
    behaviour(script)
    return script.scene()


def existing(rng: random.Random, homes: list[Home]) -> Scene:
    """The processes that the agents find running: one scene over all nodes."""
    steps: list[Step] = []
    for home in homes:
        script = Script("existing", home, rng)
        for process in home.running:
            script.existing(process)
        steps += script.scene().steps
    return Scene("existing", homes[0].node, tuple(steps), exec_id_of(0))

"""All scenes of one cluster, prepared once: its background, its stories, and what its agents find at the start."""

import random

from tocsin.simulator import background as told
from tocsin.simulator.processes import Home
from tocsin.simulator.script import Scene, Script, Step
from tocsin.simulator.stories import Story
from tocsin.simulator.template import exec_id_of

_POOL = 700
"""Scenes prepared for the background, some 3,000 events; more only cost start-up time and memory."""
_TELLINGS = 3
"""Places in which each story is prepared."""


def background(rng: random.Random, homes: list[Home]) -> list[Scene]:
    """What healthy places live."""
    pool = [_tell(scene, rng.choice(homes), rng) for scene in (told.huge_argument, told.rarities)]
    while len(pool) < _POOL:
        home = rng.choice(homes)
        scenes = told.mix(home)
        tell = rng.choices(list(scenes), weights=list(scenes.values()))[0]
        pool.append(_tell(tell, home, rng))
    return pool


def attacks(rng: random.Random, homes: list[Home], stories: tuple[Story, ...]) -> list[list[Scene]]:
    """Each story, told in some of the places that fit it; those without a place are left out."""
    found = []
    for story in stories:
        places = [home for home in homes if _fits(story, home)]
        chosen = rng.sample(places, min(_TELLINGS, len(places)))
        found.append([_tell(story.tell, home, rng, story.name) for home in chosen])
    return [scenes for scenes in found if scenes]


def _fits(story: Story, home: Home) -> bool:
    if home.pod is None:
        return "host" in story.roles
    return not story.roles or home.pod.workload.role in story.roles


def _tell(tell: told.Behaviour, home: Home, rng: random.Random, name: str = "") -> Scene:
    script = Script(name or tell.__name__, home, rng)
    tell(script)
    return script.scene()


def existing(rng: random.Random, homes: list[Home]) -> Scene:
    """What the agents find running: one scene over all nodes."""
    steps: list[Step] = []
    for home in homes:
        script = Script("existing", home, rng)
        for process in home.running:
            script.existing(process)
        steps += script.scene().steps
    return Scene("existing", homes[0].node, tuple(steps), exec_id_of(0))

"""What the shipped rules say of the simulator: each story raises what it should, and a healthy cluster nothing grave."""

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from tocsin.sigma.authoring.replay import Replay
from tocsin.sigma.ruleset import RuleSet
from tocsin.simulator import Generator
from tocsin.simulator.stories import Story, stories

from support.story_lines import START_NS, fitting, lines_of, places

_PACK = Path(__file__).parents[3] / "policies" / "rules"
_LATE_NS = 30 * 10**9
_STEP_NS = 4_000_000
STORIES = stories()
HOMES = places()


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    return RuleSet.load({str(path.relative_to(_PACK)): path.read_bytes() for path in sorted(_PACK.rglob("*.yml"))})


def raised(pack: RuleSet, lines: Iterable[bytes]) -> dict[str, str]:
    """Name to level of what alerts of these events."""
    replay, found = Replay(pack), {}
    for line in lines:
        step = replay.feed(line)
        assert not step.hits.failed
        for hit in step.hits.hits:
            if hit.rule.id not in pack.silent:
                found[hit.rule.name] = hit.rule.level
        for firing in step.firings:
            found[firing.correlation.name] = firing.correlation.level
    return found


def late(lines: list[bytes], share: float) -> list[bytes]:
    """The same events, some of which arrive up to half a minute after their time."""
    dice = random.Random(1)
    arrivals = [
        (number * _STEP_NS + (dice.randrange(_LATE_NS) if dice.random() < share else 0), number)
        for number in range(len(lines))
    ]
    return [lines[number] for _, number in sorted(arrivals)]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_raises_what_it_should_wherever_it_is_told(story: Story, pack: RuleSet) -> None:
    homes = fitting(story, HOMES)
    assert homes
    for home in homes:
        assert set(raised(pack, lines_of(story, home, step_ns=_STEP_NS))) == set(story.raises), home.main.binary


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_raises_the_same_when_some_of_its_events_come_late(story: Story, pack: RuleSet) -> None:
    lines = lines_of(story, fitting(story, HOMES)[0], step_ns=_STEP_NS)
    assert set(raised(pack, late(lines, 0.2))) == set(story.raises)


@pytest.mark.slow
def test_a_quiet_quarter_of_an_hour_raises_nothing_at_high_or_above(pack: RuleSet) -> None:
    span_ns = 900 * 10**9
    generator = Generator(3, START_NS, attacks_per_minute=0, late_share=0.002)
    found = raised(pack, generator.take(18_000, START_NS, START_NS + span_ns))
    assert {name: level for name, level in found.items() if level in ("high", "critical")} == {}


def test_each_name_is_that_of_a_rule(pack: RuleSet) -> None:
    names = {rule.name for rule in (*pack.rules, *pack.correlations)}
    assert {name for story in STORIES for name in story.raises} <= names

"""What docs/noise.md says of a quiet hour and of real events is true."""

import re
from collections import Counter
from pathlib import Path

from tocsin.classifier.judge import Origin, judge
from tocsin.classifier.policy_set import PolicySet
from tocsin.model.event import read
from tocsin.model.severity import KEPT
from tocsin.sigma.authoring.replay import Replay
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.simulator import Generator

from support import corpus, rulings
from support.story_lines import START_NS

_TEXT = (Path(__file__).parents[3] / "docs" / "noise.md").read_text()
_HOUR_NS = 3600 * 10**9
_EVENTS = 72_000


def grave(ruling: PolicySet) -> Counter[str]:
    """What decided the alerts at high and critical of a quiet hour, and which correlations fired."""
    windows, found = CorrelationEngine(ruling.rules.correlations), Counter[str]()
    generator = Generator(3, START_NS, attacks_per_minute=0, late_share=0.002)
    for number, line in enumerate(generator.take(_EVENTS, START_NS, START_NS + _HOUR_NS)):
        event = read(line)
        origin = Origin(f"{number:032x}", "default", event.node, START_NS + _HOUR_NS)
        judged = judge(event, line, origin, ruling)
        assert not judged.failed
        if judged.alert.severity in KEPT:
            found[judged.alert.severity_from] += 1
        if judged.signal is not None:
            found.update(firing.correlation.name for firing in windows.feed(judged.signal, number))
    return found


def test_a_quiet_hour_raises_nothing_at_high_or_above_in_the_tuned_profile() -> None:
    assert grave(rulings.shipped("tuned")) == Counter()


def test_a_quiet_hour_in_the_default_profile_raises_what_the_document_says() -> None:
    found = grave(rulings.shipped())
    [(setuid, sigkill)] = re.findall(
        r"`default`: (\d+) critical by the table's line `setuid`.*?and (\d+) by", _TEXT, re.DOTALL
    )
    assert found == {"table:setuid": int(setuid), "table:sigkill-exit": int(sigkill)}


def test_the_pack_finds_in_real_events_what_the_document_says() -> None:
    pack = rulings.shipped().rules
    replay, found = Replay(pack), Counter[str]()
    lines = [line for path in corpus.files() for line in path.read_bytes().splitlines()]
    for line in lines:
        step = replay.feed(line)
        found.update(hit.rule.name for hit in step.hits.hits if hit.rule.id not in pack.silent)
        found.update(firing.correlation.name for firing in step.firings)
    told = {name: int(hits) for name, hits in re.findall(r"^\| `(\w+)` \| (\d+) \|", _TEXT, re.MULTILINE)}
    assert told == found
    assert f"over {len(lines):,} events" in _TEXT

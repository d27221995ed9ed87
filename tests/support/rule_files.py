"""Rule files held to their promise: whatever they hold, they load or say why not, and what loads judges."""

from random import Random

from tocsin.sigma.ruleset import RuleSet

from support.event_builder import event
from support.pysigma_diff import TIME_NS, record

EVENTS = [
    event({"Image": "/bin/sh", "CommandLine": "/bin/sh -c id"}, "exec", Random(1)),
    event({"TargetFilename": "/etc/shadow", "arg0": "x"}, "kprobe", Random(2)),
    event({"DestinationIp": "10.0.0.1", "DestinationPort": "443"}, "kprobe", Random(3)),
]
RECORDS = [record(line) for line in EVENTS]


def judged(content: bytes) -> RuleSet:
    """*content* loaded, and whatever loads has judged some events."""
    ruleset = RuleSet.load({"a.yml": content})
    for problem in ruleset.problems:
        assert problem.file == "a.yml"
        assert problem.text
        assert "\n" not in problem.text
        assert len(str(problem)) < 2_000
        assert "Traceback" not in problem.text
    for one in RECORDS:
        hits = ruleset.match(one, TIME_NS)
        assert not hits.failed
        for hit in hits.hits:
            assert len(ruleset.matched(hit.rule, one)) <= 8
    return ruleset

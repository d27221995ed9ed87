"""What pySigma refuses we refuse, and the other way round, but for the differences that stand here with their reason."""

from typing import Any

import pytest
import yaml
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.policy.profiles import SafePolicy

from tocsin.sigma.ruleset import RuleSet

ID = "11111111-1111-4111-8111-111111111111"
BASE: dict[str, Any] = {
    "title": "A rule",
    "id": ID,
    "name": "base",
    "status": "test",
    "logsource": {"product": "tetragon"},
    "level": "low",
}
SELECTION = {"Image": "/bin/sh"}


def rule(**more: Any) -> dict[str, Any]:
    return {**BASE, "detection": {"sel": SELECTION, "condition": "sel"}, **more}


def detection(selection: Any, condition: Any = "sel") -> list[dict[str, Any]]:
    return [rule(detection={"sel": selection, "condition": condition})]


def condition(text: Any) -> list[dict[str, Any]]:
    return [rule(detection={"sel": SELECTION, "sel2": SELECTION, "condition": text})]


def without(key: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in rule().items() if k != key}]


def correlation(**more: Any) -> list[dict[str, Any]]:
    body = {
        "type": "event_count",
        "rules": ["base"],
        "timespan": "10s",
        "generate": True,
        "condition": {"gte": 5},
        **more,
    }
    other = ID.replace("1", "2", 8)
    return [
        rule(),
        {"title": "C", "id": other, "level": "high", "correlation": {k: v for k, v in body.items() if v is not None}},
    ]


def filtering(**more: Any) -> list[dict[str, Any]]:
    body = {"rules": ["base"], "sel": SELECTION, "condition": "not sel", **more}
    other = ID.replace("1", "3", 8)
    source = {"product": "tetragon"}
    return [
        rule(),
        {"title": "F", "id": other, "logsource": source, "filter": {k: v for k, v in body.items() if v is not None}},
    ]


def written(documents: list[dict[str, Any]]) -> str:
    return yaml.dump_all(documents, Dumper=Plain)


class Plain(yaml.SafeDumper):
    """Writes what occurs twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def pysigma_takes(documents: list[dict[str, Any]]) -> bool:
    # its filters cannot be copied together with a policy, so only the others are held to RE2
    policy = None if any("filter" in document for document in documents) else SafePolicy
    try:
        collection = SigmaCollection.from_yaml(written(documents), policy=policy)
        sqliteBackend(fulltext_field="CommandLine").convert(collection)
    except Exception:  # it raises errors of many types, some of Python's own
        return False
    return True


def we_take(documents: list[dict[str, Any]]) -> bool:
    ruleset = RuleSet.load({"a.yml": written(documents).encode()})
    assert len(ruleset.rules) + len(ruleset.correlations) + len(ruleset.filters) <= len(documents)
    return all(problem.warning for problem in ruleset.problems)


BOTH_TAKE = {
    "a plain rule": [rule()],
    "a correlation": correlation(),
    "a filter": filtering(),
    "a filter of any rule": filtering(rules="any"),
    "a list of conditions": condition(["sel", "not sel2"]),
    "any of them": condition("any of them"),
    "all of a pattern": condition("all of sel*"),
    "a name with a hyphen": [rule(detection={"a-b": SELECTION, "condition": "a-b"})],
    "a name that begins like an operator": [
        rule(detection={"notepad": SELECTION, "order": SELECTION, "condition": "notepad and order"})
    ],
    "a flag of an expression by its long name": detection({"Image|re|ignorecase": "a"}),
    "keywords": detection(["a", "b*", 5]),
    "keywords with all": detection({"|all": ["a", "b"]}),
    "a list of maps": detection([SELECTION, {"User": "x"}]),
    "a list of maps and keywords": detection([SELECTION, "keyword"]),
    "a list in a list": detection([[SELECTION, {"User": "x"}], {"User": "y"}]),
    "an empty list of values": detection({"Image": []}),
    "deep parentheses": condition("(" * 12 + "sel" + ")" * 12),
    "not not": condition("not not sel"),
    "white space within a condition": condition("sel\n  and\tsel2"),
}
BOTH_REFUSE = {
    "no title": without("title"),
    "no logsource": without("logsource"),
    "no detection": without("detection"),
    "an empty logsource": [rule(logsource={})],
    "an unknown level": [rule(level="severe")],
    "a detection that is a text": [rule(detection="sel")],
    "an unknown modifier": detection({"Image|contians": "a"}),
    "an empty modifier": detection({"Image|": "a"}),
    "an expression that is none": detection({"Image|re": "("}),
    "an expression that looks ahead": detection({"Image|re": "(?=x)y"}),
    "an expression that refers back": detection({"Image|re": r"(a)\1"}),
    "an expression after contains": detection({"Image|contains|re": "a"}),
    "a flag without an expression": detection({"Image|i": "a"}),
    "an expression with cased": detection({"Image|re|cased": "a"}),
    "cased with an expression": detection({"Image|cased|re": "a"}),
    "a network with a long prefix": detection({"DestinationIp|cidr": "10.0.0.0/33"}),
    "a network with bits beyond its prefix": detection({"DestinationIp|cidr": "10.0.0.1/24"}),
    "a network that is a name": detection({"DestinationIp|cidr": "localhost"}),
    "a network after contains": detection({"DestinationIp|contains|cidr": "10.0.0.0/8"}),
    "less than a text": detection({"ProcessId|lt": "abc"}),
    "less than a number in quotes": detection({"ProcessId|lt": "5"}),
    "less than nothing": detection({"ProcessId|lt": None}),
    "exists with a text": detection({"Image|exists": "maybe"}),
    "exists after contains": detection({"Image|contains|exists": True}),
    "exists without a field": detection({"|exists": True}),
    "a reference with a wildcard": detection({"Image|fieldref": "parent.*"}),
    "base64 of a wildcard": detection({"Image|base64": "a*"}),
    "base64 after contains": detection({"Image|contains|base64": "a"}),
    "base64offset of a wildcard": detection({"Image|base64offset": "a?"}),
    "windash with four dashes": detection({"CommandLine|windash": " -a -b -c -d"}),
    "contains of null": detection({"Image|contains": None}),
    "cased of null": detection({"Image|cased": None}),
    "a keyword that is null": detection([None]),
    "a placeholder without a pipeline that fills it": detection({"Image|expand": "%a%"}),
    "an empty detection": detection({}),
    "an empty list": detection([]),
    "a map as a value": detection({"Image": {"a": "b"}}),
    "no condition": [rule(detection={"sel": SELECTION})],
    "no selection": [rule(detection={"condition": "sel"})],
    "an empty condition": condition(""),
    "an empty list of conditions": condition([]),
    "an unknown name": condition("sel and sle"),
    "an unknown pattern": condition("1 of foo*"),
    "an operator without its right side": condition("sel and"),
    "an operator without its left side": condition("or sel"),
    "not of nothing": condition("not"),
    "an open parenthesis": condition("(sel"),
    "a closed parenthesis": condition("sel)"),
    "empty parentheses": condition("()"),
    "two names in a row": condition("sel sel2"),
    "a pipe": condition("sel | count() > 5"),
    "two of a pattern": condition("2 of sel*"),
    "of without a pattern": condition("1 of"),
    "an operator in capitals": condition("sel AND sel2"),
    "a correlation of an unknown type": correlation(type="event_sum"),
    "a correlation of an unknown rule": correlation(rules=["bose"]),
    "a correlation without rules": correlation(rules=None),
    "a correlation without a timespan": correlation(timespan=None),
    "a correlation with a wrong timespan": correlation(timespan="10 minutes"),
    "a correlation with no time": correlation(timespan="0s"),
    "a correlation without a condition": correlation(condition=None),
    "a correlation with two conditions": correlation(condition={"gte": 1, "lt": 5}),
    "a correlation with a wrong count": correlation(condition={"gte": "many"}),
    "a correlation that counts values of no field": correlation(type="value_count"),
    "a correlation that generates maybe": correlation(generate="maybe"),
    "an extended condition of event_count": correlation(condition="base"),
    "a filter without rules": filtering(rules=None),
    "a filter without a condition": filtering(condition=None),
    "a filter with an unknown name": filtering(condition="not sle"),
}
ONLY_PYSIGMA_TAKES = {
    "wide: Linux has no UTF-16": detection({"Image|wide": "a"}),
    "utf16: the same": detection({"Image|utf16": "a"}),
    "parts of a time: Tetragon's fields are no times": detection({"Image|hour": 5}),
    "a field that no event has: such a rule never fires": detection({"Imaeg": "a"}),
    "an expression after which contains stands: it is found anywhere as it is": detection({"Image|re|contains": "a"}),
    "timeframe: a correlation says it": [rule(detection={"sel": SELECTION, "timeframe": "5m", "condition": "sel"})],
    "another product: Tetragon sees Linux": [rule(logsource={"product": "windows", "category": "process_creation"})],
    "another taxonomy: its fields are unknown": [rule(taxonomy="ecs")],
    "generate left out: its default mutes the rules": correlation(generate=None),
    "fewer than: the window would have to close": correlation(condition={"lt": 5}),
    "exactly so many: the same": correlation(condition={"eq": 5}),
    "a sum: not built": correlation(type="value_sum", condition={"gte": 5, "field": "ProcessId"}),
    "an extended condition: not built": correlation(type="temporal", condition="base"),
    "a timespan in months: they differ in length": correlation(timespan="1M"),
    "base64offset of one character: no encoded character is always the same": detection(
        {"Image|base64offset|contains": "a"}
    ),
    "a filter of an unknown rule: it would do nothing": filtering(rules=["bose"]),
    "no id: alerts need one": without("id"),
}
ONLY_WE_TAKE = {
    "an id that is no UUID: it is a name all the same": [rule(id="my-rule")],
    "a number where a text is meant: it is what is written": detection({"CommandLine|contains": 5}),
    "a truth where a text is meant: it is what is written": detection({"CommandLine|contains": True}),
    "a pattern with a hyphen": [rule(detection={"a-b": SELECTION, "condition": "1 of a-*"})],
    "a reference that tells cases apart": detection({"Image|fieldref|cased": "parent.binary"}),
}


@pytest.mark.parametrize("name", BOTH_TAKE)
def test_what_pysigma_takes_we_take(name):
    assert pysigma_takes(BOTH_TAKE[name])
    assert we_take(BOTH_TAKE[name])


@pytest.mark.parametrize("name", BOTH_REFUSE)
def test_what_pysigma_refuses_we_refuse(name):
    assert not pysigma_takes(BOTH_REFUSE[name])
    assert not we_take(BOTH_REFUSE[name])


@pytest.mark.parametrize("name", ONLY_PYSIGMA_TAKES)
def test_what_only_pysigma_takes_is_known(name):
    assert pysigma_takes(ONLY_PYSIGMA_TAKES[name])
    assert not we_take(ONLY_PYSIGMA_TAKES[name])


@pytest.mark.parametrize("name", ONLY_WE_TAKE)
def test_what_only_we_take_is_known(name):
    assert not pysigma_takes(ONLY_WE_TAKE[name])
    assert we_take(ONLY_WE_TAKE[name])


def test_an_alias_of_yaml_is_refused_though_pysigma_takes_it():
    document = rule(detection={"sel": SELECTION, "sel2": SELECTION, "condition": "sel and sel2"})
    text = yaml.safe_dump(document)
    assert "*id001" in text
    assert SigmaCollection.from_yaml(text).rules
    assert any(problem.code == "alias" for problem in RuleSet.load({"a.yml": text.encode()}).problems)

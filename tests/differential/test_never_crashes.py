"""Whatever a rule file holds, it is loaded or refused in words."""

import string

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import made_rules
from support.rule_files import judged

WORDS = (
    "title", "id", "name", "status", "level", "logsource", "product", "category", "service", "taxonomy", "detection",
    "condition", "selection", "filter", "correlation", "rules", "type", "timespan", "group-by", "aliases", "generate", "gte",
    "field", "tags", "author", "references", "x-tests", "x-silence", "x-requires", "x-existing", "x-repeat", "x-link", "expires",
    "owner", "reason", "date", "Image", "Image|contains", "CommandLine|re", "ProcessId|gt", "DestinationIp|cidr", "|all",
    "pod.labels.app", "Image|fieldref", "Image|exists", "CommandLine|windash|contains|all", "Image|base64offset|contains",
)  # fmt: skip
VALUES = (
    "tetragon", "linux", "exec", "any", "selection", "1 of them", "not selection", "event_count", "temporal_ordered", "10s",
    "attack.t1059", "high", "2026-13-45", "/bin/sh", "(", "((a)", "*", "?", "\\", "10.0.0.0/8", "::/0", "0x10", "1e400", "=",
    "<<", "~", "yes", "\u202e", "\u200b", "é", "\U0001f514", "a" * 300,
)  # fmt: skip

scalars = st.one_of(
    st.sampled_from(VALUES),
    st.text(string.printable, max_size=12),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.none(),
    st.dates(),
    st.binary(max_size=4),
)
keys = st.one_of(st.sampled_from(WORDS), st.text(string.ascii_letters + "|._-", max_size=8))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "title": scalars, "id": scalars, "level": scalars, "tags": values, "date": scalars, "x-tests": values, "x-silence": values,
        "x-requires": values, "x-existing": scalars, "logsource": st.one_of(values, st.just({"product": "tetragon"})),
        "detection": st.one_of(values, st.dictionaries(keys, values, max_size=3)), "correlation": values, "filter": values,
    },
)  # fmt: skip

THOROUGH = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@THOROUGH
@given(st.lists(documents, max_size=3))
def test_a_file_of_the_right_words_in_the_wrong_places_is_loaded_or_refused(found):
    judged(yaml.dump_all(found).encode())


@THOROUGH
@given(st.binary(max_size=200))
def test_any_bytes_are_loaded_or_refused(content):
    judged(content)


@THOROUGH
@given(st.integers(0, 10**6), st.data())
def test_a_rule_with_some_of_its_characters_exchanged_is_loaded_or_refused(seed, data):
    text = made_rules.text(made_rules.rules(seed, 1), seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        size = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.text(string.printable + "é\u202e\0", max_size=4)) + text[at + size :]
    judged(text.encode())


@THOROUGH
@given(st.integers(0, 10**6), st.data())
def test_a_rule_with_lines_lost_or_doubled_is_loaded_or_refused(seed, data):
    lines = made_rules.text(made_rules.rules(seed, 2), seed).splitlines()
    at = data.draw(st.integers(0, len(lines)))
    size = data.draw(st.integers(0, 5))
    again = data.draw(st.integers(0, 2))
    judged("\n".join([*lines[:at], *lines[at : at + size] * again, *lines[at + size :]]).encode())

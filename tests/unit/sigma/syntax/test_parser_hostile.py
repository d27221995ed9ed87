"""Bad input: whatever a file holds, reading it ends, and soon, with a clear message."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.sigma.syntax.linker import link
from tocsin.sigma.syntax.parser import ParsedFile, parse
from tocsin.sigma.syntax.yaml_documents import MAX_BYTES

ID = "5d4c1f3e-0000-4000-8000-000000000001"
HEAD = f"title: T\nid: {ID}\nlevel: low\nlogsource: {{product: linux}}\n"


def rule(detection: str) -> bytes:
    return f"{HEAD}detection:\n{detection}".encode()


def refused(content: bytes) -> str:
    found = parse("f.yml", content)
    assert not found.documents
    assert {failed.problem.code for failed in found.failed}.isdisjoint({"bug"})
    return str(found.failed[0].problem)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: b: c\n", "f.yml:1:5: not YAML: mapping values"),
        (b"a:\n\t- b\n", "indent with spaces, not with tabs"),
        (b"a: 'x\n", "not YAML"),
        (b"a: \x00\n", "f.yml:1:4: the character '\\x00' is not allowed"),
        (b"a: b\nc: \xff\n", "f.yml:2:4: not UTF-8"),
        (b"a: 1\na: 2\n", "f.yml:2:1: the key 'a' appears twice"),
        (b"x: {b: 1, 'b': 2}\n", "f.yml:1:11: the key 'b' appears twice"),
        (b"[a]: 1\n", "a key must be a text"),
        (b"{[a]: 1}\n", "a key must be a text"),
        (b"a: &x [x, x]\nb: &y [*x, *x]\nc: [*y, *y]\n", "f.yml:2:8: the alias *x is not supported here; write out its value"),
        (b"a: {<<: {b: 1}}\n", "merge keys"),
        (b"a" * 10_000_000, "10,000,000 bytes, and the limit for a rule file is 1,048,576; split it"),
        (b"---\na: 1\n" * 3_000, "more than 2,000 documents; split the file"),
        (b"a: [" + b"1," * 150_000 + b"]", "more than 100,000 values in one file; split it"),
        (b"[" * MAX_BYTES, "nested more than 64 levels deep"),
        (b"{a: " * 200_000, "nested more than 64 levels deep"),
        (b"- " * 500_000, "nested more than 64 levels deep"),
        (b"\n".join(b" " * depth + b"a:" for depth in range(1_000)), "nested more than 64 levels deep"),
        (rule("  s: {Image: a}\n  condition: " + "(" * 1_000 + "s" + ")" * 1_000), "nested more than 64 levels deep"),
        (rule("  s: {Image: a}\n  condition: " + "not " * 1_000 + "s"), "nested more than 64 levels deep"),
        (rule("  s: {Image: a}\n  condition: " + " and ".join(["s"] * 50_000)), "more than 8,192 characters"),
        (rule("  s:\n    Image:\n" + "".join(f"      - v{n}\n" for n in range(20_001)) + "  condition: s\n"), "more than 20,000 literals"),
        (rule("  s:\n    Image|windash:\n" + "".join(f"      - ' -a -b -{n}'\n" for n in range(300)) + "  condition: s\n"), "more than 20,000 literals"),
        (rule("  s:\n    Image|re:\n" + "".join(f"      - '[^a]{{500}}{n}'\n" for n in range(1_000)) + "  condition: s\n"), "together are too large; use smaller ones"),
        (rule("".join(f"  s{n}: {{Image: a}}\n" for n in range(1_001)) + "  condition: s1\n"), "more than 1,000 detections"),
        (rule("  s: {Image|re: '(a{1000}){1000}'}\n  condition: s\n"), "RE2 rejects"),
        (rule("  s: {Image|re: '\\pL{900}'}\n  condition: s\n"), "use smaller repetitions"),
        (rule("  s: {Image|re: '" + "a" * 9_000 + "'}\n  condition: s\n"), "a value has at most 8,192 characters"),
        (rule("  s: {Image: 1" + "0" * 6_000 + "}\n  condition: s\n"), "put it in quotes"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_clear_message(content: bytes, said: str) -> None:
    assert said in refused(content)


def test_ten_thousand_literals_are_taken() -> None:
    values = "".join(f"      - word{number}\n" for number in range(10_000))
    assert len(parse("f.yml", rule(f"  s:\n    Image|contains:\n{values}  condition: s\n")).documents) == 1


def test_an_expression_that_would_be_catastrophic_elsewhere_is_taken_as_it_is() -> None:
    assert len(parse("f.yml", rule("  s: {Image|re: '^(a+)+$'}\n  condition: s\n")).documents) == 1


def test_a_name_in_an_error_is_printable() -> None:
    said = refused(rule('  s: {"Im\\u202e\\x1bage": a}\n  condition: s\n'))
    assert said.isprintable()
    said = refused(rule('  s: {Image: a}\n  condition: "x\\u202e\\x07"\n'))
    assert said.isprintable()


def judged(found: ParsedFile) -> None:
    """Nothing of ours broke, and every problem has a place and a text on one line."""
    for failed in found.failed:
        assert failed.problem.code != "bug", failed.problem
        assert failed.problem.text
        assert "\n" not in str(failed.problem)
        assert failed.index == -1 or failed.problem.line > 0
    link(found.documents)


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read(content: bytes) -> None:
    judged(parse("f.yml", content))


@given(st.text(alphabet="ab:-{}[]#&*!|>'\"%@`,? \n\t.0~<=", max_size=400))
@settings(max_examples=400, deadline=None)
def test_any_text_near_yaml_is_read(text: str) -> None:
    judged(parse("f.yml", text.encode()))


WORDS = st.sampled_from([
    "title", "id", ID, "name", "level", "high", "logsource", "{product: linux}", "detection", "correlation", "filter",
    "rules", "any", "type", "event_count", "temporal", "condition", "s", "s and not s", "1 of them", "timespan", "5m",
    "group-by", "scope", "generate", "true", "null", "Image|re", "Image|contains|all", "[a, b]", "{gte: 3}", "x-tests",
    "x-silence", "x-requires", "x-repeat", "tags", "attack.t1059", "Image", "-1", ".5", "aliases", "taxonomy", "tetragon",
    "2026-01-01", "!!int x", "!!float y", "!!bool z", "!!null q", "!!timestamp w", "0b", "0x_", "1:", "''", "|", ">",
])  # fmt: skip
VALUES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(WORDS, inner, max_size=5).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=25,
)


@pytest.mark.slow
@given(st.dictionaries(WORDS, VALUES, max_size=8))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_document_of_our_words_is_read(entries: dict[str, str]) -> None:
    judged(parse("f.yml", "".join(f"{key}: {value}\n" for key, value in entries.items()).encode()))


BODY = st.dictionaries(
    st.sampled_from(["type", "rules", "timespan", "condition", "group-by", "generate", "aliases", "s", "x", "field"]),
    VALUES,
    max_size=7,
).map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}")


@pytest.mark.slow
@given(st.sampled_from(["detection", "correlation", "filter"]), BODY, st.dictionaries(WORDS, VALUES, max_size=2))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_body_below_a_good_head_is_read(kind: str, body: str, more: dict[str, str]) -> None:
    extra = "".join(
        f"{key}: {value}\n" for key, value in more.items() if key not in ("title", "id", "level", "logsource")
    )
    judged(parse("f.yml", f"{HEAD}{kind}: {body}\n{extra}".encode()))


@given(st.text(alphabet=string.ascii_lowercase + "()* _-|1", max_size=120))
@settings(max_examples=300, deadline=None)
def test_any_condition_is_read(condition: str) -> None:
    judged(parse("f.yml", rule(f"  s: {{Image: a}}\n  condition: '{condition}'\n")))


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_expression_is_read(expression: str) -> None:
    quoted = expression.replace("'", "''").replace("\n", " ").encode("utf-8", "replace").decode()
    judged(parse("f.yml", rule(f"  s: {{Image|re: '{quoted}'}}\n  condition: s\n")))

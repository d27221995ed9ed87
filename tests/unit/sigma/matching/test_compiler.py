"""What each operation means, for one event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import predicate
from tocsin.sigma.matching.operators import like, number
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or, Wild

from support.event_views import atom, called, seen

EXEC = seen(
    process={"binary": "/usr/bin/Curl", "arguments": "-o /tmp/X http://Example.org", "cwd": "/tmp/X", "uid": 0, "pid": 443},
    parent={"binary": "/usr/bin/curl"},
)  # fmt: skip
CONNECT = called("tcp_connect", {"sock_arg": {"daddr": "10.1.2.3", "dport": 443}})
MAPPED = called("tcp_connect", {"sock_arg": {"daddr": "::ffff:10.1.2.3", "dport": 443}})
V6 = called("tcp_connect", {"sock_arg": {"daddr": "fe80::1", "dport": 443}})
MANY, ONE = Wild.MANY, Wild.ONE


@pytest.mark.parametrize(
    ("record", "part", "holds"),
    [
        (EXEC, atom("Image", "eq", "/USR/BIN/curl"), True),
        (EXEC, atom("Image", "eq", "/usr/bin/curl", cased=True), False),
        (EXEC, atom("Image", "eq", "/usr/bin/Curl", cased=True), True),
        (EXEC, atom("Image", "eq", "curl"), False),
        (EXEC, atom("Image", "endswith", "/curl"), True),
        (EXEC, atom("Image", "endswith", "/curl", cased=True), False),
        (EXEC, atom("Image", "contains", "BIN"), True),
        (EXEC, atom("Image", "contains", "BIN", cased=True), False),
        (EXEC, atom("CommandLine", "startswith", "curl -o"), True),
        (EXEC, atom("CommandLine", "startswith", "/usr/bin/curl -o"), True),
        (EXEC, atom("CommandLine", "startswith", "bin/curl"), False),
        (EXEC, atom("CommandLine", "endswith", "example.org"), True),
        (EXEC, atom("CommandLine", "eq", "curl -o /tmp/x http://example.org"), True),
        (EXEC, atom("", "contains", "HTTP://"), True),
        (EXEC, atom("", "eq", "HTTP://"), True),
        (EXEC, atom("", "like", ("-o", MANY, "http")), True),
        (EXEC, atom("", "re", "X h"), True),
        (EXEC, atom("CommandLine", "re", "^Curl .*org$"), True),
        (EXEC, atom("CommandLine", "re", "^CURL"), False),
        (EXEC, atom("CommandLine", "re", "(?i)^CURL"), True),
        (EXEC, atom("CommandLine", "like", ("curl ", MANY, "/tmp/", ONE, " ", MANY)), True),
        (EXEC, atom("CommandLine", "like", ("curl ", MANY, "/tmp/", ONE, ONE, "h", MANY)), True),
        (EXEC, atom("CommandLine", "like", ("curl ", MANY, "/tmp/", ONE, "h", MANY)), False),
        (EXEC, atom("CommandLine", "like", ("curl", MANY, "zzz", MANY)), False),
        (EXEC, atom("Image", "like", (MANY, "/Curl"), cased=True), True),
        (EXEC, atom("Image", "like", (MANY, "/curl"), cased=True), False),
        (EXEC, atom("uid", "eq", 0), True),
        (EXEC, atom("uid", "eq", "0"), True),
        (EXEC, atom("uid", "gt", 0), False),
        (EXEC, atom("uid", "gte", 0), True),
        (EXEC, atom("pid", "eq", 443), True),
        (EXEC, atom("pid", "eq", 443.0), True),
        (EXEC, atom("pid", "lt", 443.5), True),
        (EXEC, atom("pid", "lte", "443"), True),
        (EXEC, atom("Image", "gt", 1), False),
        (EXEC, atom("Image", "eq", 1), False),
        (EXEC, atom("ParentImage", "exists", True), True),
        (EXEC, atom("ParentImage", "exists", False), False),
        (EXEC, atom("ParentCommandLine", "null"), False),
        (EXEC, atom("pod.name", "null"), True),
        (EXEC, atom("pod.name", "exists", False), True),
        (EXEC, atom("pod.name", "eq", ""), False),
        (EXEC, atom("pod.name", "contains", ""), False),
        (EXEC, atom("pod.name", "startswith", ""), False),
        (EXEC, atom("pod.name", "re", ".*"), False),
        (EXEC, atom("pod.name", "lt", 5), False),
        (EXEC, Not(atom("pod.name", "eq", "x")), True),
        (EXEC, atom("Image", "fieldref", "ParentImage"), True),
        (EXEC, atom("Image", "fieldref", "ParentImage", cased=True), False),
        (EXEC, atom("CommandLine", "fieldref", "cwd", mode="contains"), True),
        (EXEC, atom("CommandLine", "fieldref", "ParentImage", mode="startswith"), True),
        (EXEC, atom("cwd", "fieldref", "pod.name"), False),
        (EXEC, atom("pod.name", "fieldref", "cwd"), False),
        (CONNECT, atom("DestinationPort", "eq", 443), True),
        (CONNECT, atom("DestinationPort", "eq", "443"), True),
        (CONNECT, atom("DestinationIp", "cidr", "10.0.0.0/8"), True),
        (CONNECT, atom("DestinationIp", "cidr", "10.0.0.5/8"), True),
        (CONNECT, atom("DestinationIp", "cidr", "192.168.0.0/16"), False),
        (CONNECT, atom("DestinationIp", "cidr", "::/0"), False),
        (MAPPED, atom("DestinationIp", "cidr", "10.0.0.0/8"), True),
        (V6, atom("DestinationIp", "cidr", "fe80::/10"), True),
        (V6, atom("DestinationIp", "cidr", "0.0.0.0/0"), False),
        (EXEC, atom("Image", "cidr", "0.0.0.0/0"), False),
        (EXEC, And((Const(True), Named("x", atom("uid", "eq", 0)))), True),
        (EXEC, Or((Const(False), Named("x", atom("uid", "eq", 1)))), False),
        (EXEC, Or(tuple(atom("DestinationIp", "cidr", net) for net in ("10.0.0.0/8", "1.0.0.0/8"))), False),
        (CONNECT, Or(tuple(atom("DestinationIp", "cidr", net) for net in ("1.0.0.0/8", "10.0.0.0/8"))), True),
    ],
)  # fmt: skip
def test_an_operation(record: EventRecord, part: Node, holds: bool) -> None:
    assert predicate(part)(record) is holds
    assert predicate(Not(Named("n", part)))(record) is not holds


@pytest.mark.parametrize(
    "part",
    [
        atom("Image", "eq", None),
        atom("Image", "eq", True),
        atom("Image", "re", "(?=x)"),
        atom("Image", "re", "("),
        atom("Image", "re", "a{1000}{1000}"),
        atom("Image", "cidr", "10.0.0.0/99"),
        atom("Image", "gt", "many"),
        atom("Image", "like", "text"),
        atom("Image", "contains", 5),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_compiled(part: Atom) -> None:
    with pytest.raises(ValueError):
        predicate(part)


TEXTS = st.text(alphabet="aAbΣσςİß/\\.* -", max_size=6)
PARTS = st.lists(st.sampled_from([MANY, ONE]) | st.text(alphabet="aAbΣß/.*\\", min_size=1, max_size=2), max_size=5)


@given(TEXTS, PARTS, st.booleans())
def test_a_pattern_means_what_the_slow_way_says(text: str, parts: list[str | Wild], cased: bool) -> None:
    if not cased:
        text = text.lower()
    assert like(tuple(parts), cased=cased)(text) is _slowly(text, [p if isinstance(p, Wild) or cased else p.lower() for p in parts])  # fmt: skip


def _slowly(text: str, parts: list[str | Wild]) -> bool:
    if not parts:
        return not text
    first, rest = parts[0], parts[1:]
    if first is MANY:
        return any(_slowly(text[start:], rest) for start in range(len(text) + 1))
    if first is ONE:
        return bool(text) and _slowly(text[1:], rest)
    assert isinstance(first, str)
    return text.startswith(first) and _slowly(text[len(first) :], rest)


@given(st.lists(st.tuples(st.sampled_from(["eq", "contains", "startswith", "endswith"]), TEXTS, st.booleans()), min_size=1), TEXTS)  # fmt: skip
def test_alternatives_taken_together_mean_the_same_as_one_by_one(atoms: list[tuple[str, str, bool]], text: str) -> None:
    made = [Atom(field="arguments", op=op, value=value, cased=cased) for op, value, cased in atoms]  # type: ignore[arg-type]
    record = seen(process={"binary": "/x", "arguments": text})
    assert predicate(Or(tuple(made)))(record) is any(predicate(each)(record) for each in made)
    assert predicate(And(tuple(made)))(record) is all(predicate(each)(record) for each in made)


@pytest.mark.parametrize(
    ("text", "found"),
    [("5", 5), ("-5", -5), ("+5", 5), ("05", 5), ("5.5", 5.5), ("0x5", None), ("", None), ("٣", None), ("1e3", None), ("9" * 500, None), (" 5", None)],
)  # fmt: skip
def test_a_number_is_written_in_digits(text: str, found: float | None) -> None:
    assert number(text) == found


def test_a_thousand_levels_of_not_and_or_are_compiled() -> None:
    node: Node = atom("uid", "eq", 0)
    for _ in range(100):
        node = Or((And((Not(Not(node)), Const(True))), Const(False)))
    assert predicate(node)(EXEC)


@pytest.mark.parametrize("expression", [r"^(a+)+$", r"(a|aa)+$", r"(.*)*x", r"([a-z]+)*\d"])
def test_an_expression_comes_to_an_end(expression: str) -> None:
    record = seen(process={"binary": "/x", "arguments": "a" * 30_000 + "!"})
    assert not predicate(atom("arguments", "re", expression))(
        record
    )  # an engine that goes back would not come to an end


def test_of_a_text_that_is_too_long_both_ends_are_searched() -> None:
    record = seen(
        process={"binary": "/bin/x", "arguments": "begin " + "a" * 200_000 + " middle " + "a" * 200_000 + " end"}
    )
    assert predicate(atom("CommandLine", "contains", "begin"))(record)
    assert predicate(atom("CommandLine", "endswith", " END"))(record)
    assert predicate(atom("CommandLine", "startswith", "x begin"))(record)
    assert not predicate(atom("CommandLine", "contains", "middle"))(record)
    assert record.match_truncated

"""What each modifier makes of a value, and what is said where it cannot."""

import pytest
import yaml

from tocsin.sigma.syntax.detection import detection
from tocsin.sigma.syntax.ir import And, Atom, Named, Node, Not, Or, Wild
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import RuleError
from tocsin.sigma.syntax.wildcards import pattern

MANY, ONE = Wild.MANY, Wild.ONE


def read(selection: str, *, native: bool = False, fields: tuple[str, ...] = ()) -> Node:
    node = yaml.compose(f"s:\n{selection}\ncondition: s\n", Loader=yaml.SafeLoader)
    assert node is not None
    found = detection(node, "f.yml", native=native, fields=fields)
    return found.item if isinstance(found, Named) else found


def short(node: Node) -> object:
    """The meaning without places: (field, op, value), and words for what joins."""
    match node:
        case Atom():
            extra = (*(("cased",) if node.cased else ()), *((node.mode,) if node.mode != "eq" else ()))
            return (node.field, node.op, node.value, *extra)
        case Not():
            return ("not", short(node.item))
        case And():
            return ("and", *map(short, node.items))
        case Or():
            return ("or", *map(short, node.items))
        case Named():
            return short(node.item)
        case _:
            return node.value


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("  Image: /bin/sh", ("Image", "eq", "/bin/sh")),
        ("  Image: '*/sh'", ("Image", "endswith", "/sh")),
        ("  Image: '/bin/*'", ("Image", "startswith", "/bin/")),
        ("  Image: '*bin*'", ("Image", "contains", "bin")),
        ("  Image: '*'", ("Image", "exists", True)),
        ("  Image: ''", ("Image", "eq", "")),
        ("  Image: '/b?n/*h'", ("Image", "like", ("/b", ONE, "n/", MANY, "h"))),
        ("  Image: '**a'", ("Image", "endswith", "a")),
        (r"  Image: 'a\*b'", ("Image", "eq", "a*b")),
        (r"  Image: 'a\\*'", ("Image", "startswith", "a\\")),
        (r"  Image: 'a\b\'", ("Image", "eq", "a\\b\\")),
        ("  Image|contains: sh", ("Image", "contains", "sh")),
        ("  Image|contains: 'a*b'", ("Image", "like", (MANY, "a", MANY, "b", MANY))),
        ("  Image|startswith: '/tmp/?'", ("Image", "like", ("/tmp/", ONE, MANY))),
        ("  Image|startswith|endswith: a", ("Image", "contains", "a")),
        ("  Image|endswith: [/sh, /ash]", ("or", ("Image", "endswith", "/sh"), ("Image", "endswith", "/ash"))),
        ("  CommandLine|contains|all: [a, b]", ("and", ("CommandLine", "contains", "a"), ("CommandLine", "contains", "b"))),
        ("  Image|cased: A", ("Image", "eq", "A", "cased")),
        ("  Image|contains|cased: A", ("Image", "contains", "A", "cased")),
        ("  Image|re: '^a\\d'", ("Image", "re", "^a\\d")),
        ("  Image|re|i: a", ("Image", "re", "(?i)a")),
        ("  Image|re|s|i|m: a", ("Image", "re", "(?ims)a")),
        ("  Image|re: a*\\*", ("Image", "re", "a*\\*")),
        ("  DestinationIp|cidr: 10.0.0.0/8", ("DestinationIp", "cidr", "10.0.0.0/8")),
        ("  DestinationIp|cidr: [fd00::/8]", ("DestinationIp", "cidr", "fd00::/8")),
        ("  ProcessId|gte: 5", ("ProcessId", "gte", 5)),
        ("  ProcessId|lt: 5.5", ("ProcessId", "lt", 5.5)),
        ("  Image|exists: true", ("Image", "exists", True)),
        ("  Image|exists: no", ("Image", "exists", False)),
        ("  Image: null", ("Image", "null", None)),
        ("  Image:", ("Image", "null", None)),
        ("  Image: []", ("Image", "null", None)),
        ("  Image|neq: a", ("not", ("Image", "eq", "a"))),
        ("  Image|neq: [a, b]", ("not", ("or", ("Image", "eq", "a"), ("Image", "eq", "b")))),
        ("  Image|neq: null", ("not", ("Image", "null", None))),
        ("  Image|fieldref: ParentImage", ("Image", "fieldref", "ParentImage")),
        ("  Image|fieldref|startswith: ParentImage", ("Image", "fieldref", "ParentImage", "startswith")),
        ("  Image|fieldref|endswith: ParentImage", ("Image", "fieldref", "ParentImage", "endswith")),
        ("  Image|fieldref|contains: ParentImage", ("Image", "fieldref", "ParentImage", "contains")),
        ("  Image|base64: foo", ("Image", "eq", "Zm9v")),
        ("  CommandLine|base64offset|contains: foob",
         ("or", ("CommandLine", "contains", "Zm9vY"), ("CommandLine", "contains", "Zvb2"), ("CommandLine", "contains", "mb29i"))),
        ("  CommandLine|windash: a-b", ("CommandLine", "eq", "a-b")),
        ("  CommandLine|contains|windash: ' -x'", ("or", *(("CommandLine", "contains", f" {dash}x") for dash in "-/\u2013\u2014\u2015"))),
        ("  ProcessId: 5", ("ProcessId", "eq", 5)),
        ("  ProcessId: '5'", ("ProcessId", "eq", "5")),
        ("  Image: 1.0", ("Image", "eq", 1)),
        ("  Image: 1.5", ("Image", "eq", 1.5)),
        ("  Image: 2026-11-24", ("Image", "eq", "2026-11-24")),
        ("  Image: yes", ("Image", "eq", "true")),
        ("  Image|contains: 0777", ("Image", "contains", "0777")),
        ("  Image|contains: 1.0", ("Image", "contains", "1.0")),
        ("  '|all': [a, b]", ("and", ("", "contains", "a"), ("", "contains", "b"))),
        ("  '|re': a+", ("", "re", "a+")),
        ("  - a\n  - 5\n  - 'b*c'", ("or", ("", "contains", "a"), ("", "contains", "5"), ("", "like", (MANY, "b", MANY, "c", MANY)))),
        ("  - Image: a\n    User: b\n  - Image: c", ("or", ("and", ("Image", "eq", "a"), ("User", "eq", "b")), ("Image", "eq", "c"))),
        ("  - Image: a\n  - word", ("or", ("Image", "eq", "a"), ("", "contains", "word"))),
        ("  word", ("", "contains", "word")),
        ("  Image: [a, A, a]", ("or", ("Image", "eq", "a"), ("Image", "eq", "A"))),
    ],
)  # fmt: skip
def test_a_line_means(line: str, meaning: object) -> None:
    assert short(read(line)) == meaning


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  Image|contain: a", "did you mean 'contains'?"),
        ("  CommandLine|windash|windash: ' -a'", "a modifier appears twice"),
        ("  CommandLine|contains: '" + "a*" * 65 + "'", "at most 64 wildcards"),
        ("  Image|wide: a", "'wide' is not supported: Linux passes UTF-8"),
        ("  Image|utf16|base64: a", "'utf16' is not supported"),
        ("  Image|expand: '%a%'", "no placeholder lists"),
        ("  Image|hour: 5", "parts of a time"),
        ("  Image|re: '(a'", "RE2 rejects '(a'"),
        ("  Image|re: '(?=a)'", "neither look-around"),
        ("  Image|re: '(a)\\1'", "no back-references"),
        ("  Image|re: '((a{1000}){1000}){9}'", "RE2 rejects"),
        ("  Image|contains|re: a", "'re' must be the first modifier"),
        ("  Image|re|contains: a", "use ^ and $"),
        ("  Image|re|cased: a", "'cased' is not needed"),
        ("  Image|i: a", "write 're' before it"),
        ("  DestinationIp|cidr: 10.0.0.1/8", "did you mean '10.0.0.0/8'?"),
        ("  DestinationIp|cidr: banana", "write one like 10.0.0.0/8"),
        ("  ProcessId|gt: '5'", "needs a number, without quotes"),
        ("  Image|exists: maybe", "needs true or false"),
        ("  Image|contains: null", "needs a text, not null"),
        ("  Image|base64: 'a*'", "does not support wildcards"),
        ("  Image|contains|base64: a", "must stand before contains"),
        ("  Image|base64offset: a", "too short"),
        ("  Image|fieldref: ParentImag", "did you mean `ParentImage`?"),
        ("  Image|startswith|fieldref: ParentImage", "must stand before contains"),
        ("  CommandLine|windash: ' -a -b -c -d'", "at most 3 dashes"),
        ("  Image: {a: b}", "the value of a field cannot be a mapping"),
        ("  Image: [[a]]", "a value must be a text"),
        ("  Image: !!binary aGk=", "the tag 'binary' is not supported"),
        ("  Image: .nan", "put it in quotes"),
        ("  Image: 99999999999999999999999999999999999999999", "put it in quotes"),
        ("  Imag: a", "did you mean `Image`?"),
        ("  pod.name: a", "taxonomy: tetragon"),
        ("  '|exists': true", "needs a field"),
        ("  - null", "null is not a keyword"),
        ("  []", "an empty list of keywords"),
        ("  {}", "an empty detection"),
        ("  '|cidr': 10.0.0.0/8", "needs a field"),
    ],
)
def test_a_wrong_line_is_refused_with_what_to_do(line: str, said: str) -> None:
    with pytest.raises(RuleError) as refused:
        read(line)
    problem = refused.value.problem
    assert said in problem.text
    assert problem.file == "f.yml"
    assert problem.line == 2
    assert problem.column > 0


def test_fields_of_elsewhere_are_taken_where_they_are_named() -> None:
    assert short(read("  base_severity: low", fields=("base_severity",))) == ("base_severity", "eq", "low")
    assert short(read("  pod.name: a", native=True)) == ("pod.name", "eq", "a")


def test_atoms_know_their_place() -> None:
    found = read("  Image|endswith:\n    - /sh\n    - /ash")
    assert isinstance(found, Or)
    places = [(atom.line, atom.column) for atom in found.items if isinstance(atom, Atom)]
    assert places == [(3, 7), (4, 7)]


def test_nested_lists_have_a_bound() -> None:
    with pytest.raises(RuleError, match="levels deep"):
        read("  " + "[" * 80 + "{Image: a}" + "]" * 80)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("a", ("a",)),
        ("*", (MANY,)),
        (r"\\", ("\\",)),
        (r"\\\*", ("\\*",)),
        (r"\\*", ("\\", MANY)),
        (r"C:\Windows\*", ("C:\\Windows*",)),
        (r"a\?b?c", ("a?b", ONE, "c")),
    ],
)
def test_backslashes_count_before_wildcards_and_backslashes_only(text: str, parts: object) -> None:
    assert pattern(text) == parts


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ProcessId: 0777", "is read as 511"),
        ("ProcessId: 0x10", "is read as 16"),
        ("ProcessId: 12:30", "is read as 750"),
        ("Image: on", "is read as True"),
        ("Image|contains|all: a", "'all' has no effect on a single value"),
        ("Image: []", "write null for that"),
    ],
)
def test_a_value_that_is_likely_not_meant_is_warned_of(line: str, said: str) -> None:
    rule = f"""\
title: T
id: 5d4c1f3e-0000-4000-8000-000000000001
level: low
logsource: {{product: linux}}
detection:
  s: {{'{line.split(":", 1)[0]}': {line.split(":", 1)[1]}}}
  condition: s
"""
    found = parse("f.yml", rule.encode())
    assert len(found.documents) == 1
    assert [said in warning.text for warning in found.warnings] == [True]
    assert found.warnings[0].line == 6

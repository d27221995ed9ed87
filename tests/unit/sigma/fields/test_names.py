"""Names of fields: which are known, and what an author is told of the others."""

import pytest

from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.fields.names import ALIASES, FIELDS, PREFIXES, canonical, field, refusal


@pytest.mark.parametrize("name", ["Image", "CommandLine", "TargetFilename", "DestinationPort", "a0", "SYSCALL", "name"])
def test_the_names_of_sigma_are_known_to_every_rule(name: str) -> None:
    assert refusal(name, native=False) == ""
    assert refusal(name, native=True) == ""


@pytest.mark.parametrize(
    "name",
    ["pod.name", "parent.in_container", "pod.labels.app.kubernetes.io/name", "arg0", "env.PATH", "cap.effective"],
)
def test_native_names_need_the_taxonomy(name: str) -> None:
    assert "taxonomy: tetragon" in refusal(name, native=False)
    assert refusal(name, native=True) == ""


@pytest.mark.parametrize(
    ("name", "native", "words"),
    [
        ("Imge", False, "did you mean `Image`?"),
        ("commandline", False, "did you mean `CommandLine`?"),
        ("pod.nmae", True, "did you mean `pod.name`?"),
        ("binry", True, "did you mean `binary`?"),
        ("podname", False, "did you mean"),
        ("DestinationHostname", True, "no value in Tetragon's events"),
        ("key", False, "auditd"),
        ("pod.labels.", True, "needs a key after"),
        ("", False, "unknown field"),
        ("xyzzy", True, "unknown field `xyzzy`"),
    ],
)
def test_a_wrong_name_is_refused_with_help(name: str, native: bool, words: str) -> None:
    assert words in refusal(name, native=native)


def test_a_hostile_name_makes_a_short_and_printable_message() -> None:
    message = refusal("\x1b[31m\u202e" + "a" * 100_000, native=True)
    assert len(message) < 250
    assert message.isprintable()


def test_further_names_can_be_allowed() -> None:
    assert refusal("severity", native=True, further=("severity",)) == ""


def test_every_field_says_what_it_is() -> None:
    for name, entry in FIELDS.items():
        assert entry.doc, name
        assert entry.source, name
        assert entry.kinds <= set(EVENT_KINDS), name
        assert entry.prefix == name.endswith("."), name


def test_an_alias_stands_for_a_field_of_the_same_kinds() -> None:
    for alias, name in ALIASES.items():
        assert name in FIELDS
        if alias:
            assert FIELDS[alias].kinds == FIELDS[name].kinds, alias
    assert canonical("binary") == "Image"
    assert canonical("pod.name") == "pod.name"


def test_a_label_is_a_field_of_its_prefix() -> None:
    assert PREFIXES
    found = field("pod.labels.app")
    assert found is not None
    assert found.name == "pod.labels."

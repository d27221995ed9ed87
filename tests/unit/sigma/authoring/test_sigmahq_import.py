"""Of a foreign set the usable rules are taken, and each other is skipped for a reason that can be counted."""

from tocsin.sigma.authoring import sigmahq_import

from support import rule_texts

_WINDOWS = rule_texts.rule(logsource="{product: windows, category: process_creation}")
_NAMES = rule_texts.rule(
    "{s: {DestinationHostname: a.example}, condition: s}", logsource="{product: linux, category: network_connection}"
)


def test_usable_rules_are_kept_as_they_are() -> None:
    text = rule_texts.rule().replace("\n", "\r\n").encode()
    found = sigmahq_import.select({"rules/a.yml": text})
    assert found.usable == {"rules/a.yml": text}
    assert found.skipped == ()


def test_rules_for_other_systems_or_fields_are_skipped_and_grouped_by_reason() -> None:
    found = sigmahq_import.select(
        {
            "a.yml": _WINDOWS.encode(),
            "b.yml": _WINDOWS.replace("A shell", "Another").encode(),
            "c.yml": _NAMES.encode(),
            "d.yml": rule_texts.rule(more="status: deprecated").encode(),
        }
    )
    assert not found.usable
    (windows, of_windows), *others = found.reasons()
    assert "product windows is not supported: Tetragon sees only Linux" in windows
    assert [skipped.file for skipped in of_windows] == ["a.yml", "b.yml"]
    assert any("DestinationHostname has no value" in reason for reason, _ in others)
    assert any(reason == "status is deprecated" for reason, _ in others)


def test_a_file_that_holds_no_rule_is_only_counted() -> None:
    found = sigmahq_import.select({"a.yml": b"name: build\non: push\n", "b.yml": b"\xff\x00"})
    assert (found.usable, found.skipped, found.others) == ({}, (), 2)


def test_a_file_with_one_broken_document_is_skipped_whole() -> None:
    text = f"{rule_texts.rule()}---\n{_WINDOWS}"
    found = sigmahq_import.select({"a.yml": text.encode()})
    assert not found.usable
    assert len(found.skipped) == 1


def test_of_a_checkout_only_the_folders_of_rules_are_taken() -> None:
    names = ["README.md", "rules/linux/a.yml", "rules-emerging-threats/b.yml", "tests/c.yml", "deprecated/d.yml"]
    assert sigmahq_import.rule_paths(names) == ["rules/linux/a.yml", "rules-emerging-threats/b.yml"]
    assert sigmahq_import.rule_paths(["linux/a.yml", "deprecated/b.yml"]) == ["linux/a.yml"]


def test_the_note_names_the_licence_and_what_it_asks() -> None:
    note = sigmahq_import.LICENCE_NOTE.format(source="sigma.zip")
    assert "Detection Rule License 1.1" in note
    assert "https://github.com/SigmaHQ" in note
    assert "sigma.zip" in note

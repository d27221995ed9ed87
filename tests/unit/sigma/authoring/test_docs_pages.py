"""The pages made from code and pack are up to date, complete, and safe to render."""

import re
from pathlib import Path

import pytest

from tocsin.classifier import policy
from tocsin.runtime import policy_files
from tocsin.sigma.authoring import docs_pages, rule_tests
from tocsin.sigma.fields.names import FIELDS
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Filter, Rule
from tocsin.sigma.syntax.parser import parse

from support import rule_texts

_ROOT = Path(__file__).resolve().parents[4]
_RULES = (_ROOT / "docs" / "rules.md").read_text()
_EXAMPLES = re.findall(r"^```yaml\n(title:.*?)^```", _RULES, re.MULTILINE | re.DOTALL)


def _pack() -> RuleSet:
    folder = _ROOT / "policies" / "rules"
    found = policy_files.rule_files([folder])
    return RuleSet.load({str(Path(name).relative_to(_ROOT)): content for name, content in found.items()})


def test_the_table_of_fields_is_up_to_date() -> None:
    assert docs_pages.replace_section(_RULES, "fields", docs_pages.fields()) == _RULES, "run `make docs`"


def test_the_page_of_detections_is_up_to_date() -> None:
    pack = _pack()
    page = docs_pages.detections(pack.rules, pack.correlations, pack.filters)
    assert (_ROOT / "docs" / "detections.md").read_text() == page, "run `make docs`"


def test_every_field_stands_in_the_table() -> None:
    table = docs_pages.fields()
    for name, field in FIELDS.items():
        spread = re.fullmatch(r"(a|arg)[1-9]", name)
        shown = spread[1] if spread else f"{name}<key>" if field.prefix else name
        assert f"`{shown}" in table, name


@pytest.mark.parametrize("text", _EXAMPLES, ids=lambda text: text.partition("\n")[0])
def test_every_example_in_the_text_loads_without_a_warning(text: str) -> None:
    parsed = parse("example.yml", text.encode())
    assert parsed.documents
    assert [str(failed.problem) for failed in parsed.failed] == []
    assert [str(warning) for warning in parsed.warnings] == []


def test_the_tests_of_the_examples_pass() -> None:
    assert len(_EXAMPLES) >= 4
    ruleset = RuleSet.load({f"{number}.yml": text.encode() for number, text in enumerate(_EXAMPLES)})
    assert [problem.text for problem in ruleset.problems] == []
    results = rule_tests.run(ruleset)
    assert len(results) >= 6
    assert [(result.test, result.why) for result in results if not result.passed] == []


def test_the_example_of_an_override_loads() -> None:
    (example,) = re.findall(r"^```yaml\n(overrides:.*?)^```", _RULES, re.MULTILINE | re.DOTALL)
    profile = "profiles:\n  default:\n    - {severity: low, reason: rest}\n"
    assert policy.load(profile + example, "severity.yaml", "default").overrides


def test_every_code_of_a_warning_is_explained() -> None:
    source = (_ROOT / "services" / "tocsin" / "sigma" / "authoring" / "lint.py").read_text()
    codes = set(re.findall(r'"((?:no|short|unbounded|never)-[a-z]+|anchored|mutes)"', source))
    assert len(codes) == 7
    assert all(f"| `{code}` |" in _RULES for code in codes)


def test_text_outside_the_marks_stays() -> None:
    text = "a\n<!-- fields: made by `make docs`, not by hand -->\nold\n<!-- end of fields -->\nb\n"
    new = docs_pages.replace_section(text, "fields", "new")
    assert new.startswith("a\n")
    assert new.endswith("b\n")
    assert "old" not in new
    assert docs_pages.replace_section(new, "fields", "new") == new
    with pytest.raises(ValueError, match="there is no"):
        docs_pages.replace_section("nothing", "fields", "new")


def test_a_page_says_what_a_rule_needs_and_where_it_stands() -> None:
    more = "x-requires: {hooks: [tcp_connect], options: [enable-process-cred], version: 1.3.0}\nx-runbook: Look.\n"
    (document,) = parse(
        "p/r.yml", rule_texts.rule(title="A | B", more=more + "falsepositives: [Some]").encode()
    ).documents
    (each,) = parse("p/f.yml", rule_texts.filter().encode()).documents
    assert isinstance(document, Rule)
    assert isinstance(each, Filter)
    page = docs_pages.detections([document], [], [each])
    assert "`tcp_connect`, `enable-process-cred`, Tetragon 1.3.0" in page
    assert "First step: Look." in page
    assert "False positives: Some" in page
    assert "A \\| B" in page
    assert "`p/r.yml`" in page
    assert "**Probes**" in page

"""The documents are complete: every setting, command and stream is documented, and links lead to files."""

import re
from pathlib import Path

import msgspec
import pytest

from tocsin.bus import NatsSettings, streams
from tocsin.classifier.settings import Settings as ClassifierSettings
from tocsin.cli.__main__ import parser
from tocsin.cli.describe import meanings
from tocsin.collector.settings import Settings as CollectorSettings
from tocsin.correlator.settings import Settings as CorrelatorSettings
from tocsin.gateway.settings import Settings as GatewaySettings
from tocsin.simulator.settings import Settings as SimulatorSettings

_ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = {
    "TOCSIN_NATS": NatsSettings,
    "TOCSIN_COLLECTOR": CollectorSettings,
    "TOCSIN_CLASSIFIER": ClassifierSettings,
    "TOCSIN_CORRELATOR": CorrelatorSettings,
    "TOCSIN_GATEWAY": GatewaySettings,
    "TOCSIN_SIMULATOR": SimulatorSettings,
}


def _documents() -> str:
    return "\n".join(path.read_text() for path in [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))])


@pytest.mark.parametrize("prefix", _SETTINGS)
def test_every_setting_is_documented_with_its_default_and_meaning(prefix: str) -> None:
    text = (_ROOT / "docs" / "settings.md").read_text()
    words = meanings(_SETTINGS[prefix])
    for field in msgspec.structs.fields(_SETTINGS[prefix]):
        assert f"| `{prefix}_{field.name.upper()}` | `{field.default}` | {words[field.name]} |" in text


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"{p}_{f.name.upper()}" for p, kind in _SETTINGS.items() for f in msgspec.structs.fields(kind)}
    text = (_ROOT / "docs" / "settings.md").read_text()
    assert set(re.findall(r"^\| `(TOCSIN_\w+)`", text, re.MULTILINE)) == known


def test_every_stream_is_documented() -> None:
    text = _documents()
    for config in streams.declarations(streams.sizes(1 << 30)):
        assert config["name"].removeprefix("KV_") in text


def test_every_command_is_documented() -> None:
    text = _documents()
    commands = next(action for action in parser()._actions if action.dest == "command" or action.choices).choices
    assert commands
    for command in commands:
        assert f"tocsin {command}" in text, command


def _pages() -> list[Path]:
    folders = [*(_ROOT / "docs").rglob("*.md"), *(_ROOT / "deploy").rglob("*.md"), _ROOT / "ui" / "README.md"]
    return [*_ROOT.glob("*.md"), *folders]


def test_documents_link_only_to_files_that_exist() -> None:
    for path in _pages():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def _anchors(path: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_documents_link_only_to_headings_that_exist() -> None:
    for path in _pages():
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", path.read_text()):
            page = path.parent / target if target else path
            assert anchor in _anchors(page), f"{path.name} links to {target}#{anchor}"


def test_every_document_is_in_the_index() -> None:
    index = (_ROOT / "docs" / "README.md").read_text()
    assert {path.name for path in (_ROOT / "docs").glob("*.md") if f"({path.name})" not in index} == {"README.md"}
    decisions = _ROOT / "docs" / "decisions"
    listed = (decisions / "README.md").read_text()
    assert {path.name for path in decisions.glob("*.md") if f"({path.name})" not in listed} == {"README.md"}

"""Rule files from the disk: those that a command was given, and the pack that they may refer to."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from tocsin.model.errors import SettingsError
from tocsin.runtime import policy_files
from tocsin.sigma.authoring import tracing_policies
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import RuleError

_POLICIES, _MORE_RULES = "TOCSIN_CLASSIFIER_POLICIES", "TOCSIN_CLASSIFIER_RULES"


class Chosen(Struct, frozen=True):
    """The files a command is about, and the rest of the pack."""

    files: dict[str, bytes]
    """By path, as messages name it."""
    context: dict[str, bytes]
    """Files of the pack that those may refer to, without what they replace."""

    def load(self) -> RuleSet:
        """Both together, as the classifier would load them."""
        return RuleSet.load({**self.context, **self.files})


def read(paths: Sequence[str], environ: Mapping[str, str] = os.environ) -> Chosen:
    """The rules in *paths* (files and folders), else all that the classifier would load.

    `SettingsError` where a path does not exist or holds none.
    """
    pack = [place for place in _pack(environ) if place.is_dir()]
    if not paths:
        if not pack:
            raise SettingsError(f"no folder {_pack(environ)[0]}: name the rules, or set {_POLICIES}")
        return Chosen(_read(pack), {})
    files = _read([Path(path) for path in paths])
    return Chosen(files, _context(files, _read(pack, empty=True)))


def hooks(folder: str) -> list[tracing_policies.Hook]:
    """What the TracingPolicies in *folder* ask for."""
    try:
        return [
            hook for name, content in _read([Path(folder)]).items() for hook in tracing_policies.hooks(content, name)
        ]
    except RuleError as error:
        raise SettingsError(f"--policies: {error}") from error


def _pack(environ: Mapping[str, str]) -> list[Path]:
    folder = Path(environ[_POLICIES]) if environ.get(_POLICIES) else policy_files.shipped()
    more = environ.get(_MORE_RULES, "").split(":")
    return [folder / policy_files.RULES_FOLDER, *(Path(part) for part in more if part)]


def _read(places: Sequence[Path], *, empty: bool = False) -> dict[str, bytes]:
    for place in places:
        if not place.exists():
            raise SettingsError(f"{place} does not exist")
    try:
        found = policy_files.rule_files(places)
    except OSError as error:
        raise SettingsError(f"cannot read {error.filename or places[0]}: {error.strerror}") from error
    if not found and not empty:
        raise SettingsError(f"no YAML files (.yml, .yaml) in {', '.join(map(str, places))}")
    return {shown(name): content for name, content in found.items()}


def shown(path: str) -> str:
    """*path* as messages name it: from the working folder where it lies below that."""
    below = os.path.relpath(path)
    return path if below.startswith("..") else below


def _context(files: Mapping[str, bytes], pack: Mapping[str, bytes]) -> dict[str, bytes]:
    chosen = {Path(name).resolve() for name in files}
    rest = {name: content for name, content in pack.items() if Path(name).resolve() not in chosen}
    replaced = {id for name, content in files.items() for id in _ids(name, content)}
    return {name: content for name, content in rest.items() if replaced.isdisjoint(_ids(name, content))}


def _ids(name: str, content: bytes) -> set[str]:
    parsed = parse(name, content)
    return {document.id for document in parsed.documents} | {failed.id for failed in parsed.failed if failed.id}

"""Rule files from the disk: the files named on the command line, and the pack that they may refer to."""

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


class RuleFiles(Struct, frozen=True):
    """The files of a command, and the rest of the pack."""

    files: dict[str, bytes]
    """Content by path, as messages name it."""
    context: dict[str, bytes]
    """Files of the pack that those may refer to, without the files that they replace."""

    def load(self) -> RuleSet:
        """Both together, loaded as the classifier loads them."""
        return RuleSet.load({**self.context, **self.files})


def read(paths: Sequence[str], environ: Mapping[str, str] = os.environ) -> RuleFiles:
    """The rules in *paths* (files and folders), else all that the classifier would load.

    `SettingsError` if a path does not exist or contains no rules.
    """
    pack = [folder for folder in _pack_folders(environ) if folder.is_dir()]
    if not paths:
        if not pack:
            raise SettingsError(f"no folder {_pack_folders(environ)[0]}: name rule files, or set {_POLICIES}")
        return RuleFiles(_read(pack), {})
    files = _read([Path(path) for path in paths])
    return RuleFiles(files, _context(files, _read(pack, empty=True)))


def hooks(folder: str) -> list[tracing_policies.Hook]:
    """The hooks of the TracingPolicies in *folder*."""
    try:
        return [
            hook for name, content in _read([Path(folder)]).items() for hook in tracing_policies.hooks(content, name)
        ]
    except RuleError as error:
        raise SettingsError(f"--policies: {error}") from error


def _pack_folders(environ: Mapping[str, str]) -> list[Path]:
    folder = Path(environ[_POLICIES]) if environ.get(_POLICIES) else policy_files.shipped()
    more = environ.get(_MORE_RULES, "").split(":")
    return [folder / policy_files.RULES_FOLDER, *(Path(part) for part in more if part)]


def _read(paths: Sequence[Path], *, empty: bool = False) -> dict[str, bytes]:
    for path in paths:
        if not path.exists():
            raise SettingsError(f"{path} does not exist")
    try:
        contents = policy_files.rule_files(paths)
    except OSError as error:
        raise SettingsError(f"cannot read {error.filename or paths[0]}: {error.strerror}") from error
    if not contents and not empty:
        raise SettingsError(f"no YAML files (.yml, .yaml) in {', '.join(map(str, paths))}")
    return {display_path(name): content for name, content in contents.items()}


def display_path(path: str) -> str:
    """*path* as messages name it: relative if it is below the working directory."""
    below = os.path.relpath(path)
    return path if below.startswith("..") else below


def _context(files: Mapping[str, bytes], pack: Mapping[str, bytes]) -> dict[str, bytes]:
    named = {Path(name).resolve() for name in files}
    rest = {name: content for name, content in pack.items() if Path(name).resolve() not in named}
    replaced = {id for name, content in files.items() for id in _ids(name, content)}
    return {name: content for name, content in rest.items() if replaced.isdisjoint(_ids(name, content))}


def _ids(name: str, content: bytes) -> set[str]:
    parsed = parse(name, content)
    return {document.id for document in parsed.documents} | {failed.id for failed in parsed.failed if failed.id}

"""``tocsin rules import``: copies the usable rules of a SigmaHQ checkout or archive, unchanged, with their licence."""

import argparse
import os
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tocsin.cli.rules import render
from tocsin.model.errors import SettingsError
from tocsin.model.text import printable
from tocsin.sigma.authoring import sigmahq_import

_MAX_FILE_BYTES = 1 << 20
_MAX_FILES = 50_000
_MAX_BYTES = 256 << 20
"""Limit for all files together, so that no archive fills the memory."""
_SHOWN = 3
"""Number of names shown for each reason."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "import",
        help="copy the usable rules of a SigmaHQ checkout or zip file",
        description="Copy the rules that Tetragon's events can match, unchanged; list the others by reason.",
        epilog="example:\n  tocsin rules import sigma-master.zip --into /etc/tocsin/sigmahq",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("path", metavar="PATH", help="a checkout of SigmaHQ/sigma, a folder in it, or a zip file")
    sub.add_argument("--into", required=True, metavar="DIR", help="target folder; use a separate one")
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    source, into = Path(args.path), Path(args.into)
    files = _files(source)
    sorted_ = sigmahq_import.select({name: files[name] for name in sigmahq_import.rule_paths(list(files))})
    for name, content in sorted_.usable.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if sorted_.usable:
        note = sigmahq_import.LICENCE_NOTE.format(source=printable(source.resolve().name))
        (into / sigmahq_import.LICENCE_FILE).write_text(note)
    if args.json:
        render.as_json(
            {"imported": list(sorted_.usable), "skipped": sorted_.skipped, "others": sorted_.others, "into": str(into)}
        )
    else:
        _show(sorted_, into)
    return 0 if sorted_.usable else 1


def _show(sorted_: sigmahq_import.ImportSelection, into: Path) -> None:
    render.line(f"{len(sorted_.usable)} imported into {into}, {len(sorted_.skipped)} skipped")
    for reason, skipped in sorted_.reasons():
        render.line(f"{len(skipped):>6}  {reason}")
        names = ", ".join(PurePosixPath(each.file).name for each in skipped[:_SHOWN])
        render.line(f"        {names}{', …' if len(skipped) > _SHOWN else ''}")
    if sorted_.usable:
        licence = printable(str(into / sigmahq_import.LICENCE_FILE))
        sys.stderr.write(f"licence: see {licence}; to load them set TOCSIN_CLASSIFIER_RULES\n")


def _files(source: Path) -> dict[str, bytes]:
    """YAML files by their path within *source*, in order; `SettingsError` if it is neither a folder nor a zip file."""
    try:
        if source.is_dir():
            return _bounded(_of_folder(source))
        if not source.exists():
            raise SettingsError(f"{source} does not exist")
        with zipfile.ZipFile(source) as archive:
            return _bounded(_of_zip(archive))
    except zipfile.BadZipFile as error:
        raise SettingsError(f"{source}: neither a folder nor a zip file: {error}") from error
    except (
        OSError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zlib.error,
    ) as error:  # an encrypted or oddly packed archive
        raise SettingsError(f"cannot read {source}: {error}") from error


def _bounded(files: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    size = 0
    for name, content in files:
        contents[name] = content
        size += len(content)
        if len(contents) > _MAX_FILES or size > _MAX_BYTES:
            raise SettingsError(f"more than {_MAX_FILES:,} YAML files, or {_MAX_BYTES >> 20} MiB of them")
    return contents


def _of_folder(source: Path) -> Iterator[tuple[str, bytes]]:
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if _is_yaml(name) and path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    yield path.relative_to(source).as_posix(), file.read(_MAX_FILE_BYTES + 1)


def _of_zip(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = sorted((entry for entry in archive.infolist() if _is_yaml(entry.filename)), key=lambda e: e.filename)
    safe = [entry for entry in entries if _is_safe(entry.filename)]
    top = _top([entry.filename for entry in safe])
    for entry in safe:
        with archive.open(entry) as file:
            yield entry.filename.removeprefix(top), file.read(_MAX_FILE_BYTES + 1)


def _is_yaml(name: str) -> bool:
    return name.endswith((".yml", ".yaml")) and not PurePosixPath(name).name.startswith(".")


def _is_safe(name: str) -> bool:
    """Whether the path stays within the target folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and name.isprintable()


def _top(names: list[str]) -> str:
    """The single top folder of an archive from GitHub; empty if there is none."""
    tops = {name.partition("/")[0] for name in names if "/" in name}
    if len(tops) != 1 or not all("/" in name for name in names):
        return ""
    top = next(iter(tops))
    return "" if top == "rules" or top.startswith("rules-") else f"{top}/"

"""From rule files to documents that judge together: what is unchanged is kept, and what is bad stays as it was."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, structs

from tocsin.sigma.syntax.documents import Document
from tocsin.sigma.syntax.linker import Linked, link
from tocsin.sigma.syntax.parser import Failed, Parsed, parse
from tocsin.sigma.syntax.problems import Problem

_DIGEST_BYTES = 16


class LoadProblem(Problem, frozen=True, kw_only=True, omit_defaults=True):
    """A problem, and what became of the document that has it."""

    kept: bool = False
    """Its last good version judges on."""


class File(Struct, frozen=True, kw_only=True):
    """One file as it was read."""

    digest: bytes
    parsed: Parsed
    good: tuple[Document, ...]
    """The documents that judge: as read, and the last good version of those that cannot be."""
    kept: frozenset[int]
    """Places in ``parsed.failed`` of those that an earlier version stands in for."""


class Loaded(Struct, frozen=True, kw_only=True):
    """All files together."""

    files: dict[str, File]
    linked: Linked
    problems: tuple[LoadProblem, ...]


def load(contents: Mapping[str, bytes], previous: Mapping[str, File]) -> Loaded:
    """The documents of *contents*, by the name that messages give; never raises for what stands in a file."""
    files = {name: _file(name, contents[name], previous.get(name)) for name in sorted(contents)}
    linked = link(each for file in files.values() for each in file.good)
    problems = list(_problems(files))
    refused = [problem for problem in linked.problems if not problem.warning]
    stand_ins = _stand_ins(refused, files, previous)
    if stand_ins:
        again = link(stand_ins.get(id(each), each) for file in files.values() for each in file.good)
        still = {(problem.file, problem.rule) for problem in again.problems if not problem.warning}
        problems += [_with(p, kept=(p.file, p.rule) not in still) for p in refused]
        files = {name: _replaced(file, stand_ins, still) for name, file in files.items()}
        linked = again
    else:
        problems += [_with(problem, kept=False) for problem in refused]
    problems += [_with(problem, kept=False) for problem in linked.problems if problem.warning]
    return Loaded(files=files, linked=linked, problems=tuple(problems))


def _file(name: str, content: bytes, before: File | None) -> File:
    digest = hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
    if before is not None and before.digest == digest:
        return before
    parsed = parse(name, content)
    if before is not None and before.good and not parsed.documents and not parsed.failed:
        parsed = structs.replace(parsed, failed=(_emptied(name),))
    good, kept = list(parsed.documents), set()
    loaded = {each.id for each in good}
    for place, failed in enumerate(parsed.failed):
        for last in _last_good(failed, before):
            if last.id not in loaded:
                good.append(last)
                loaded.add(last.id)
                kept.add(place)
    return File(digest=digest, parsed=parsed, good=tuple(good), kept=frozenset(kept))


def _emptied(name: str) -> Failed:
    text = "holds no document any more; remove the file if its rules are not wanted"
    return Failed(index=-1, problem=Problem(file=name, text=text, code="empty"))


def _last_good(failed: Failed, before: File | None) -> Sequence[Document]:
    """The version of *before* with the id of what failed, else (where none could be read) the one at its place; all
    of them where it is the file as a whole."""
    if before is None:
        return ()
    if failed.index < 0:
        return before.good
    if failed.id:
        return [each for each in before.good if each.id == failed.id][:1]
    return before.good[failed.index : failed.index + 1]


def _stand_ins(
    refused: Iterable[Problem], files: Mapping[str, File], previous: Mapping[str, File]
) -> dict[int, Document]:
    """For documents that cannot be joined with the others: by their identity, their other version of last time."""
    found: dict[int, Document] = {}
    for problem in refused:
        now, before = files.get(problem.file), previous.get(problem.file)
        if now is None or before is None:
            continue
        for each in now.good:
            if each.id == problem.rule and each.line == problem.line:
                last = next((old for old in before.good if old.id == each.id and old.hash != each.hash), None)
                if last is not None:
                    found[id(each)] = last
    return found


def _replaced(file: File, stand_ins: Mapping[int, Document], still: set[tuple[str, str]]) -> File:
    good = tuple(
        stand_ins[id(each)] if id(each) in stand_ins and (each.file, each.id) not in still else each
        for each in file.good
    )
    return file if good == file.good else structs.replace(file, good=good, digest=b"")


def _problems(files: Mapping[str, File]) -> Iterable[LoadProblem]:
    for file in files.values():
        for place, failed in enumerate(file.parsed.failed):
            yield _with(failed.problem, kept=place in file.kept)
        for warning in file.parsed.warnings:
            yield _with(warning, kept=False)


def _with(problem: Problem, *, kept: bool) -> LoadProblem:
    return LoadProblem(**{name: getattr(problem, name) for name in problem.__struct_fields__}, kept=kept)

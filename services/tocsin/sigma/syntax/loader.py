"""Loads rule files: unchanged files are reused, and an invalid document keeps its last good version."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, structs

from tocsin.sigma.syntax.documents import Document
from tocsin.sigma.syntax.linker import Linked, link
from tocsin.sigma.syntax.parser import FailedDocument, ParsedFile, parse
from tocsin.sigma.syntax.problems import Problem

_DIGEST_BYTES = 16


class LoadProblem(Problem, frozen=True, kw_only=True, omit_defaults=True):
    """A problem, and whether an earlier version of the document is active."""

    kept: bool = False
    """The last good version of the document stays active."""


class LoadedFile(Struct, frozen=True, kw_only=True):
    """One parsed file."""

    digest: bytes
    parsed: ParsedFile
    good: tuple[Document, ...]
    """The active documents: as parsed, and the last good version of those that are invalid."""
    kept: frozenset[int]
    """Indexes in ``parsed.failed`` of documents that are replaced by an earlier version."""


class LoadResult(Struct, frozen=True, kw_only=True):
    """All files together."""

    files: dict[str, LoadedFile]
    linked: Linked
    problems: tuple[LoadProblem, ...]


def load(contents: Mapping[str, bytes], previous: Mapping[str, LoadedFile]) -> LoadResult:
    """The documents of *contents* (by the name for messages); invalid content is reported, never raised."""
    files = {name: _file(name, contents[name], previous.get(name)) for name in sorted(contents)}
    linked = link(each for file in files.values() for each in file.good)
    problems = list(_problems(files))
    refused = [problem for problem in linked.problems if not problem.warning]
    stand_ins = _replacements(refused, files, previous)
    if stand_ins:
        again = link(stand_ins.get(id(each), each) for file in files.values() for each in file.good)
        still = {(problem.file, problem.rule) for problem in again.problems if not problem.warning}
        problems += [_with(p, kept=(p.file, p.rule) not in still) for p in refused]
        files = {name: _replaced(file, stand_ins, still) for name, file in files.items()}
        linked = again
    else:
        problems += [_with(problem, kept=False) for problem in refused]
    problems += [_with(problem, kept=False) for problem in linked.problems if problem.warning]
    return LoadResult(files=files, linked=linked, problems=tuple(problems))


def _file(name: str, content: bytes, before: LoadedFile | None) -> LoadedFile:
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
    return LoadedFile(digest=digest, parsed=parsed, good=tuple(good), kept=frozenset(kept))


def _emptied(name: str) -> FailedDocument:
    text = "contains no document any more; remove the file if you do not need its rules"
    return FailedDocument(index=-1, problem=Problem(file=name, text=text, code="empty"))


def _last_good(failed: FailedDocument, before: LoadedFile | None) -> Sequence[Document]:
    """The document of *before* with the same id; without an id the one at the same index; for a whole file all."""
    if before is None:
        return ()
    if failed.index < 0:
        return before.good
    if failed.id:
        return [each for each in before.good if each.id == failed.id][:1]
    return before.good[failed.index : failed.index + 1]


def _replacements(
    refused: Iterable[Problem], files: Mapping[str, LoadedFile], previous: Mapping[str, LoadedFile]
) -> dict[int, Document]:
    """The earlier versions of documents that cannot be linked, by the identity of the document."""
    replacements: dict[int, Document] = {}
    for problem in refused:
        now, before = files.get(problem.file), previous.get(problem.file)
        if now is None or before is None:
            continue
        for each in now.good:
            if each.id == problem.rule and each.line == problem.line:
                last = next((old for old in before.good if old.id == each.id and old.hash != each.hash), None)
                if last is not None:
                    replacements[id(each)] = last
    return replacements


def _replaced(file: LoadedFile, stand_ins: Mapping[int, Document], still: set[tuple[str, str]]) -> LoadedFile:
    good = tuple(
        stand_ins[id(each)] if id(each) in stand_ins and (each.file, each.id) not in still else each
        for each in file.good
    )
    return file if good == file.good else structs.replace(file, good=good, digest=b"")


def _problems(files: Mapping[str, LoadedFile]) -> Iterable[LoadProblem]:
    for file in files.values():
        for place, failed in enumerate(file.parsed.failed):
            yield _with(failed.problem, kept=place in file.kept)
        for warning in file.parsed.warnings:
            yield _with(warning, kept=False)


def _with(problem: Problem, *, kept: bool) -> LoadProblem:
    return LoadProblem(**{name: getattr(problem, name) for name in problem.__struct_fields__}, kept=kept)

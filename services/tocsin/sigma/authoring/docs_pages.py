"""Generated pages of the documentation: fields and detections."""

import re
from collections.abc import Iterable, Sequence

from msgspec import structs

from tocsin.model.severity import WORST_FIRST
from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.fields.catalogue import ANY, PROCESSES, Field
from tocsin.sigma.fields.names import FIELDS
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule

_MARKED = "<!-- {name}: made by `make docs`, not by hand -->"
_END = "<!-- end of {name} -->"
_KINDS = {PROCESSES: "of a process", ANY: "any"}
_NUMBERED = re.compile(r"(?P<before>a|arg)(?P<number>\d)")
_GROUPED = re.compile(r"(?:ns\.(?P<ns>\w+)\.(?P<what>\w+)|credentials\.(?P<credential>\w+))")
_ATTACK = "https://attack.mitre.org/techniques/"


def replace_section(text: str, name: str, content: str) -> str:
    """*text* with *content* between the marks of *name*; ``ValueError`` if there are no marks."""
    begin, end = _MARKED.format(name=name), _END.format(name=name)
    before, begin_mark, rest = text.partition(begin)
    _, end_mark, after = rest.partition(end)
    if not begin_mark or not end_mark:
        raise ValueError(f"there is no {begin} … {end}")
    return f"{before}{begin}\n{content}\n{end}{after}"


def fields() -> str:
    """The tables of all fields, Sigma's names and Tetragon's own."""
    sigma = [field for field in FIELDS.values() if not field.native]
    native = [field for field in FIELDS.values() if field.native]
    return "\n".join(
        [
            "### Sigma's names, in every rule",
            "",
            *_table(sigma),
            "",
            "### Tetragon's own names, with `taxonomy: tetragon`",
            "",
            *_table(native),
        ]
    )


def _table(chosen: Sequence[Field]) -> list[str]:
    rows = ["| field | events | Tetragon's JSON | meaning |", "|---|---|---|---|"]
    for names, field in _together(chosen):
        marks = (" *" if field.multi else "") + (" #" if field.numeric else "")
        rows.append(f"| {names}{marks} | {_events(field)} | {_cell(field.source)} | {_cell(field.doc)} |")
    return rows


def _together(chosen: Sequence[Field]) -> Iterable[tuple[str, Field]]:
    """Names with their field; names that differ only in a number or a word share a row."""
    rows: dict[tuple[str, ...], list[Field]] = {}
    for field in chosen:
        numbered, grouped = _NUMBERED.fullmatch(field.name), _GROUPED.fullmatch(field.name)
        if numbered and field.name != "a0":
            key: tuple[str, ...] = ("number", numbered["before"])
        elif grouped:
            key = ("word", grouped["what"] or "credentials")
        else:
            key = ("", field.name)
        rows.setdefault(key, []).append(field)
    for members in rows.values():
        first, last = members[0], members[-1]
        if len(members) == 1:
            yield f"`{first.name}{'<key>' if first.prefix else ''}`", first
        elif _NUMBERED.fullmatch(first.name):
            yield f"`{first.name}` … `{last.name}`", _general(first, first.name[-1], "N")
        else:
            names = ", ".join(f"`{member.name}`" for member in members)
            yield names, _general(first, re.split(r"\.", first.name)[1], "<name>")


def _general(field: Field, word: str, name: str) -> Field:
    """*field* with the placeholder *name* for *word*."""
    whole = re.compile(rf"(?<![A-Za-z]){word}(?![A-Za-z])")
    return structs.replace(field, source=whole.sub(name, field.source), doc=whole.sub(name, field.doc))


def _events(field: Field) -> str:
    return _KINDS.get(field.kinds) or ", ".join(sorted(field.kinds))


def _cell(text: str) -> str:
    """*text* on one line, with column separators and tags escaped."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if inside % 2 else part.replace("<", "&lt;") for inside, part in enumerate(parts))


def detections(
    rules: Sequence[Rule], correlations: Sequence[Correlation], filters: Sequence[Filter], *, root: str = ""
) -> str:
    """``docs/detections.md``: all detections of the pack, with what an on-call engineer needs to know about each.

    *root* is a prefix of file paths that the page omits.
    """
    lines = [
        "# Detections",
        "",
        "Generated from `policies/rules` by `make docs`. How to write your own rules: [rules.md](rules.md).",
        "",
        f"{len(rules)} rules, {len(correlations)} correlations, {len(filters)} filters. Techniques: MITRE ATT&CK.",
        "",
        "| severity | detection | techniques | needs |",
        "|---|---|---|---|",
    ]
    documents: list[Rule | Correlation] = sorted([*rules, *correlations], key=_order)
    lines += [_row(document) for document in documents]
    for severity in WORST_FIRST:
        chosen = [document for document in documents if document.severity is severity]
        if chosen:
            lines += ["", f"## {severity.value.capitalize()}"]
        for document in chosen:
            lines += ["", *_section(document, documents, root)]
    if filters:
        lines += ["", "## Filters", ""]
        lines += [f"- **{_cell(each.title)}**: {_cell(each.description)}" for each in sorted(filters, key=_title)]
    return "\n".join(lines) + "\n"


def _order(document: Rule | Correlation) -> tuple[int, str, str]:
    return (-document.severity.rank, document.title, document.id)


def _title(document: Filter) -> str:
    return document.title


def _row(document: Rule | Correlation) -> str:
    title = _cell(document.title)
    anchor = re.sub(r"[^a-z0-9 _-]", "", document.title.lower()).replace(" ", "-")
    return (
        f"| {document.severity.value} | [{title}](#{anchor}) | {' '.join(document.techniques)} | {_needs(document)} |"
    )


def _technique(id: str) -> str:
    return f"[{id}]({_ATTACK}{id.replace('.', '/')}/)"


def _needs(document: Rule | Correlation) -> str:
    if isinstance(document, Correlation):
        return "what its rules need"
    requires = document.requires
    parts = [
        " or ".join(f"`{hook}`" for hook in requires.hooks),
        *(f"`{option}`" for option in requires.options),
        f"Tetragon {requires.version}" if requires.version else "",
    ]
    return _cell(", ".join(part for part in parts if part)) or "-"


def _section(document: Rule | Correlation, all_: Sequence[Rule | Correlation], root: str) -> list[str]:
    lines = [f"### {_cell(document.title)}", ""]
    if document.description:
        lines += [_cell(document.description), ""]
    if isinstance(document, Correlation):
        titles = {each.id: each.title for each in all_}
        names = ", ".join(_cell(titles.get(id, id)) for id in document.rules)
        by = ", ".join(f"`{key}`" for key in document.group_by) or "nothing"
        lines.append(f"- Counts: {document.type} of {names}; by {by}; {document.threshold} in {_span(document)}")
    else:
        needs = _needs(document)
        kinds = ", ".join(sorted(document.kinds)) if set(document.kinds) != set(EVENT_KINDS) else "events of any kind"
        lines.append(f"- Looks at: {kinds}" + (f"; needs {needs}" if needs != "-" else ""))
    if document.techniques:
        lines.append(f"- Techniques: {', '.join(map(_technique, document.techniques))}")
    if document.falsepositives:
        lines.append(f"- False positives: {_cell('; '.join(document.falsepositives))}")
    if document.runbook:
        lines.append(f"- First step: {_cell(document.runbook)}")
    lines.append(
        f"- Rule: `{document.file.removeprefix(root).lstrip('/')}`, name `{document.name}`, id `{document.id}`"
    )
    return lines


def _span(correlation: Correlation) -> str:
    return f"{correlation.timespan_s:g} s"

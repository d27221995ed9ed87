"""A document with a ``detection``: a rule on single events."""

import re

from yaml.nodes import Node

from tocsin.model.hook_names import normalize
from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.syntax import detection, logsource, metadata
from tocsin.sigma.syntax.documents import Requires, Rule
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.scalars import Entry, mapping, only, text, texts, truth
from tocsin.sigma.syntax.simplify import both
from tocsin.sigma.syntax.suggestions import hint

_VERSION = re.compile(r"v?[0-9]{1,4}(?:\.[0-9]{1,6}){0,3}")
_REQUIRES = ("hooks", "kinds", "options", "version")


def rule(page: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> Rule:
    """The rule at *root*."""
    said = metadata.about(page, entries, root, source)
    if "logsource" not in entries:
        raise page.error(root, f"logsource: is missing; {logsource.USUAL}", "logsource")
    place = entries["logsource"].value
    written = logsource.logsource(page, place)
    scope = logsource.scope(page, place, written)
    native = metadata.is_native(page, entries) or written.product == logsource.NATIVE
    node = entries["detection"].value
    condition = detection.read(page, mapping(page, node, "detection"), node, detection.Names(native))
    if "x-silence" in entries or "x-repeat" in entries:
        key = "x-silence" if "x-silence" in entries else "x-repeat"
        owner = "filter" if key == "x-silence" else "correlation"
        raise page.error(entries[key].key, f"{key}: belongs to a {owner}, not to a rule; move it there", "unknown-key")
    return Rule(
        **said,
        level=metadata.level(page, entries, root),
        logsource=written,
        native=native,
        kinds=scope.kinds,
        condition=both([scope.demands, condition]),
        existing=truth(page, entries["x-existing"].value, "x-existing") if "x-existing" in entries else False,
        requires=_requires(page, entries["x-requires"].value) if "x-requires" in entries else Requires(),
        tests=metadata.tests(page, entries),
    )


def _requires(page: ParseContext, node: Node) -> Requires:
    entries = mapping(page, node, "x-requires")
    only(page, entries, _REQUIRES, "x-requires")
    kinds = texts(page, entries["kinds"].value, "x-requires.kinds") if "kinds" in entries else ()
    for kind in kinds:
        if kind not in EVENT_KINDS:
            told = f"x-requires.kinds: {shown(kind)} is no kind of event; {hint(kind, EVENT_KINDS)}"
            raise page.error(entries["kinds"].value, told, "requires")
    version = text(page, entries["version"].value, "x-requires.version") if "version" in entries else ""
    if version and not _VERSION.fullmatch(version):
        told = f"x-requires.version: {shown(version)} is no version; write it like 1.6.0"
        raise page.error(entries["version"].value, told, "requires")
    hooks = texts(page, entries["hooks"].value, "x-requires.hooks") if "hooks" in entries else ()
    return Requires(
        hooks=tuple(dict.fromkeys(hook if "/" in hook else normalize(hook) for hook in hooks)),
        kinds=kinds,
        options=texts(page, entries["options"].value, "x-requires.options") if "options" in entries else (),
        version=version.removeprefix("v"),
    )

"""A document with a ``detection``: a rule on single events."""

import re

from yaml.nodes import Node

from tocsin.model.hook_names import normalize
from tocsin.model.subjects import EVENT_KINDS
from tocsin.model.text import suggest
from tocsin.sigma.syntax import detection, logsource, metadata
from tocsin.sigma.syntax.documents import Requires, Rule
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.scalars import Entry, boolean, check_keys, mapping, text, texts
from tocsin.sigma.syntax.simplify import all_of

_VERSION = re.compile(r"v?[0-9]{1,4}(?:\.[0-9]{1,6}){0,3}")
_REQUIRES = ("hooks", "kinds", "options", "version")


def rule(context: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> Rule:
    """The rule at *root*."""
    fields = metadata.read_metadata(context, entries, root, source)
    if "logsource" not in entries:
        raise context.error(root, f"logsource: is missing; {logsource.USUAL}", "logsource")
    node_ = entries["logsource"].value
    source_ = logsource.logsource(context, node_)
    scope = logsource.scope(context, node_, source_)
    native = metadata.is_native(context, entries) or source_.product == logsource.NATIVE
    node = entries["detection"].value
    condition = detection.read(context, mapping(context, node, "detection"), node, detection.AllowedFields(native))
    if "x-silence" in entries or "x-repeat" in entries:
        key = "x-silence" if "x-silence" in entries else "x-repeat"
        owner = "filter" if key == "x-silence" else "correlation"
        raise context.error(
            entries[key].key, f"{key}: belongs to a {owner}, not to a rule; move it there", "unknown-key"
        )
    return Rule(
        **fields,
        level=metadata.level(context, entries, root),
        logsource=source_,
        native=native,
        kinds=scope.kinds,
        condition=all_of([scope.demands, condition]),
        existing=boolean(context, entries["x-existing"].value, "x-existing") if "x-existing" in entries else False,
        requires=_requires(context, entries["x-requires"].value) if "x-requires" in entries else Requires(),
        tests=metadata.tests(context, entries),
    )


def _requires(context: ParseContext, node: Node) -> Requires:
    entries = mapping(context, node, "x-requires")
    check_keys(context, entries, _REQUIRES, "x-requires")
    kinds = texts(context, entries["kinds"].value, "x-requires.kinds") if "kinds" in entries else ()
    for kind in kinds:
        if kind not in EVENT_KINDS:
            message = f"x-requires.kinds: {quoted(kind)} is not a kind of event; {suggest(kind, EVENT_KINDS)}"
            raise context.error(entries["kinds"].value, message, "requires")
    version = text(context, entries["version"].value, "x-requires.version") if "version" in entries else ""
    if version and not _VERSION.fullmatch(version):
        message = f"x-requires.version: {quoted(version)} is not a version; write it like 1.6.0"
        raise context.error(entries["version"].value, message, "requires")
    hooks = texts(context, entries["hooks"].value, "x-requires.hooks") if "hooks" in entries else ()
    return Requires(
        hooks=tuple(dict.fromkeys(hook if "/" in hook else normalize(hook) for hook in hooks)),
        kinds=kinds,
        options=texts(context, entries["options"].value, "x-requires.options") if "options" in entries else (),
        version=version.removeprefix("v"),
    )

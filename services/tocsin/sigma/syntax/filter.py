"""A document with a ``filter``: it excludes events from other rules, permanently or as a silence with an end."""

import re

from yaml.nodes import Node, SequenceNode

from tocsin.model.timestamps import format_ns, parse_ns
from tocsin.sigma.syntax import detection, logsource, metadata
from tocsin.sigma.syntax.documents import Filter, Silence
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.scalars import Entry, check_keys, mapping, text, texts

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WITHOUT_NOT = (
    "condition: a rule matches only if this holds, too; to exclude what the selection matches, write `not selection`"
)
_SILENCE = ("owner", "reason", "expires")


def filter(context: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> Filter:
    """The filter at *root*."""
    fields = metadata.read_metadata(context, entries, root, source)
    if "logsource" not in entries:
        raise context.error(root, "logsource: is missing; write that of the rules, or `product: linux`", "logsource")
    node_ = entries["logsource"].value
    written = logsource.logsource(context, node_)
    logsource.scope(context, node_, written)
    native = metadata.is_native(context, entries) or written.product == logsource.NATIVE
    node = entries["filter"].value
    inner = mapping(context, node, "filter")
    rules = _rules(context, inner, node)
    _one_condition(context, inner)
    selections = {key: entry for key, entry in inner.items() if key != "rules"}
    condition = detection.read(context, selections, node, detection.AllowedFields(native))
    if not detection.has_not(condition):
        context.warn(inner["condition"].value, _WITHOUT_NOT, "filter-without-not")
    silence = _silence(context, entries["x-silence"].value) if "x-silence" in entries else None
    if silence and not rules:
        message = "x-silence: silences every rule; name the rules to silence"
        context.warn(entries["x-silence"].key, message, "silence-any")
    return Filter(**fields, rules=rules, logsource=written, native=native, condition=condition, silence=silence)


def _rules(context: ParseContext, inner: dict[str, Entry], node: Node) -> tuple[str, ...]:
    """Ids or names; empty for any rule."""
    if "rules" not in inner:
        raise context.error(node, "filter: rules is missing; list ids or names of rules, or write `any`", "filter")
    node_ = inner["rules"].value
    rules = texts(context, node_, "filter.rules")
    if not isinstance(node_, SequenceNode):
        if not rules:
            raise context.error(node_, "filter.rules: is empty; list ids or names of rules, or write `any`", "filter")
        if rules[0].lower() == "any":
            return ()
    return tuple(dict.fromkeys(rules))


def _one_condition(context: ParseContext, inner: dict[str, Entry]) -> None:
    if "condition" in inner and isinstance(inner["condition"].value, SequenceNode):
        raise context.error(inner["condition"].value, "condition: a filter has one condition, not a list", "condition")


def _silence(context: ParseContext, node: Node) -> Silence:
    entries = mapping(context, node, "x-silence")
    check_keys(context, entries, _SILENCE, "x-silence")
    for key in _SILENCE:
        if key not in entries:
            raise context.error(
                node, f"x-silence: {key} is missing; a silence has owner, reason and expires", "silence"
            )
    node_ = entries["expires"].value
    written = text(context, node_, "x-silence.expires")
    expires_ns = parse_ns(f"{written}T00:00:00Z" if _DATE.fullmatch(written) else written)
    if expires_ns is None:
        forms = "2026-12-31 (its beginning, UTC) or 2026-12-31T18:00:00Z"
        raise context.error(node_, f"x-silence.expires: {quoted(written)} is not a time; write {forms}", "silence")
    return Silence(
        owner=text(context, entries["owner"].value, "x-silence.owner"),
        reason=text(context, entries["reason"].value, "x-silence.reason"),
        expires=_rfc3339(expires_ns),
        expires_ns=expires_ns,
    )


def _rfc3339(ns: int) -> str:
    text_ = format_ns(ns)
    return text_.replace(".000000000Z", "Z")

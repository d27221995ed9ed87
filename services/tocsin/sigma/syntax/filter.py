"""A document with a ``filter``: what is taken out of other rules, for good or as a silence with an end."""

import re

from yaml.nodes import Node, SequenceNode

from tocsin.model.timestamps import format_ns, parse_ns
from tocsin.sigma.syntax import detection, logsource, metadata
from tocsin.sigma.syntax.documents import Filter, Silence
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.scalars import Entry, mapping, only, text, texts

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WITHOUT_NOT = (
    "condition: a rule matches only where this holds too; to exclude what the selection finds, write `not selection`"
)
_SILENCE = ("owner", "reason", "expires")


def filter(page: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> Filter:
    """The filter at *root*."""
    said = metadata.about(page, entries, root, source)
    if "logsource" not in entries:
        raise page.error(root, "logsource: is missing; write that of the rules, or `product: linux`", "logsource")
    place = entries["logsource"].value
    written = logsource.logsource(page, place)
    logsource.scope(page, place, written)
    native = metadata.is_native(page, entries) or written.product == logsource.NATIVE
    node = entries["filter"].value
    inner = mapping(page, node, "filter")
    rules = _rules(page, inner, node)
    _one_condition(page, inner)
    selections = {key: entry for key, entry in inner.items() if key != "rules"}
    condition = detection.read(page, selections, node, detection.Names(native))
    if not detection.has_not(condition):
        page.warn(inner["condition"].value, _WITHOUT_NOT, "filter-without-not")
    silence = _silence(page, entries["x-silence"].value) if "x-silence" in entries else None
    if silence and not rules:
        told = "x-silence: silences any rule; name the rules that are meant"
        page.warn(entries["x-silence"].key, told, "silence-any")
    return Filter(**said, rules=rules, logsource=written, native=native, condition=condition, silence=silence)


def _rules(page: ParseContext, inner: dict[str, Entry], node: Node) -> tuple[str, ...]:
    """Ids or names; none for any."""
    if "rules" not in inner:
        raise page.error(node, "filter: rules is missing; list ids or names of rules, or write `any`", "filter")
    place = inner["rules"].value
    rules = texts(page, place, "filter.rules")
    if not isinstance(place, SequenceNode):
        if not rules:
            raise page.error(place, "filter.rules: is empty; list ids or names of rules, or write `any`", "filter")
        if rules[0].lower() == "any":
            return ()
    return tuple(dict.fromkeys(rules))


def _one_condition(page: ParseContext, inner: dict[str, Entry]) -> None:
    if "condition" in inner and isinstance(inner["condition"].value, SequenceNode):
        raise page.error(inner["condition"].value, "condition: a filter has one condition, not a list", "condition")


def _silence(page: ParseContext, node: Node) -> Silence:
    entries = mapping(page, node, "x-silence")
    only(page, entries, _SILENCE, "x-silence")
    for key in _SILENCE:
        if key not in entries:
            raise page.error(node, f"x-silence: {key} is missing; a silence has owner, reason and expires", "silence")
    place = entries["expires"].value
    written = text(page, place, "x-silence.expires")
    expires_ns = parse_ns(f"{written}T00:00:00Z" if _DATE.fullmatch(written) else written)
    if expires_ns is None:
        forms = "2026-12-31 (its beginning, UTC) or 2026-12-31T18:00:00Z"
        raise page.error(place, f"x-silence.expires: {shown(written)} is no time; write {forms}", "silence")
    return Silence(
        owner=text(page, entries["owner"].value, "x-silence.owner"),
        reason=text(page, entries["reason"].value, "x-silence.reason"),
        expires=_rfc3339(expires_ns),
        expires_ns=expires_ns,
    )


def _rfc3339(ns: int) -> str:
    whole = format_ns(ns)
    return whole.replace(".000000000Z", "Z")

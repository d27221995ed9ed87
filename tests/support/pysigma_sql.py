"""A second opinion on rules: pySigma turns them into SQL, and SQLite evaluates each over all events at once."""

import copy
import functools
import ipaddress
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Protocol

import re2
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.rule import SigmaDetections, SigmaRule
from sigma.types import SigmaExists, SigmaFieldReference, SigmaNull

from support import logsources

KEYWORDS = "CommandLine"
"""The field that keywords are looked for in."""


class Values(Protocol):
    """An event, as far as rules see it."""

    def values(self, field: str) -> tuple[str, ...]: ...


class AnyOf(sqliteBackend):
    """The SQLite backend for fields of several values: one column for each, and one that matches is enough.

    Where SQLite and we differ by choice, it says so here:

    - a number equals a text that is the same number (SQLite writes it and compares texts), and a comparison with one is
      false for a text that is no decimal number (SQLite orders texts behind numbers);
    - a network holds addresses only (the backend's patterns take ``10.0.0.x`` for one of ``10.0.0.0/24``);
    - a boolean is ``true`` or ``false``, as Tetragon writes it (the backend takes 1 and 0, too).
    """

    compare_op_expression = "number({field}) {operator} {value}"
    cidr_expression = "within({field}, '{value}')"
    bool_expression = "{field}={value}"

    def __init__(self, slots: Mapping[str, int]) -> None:
        super().__init__(collate_nocase=True, fulltext_field=KEYWORDS)
        self.slots = slots
        self.columns = {name: number for number, name in enumerate(slots)}
        self._slot = 0

    def escape_and_quote_field(self, field: str) -> str:
        name, _, slot = field.partition("\0")
        return f"c{self.columns[name]}_{slot or 0}"

    def _fulltext_column(self) -> str:
        return self.escape_and_quote_field(f"{KEYWORDS}\0{self._slot}")

    def convert_condition_field_eq_val(self, cond: Any, state: Any) -> str:
        missing = isinstance(cond.value, SigmaNull) or (isinstance(cond.value, SigmaExists) and not cond.value.exists)
        found = []
        for slot in range(self.slots[cond.field]):
            one = copy.copy(cond)
            one.field = f"{cond.field}\0{slot}"
            if isinstance(cond.value, SigmaFieldReference):
                found += [self._compared(one, other, state) for other in range(self.slots[cond.value.field])]
            else:
                found.append(f"({super().convert_condition_field_eq_val(one, state)})")
        return found[0] if len(found) == 1 else f"({(' AND ' if missing else ' OR ').join(found)})"

    def _compared(self, cond: Any, slot: int, state: Any) -> str:
        one = copy.copy(cond)
        one.value = copy.copy(cond.value)
        one.value.field = f"{cond.value.field}\0{slot}"
        return f"({super().convert_condition_field_eq_val(one, state)})"

    def convert_condition_field_eq_expansion(self, cond: Any, state: Any) -> Any:
        # the values are converted one by one, each for all columns: back to the field's own name
        one = copy.copy(cond)
        one.field = cond.field.partition("\0")[0]
        return super().convert_condition_field_eq_expansion(one, state)

    def convert_condition_field_eq_val_cidr(self, cond: Any, state: Any) -> str:
        field = self.escape_and_quote_field(cond.field)
        return self.cidr_expression.format(field=field, value=str(cond.value.network))

    def convert_condition_field_eq_val_num(self, cond: Any, state: Any) -> str:
        return f"number({self.escape_and_quote_field(cond.field)}) = {cond.value}"

    def convert_condition_val(self, cond: Any, state: Any) -> str:
        found = []
        for slot in range(self.slots[KEYWORDS]):
            self._slot = slot
            found.append(f"({super().convert_condition_val(cond, state)})")
        return f"({' OR '.join(found)})"

    def finalize_query_default(self, rule: Any, query: Any, index: int, state: Any) -> Any:
        return query


class Oracle:
    """The rules of some YAML documents, filters applied, as pySigma understands them.

    But a filter that names rules is about these, whatever its logsource says; pySigma leaves it out, without a word, where
    the rule's logsource is not within its own.
    """

    def __init__(self, text: str) -> None:
        collection = SigmaCollection.from_yaml(text, collect_filters=True)
        for rule, one in product(collection.rules, collection.filters):
            applied = one if one.filter.rules == "any" else replace(one, logsource=rule.logsource)
            applied.apply_on_rule(rule)
        self.rules: list[SigmaRule] = [rule for rule in collection.rules if isinstance(rule, SigmaRule)]
        backend = sqliteBackend(fulltext_field=KEYWORDS)
        named = {field for rule in self.rules for field in backend.required_fields(rule)}
        self.fields = sorted(named | {KEYWORDS} | logsources.FIELDS)

    def judge(self, records: Sequence[Values]) -> dict[str, set[int]]:
        """For each rule's id the events that it matches, as indexes into *records*."""
        values = {field: [record.values(field) for record in records] for field in self.fields}
        slots = {field: max(1, max(map(len, found), default=1)) for field, found in values.items()}
        backend = AnyOf(slots)
        connection = _filled(records, values, slots)
        try:
            return {str(rule.id): _asked(connection, backend, rule) for rule in self.rules}
        finally:
            connection.close()


def _filled(
    records: Sequence[Values], values: Mapping[str, Sequence[tuple[str, ...]]], slots: Mapping[str, int]
) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.create_function("regexp", 2, _search, deterministic=True)
    connection.create_function("number", 1, _number, deterministic=True)
    connection.create_function("within", 2, _within, deterministic=True)
    names = [f"c{number}_{slot}" for number, field in enumerate(slots) for slot in range(slots[field])]
    columns = ", ".join(f"{name} TEXT COLLATE NOCASE" for name in names)
    connection.execute(f"CREATE TABLE logs ({columns})")
    marks = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO logs VALUES ({marks})", _rows(len(records), values, slots))
    return connection


def _rows(
    count: int, values: Mapping[str, Sequence[tuple[str, ...]]], slots: Mapping[str, int]
) -> Iterable[list[str | None]]:
    for index in range(count):
        row: list[str | None] = []
        for field, size in slots.items():
            found = values[field][index]
            row += [*found, *[None] * (size - len(found))]
        yield row


def _asked(connection: sqlite3.Connection, backend: AnyOf, rule: SigmaRule) -> set[int]:
    matched, demanded = (
        " OR ".join(f"({query})" for query in backend.convert_rule(asked)) for asked in (rule, demand(rule))
    )
    return {row - 1 for (row,) in connection.execute(f"SELECT rowid FROM logs WHERE ({demanded}) AND ({matched})")}


def demand(rule: SigmaRule) -> SigmaRule:
    """What the logsource of *rule* demands of an event, as a rule."""
    source = copy.copy(rule)
    wanted = logsources.demand(rule.logsource.product, rule.logsource.category, rule.logsource.service)
    source.detection = SigmaDetections.from_dict({"demand": wanted, "condition": "demand"})
    return source


def _search(expression: str, text: str | None) -> bool | None:
    return None if text is None else _compiled(expression).search(text) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    return re2.compile(expression)


def _number(text: str | None) -> int | float | None:
    if text is None or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
        return None
    found = float(text)
    return int(text) if "." not in text and abs(found) < 2**62 else found


def _within(text: str | None, network: str) -> bool | None:
    if text is None:
        return None
    try:
        return ipaddress.ip_address(text) in _network(network)
    except ValueError:
        return False


@functools.lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)

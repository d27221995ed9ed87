"""Files for other programs: whole, read back, and harmless in a spreadsheet and on a terminal."""

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.queries import export, range_queries
from tocsin.gateway.queries.export import Format
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.queries.time_range import TimeRange

from support.gateway import alert
from support.hubs import hub
from support.rows import row

NOW = 1_763_906_892
hostile = st.text(st.sampled_from("=+-@\t\r\n\0\x1b\x9b,;\"' aü＝\u202e\ufeff"), max_size=12) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
)


def file(format: Format, some: list[Any]) -> bytes:
    return export.head(format) + export.body(format, some)


@pytest.mark.slow
@given(st.lists(st.tuples(hostile, hostile, hostile), max_size=5))
def test_a_csv_reads_back_with_as_many_lines_and_cells_whatever_the_texts(texts: list[tuple[str, str, str]]) -> None:
    some = [row(n, arguments=a, process=b, pod=c) for n, (a, b, c) in enumerate(texts, 1)]
    data = file("csv", some)
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    assert [line["id"] for line in lines] == [each.id for each in some]
    for line, (arguments, process, pod) in zip(lines, texts, strict=True):
        assert None not in line
        for name, text in (("arguments", arguments), ("process", process), ("pod", pod)):
            assert line[name] == export.disarmed(text)
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data)


@given(hostile)
def test_no_cell_begins_with_what_makes_a_formula(text: str) -> None:
    seen = export.disarmed(text)
    assert not seen.lstrip(" \u00a0\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert seen.removeprefix("'").translate({0x2400: 0}).count("=") == text.count("=")


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_formulas_are_disarmed_and_stay_readable(text: str) -> None:
    assert export.disarmed(text) == f"'{text}"


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert export.disarmed("/bin/bash -i >& x=1") == "/bin/bash -i >& x=1"
    assert export.disarmed("\x1b[31m") == "␛[31m"


@given(st.lists(hostile, max_size=5))
def test_ndjson_has_one_row_a_line(texts: list[str]) -> None:
    some = [row(n, arguments=text) for n, text in enumerate(texts, 1)]
    lines = file("ndjson", some).decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line).get("arguments", "") for line in lines] == texts


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_the_parts_of_a_file_are_every_row_of_the_stretch_once_newest_first(limit: int) -> None:
    own = hub(NOW, [alert(n, "low", time_ns=(NOW - 20 + n // 3) * 10**9, namespace="ab"[n % 2]) for n in range(60)])
    asked = range_queries.export(f"format=ndjson&namespace=a&from={(NOW - 15) * 1_000}&to={NOW * 1_000}", NOW * 1_000)
    data, below = b"", (asked.span.to_ms, -1)
    while below is not None:
        part, below = asked.part(own.store.window.blocks(), below, limit)
        data += part
    rows = [json.loads(line) for line in data.splitlines()]
    assert [row["seq"] for row in rows] == [n + 1 for n in reversed(range(60)) if n % 2 == 0 and n // 3 >= 5]
    assert asked.exact(own.store)


def test_the_name_of_the_file_says_its_stretch() -> None:
    assert export.filename("csv", TimeRange(NOW - 900, NOW)) == "tocsin-2025-11-23T135312Z-2025-11-23T140812Z.csv"


@pytest.mark.parametrize("query", ["", "format=xlsx", "format=csv&limit=1"])
def test_a_format_is_needed(query: str) -> None:
    with pytest.raises(QueryError, match=r"format"):
        range_queries.export(query, NOW * 1_000)

"""The most frequent values."""

from tocsin.gateway.window.top_values import TopValues

from support.rows import row

NOW = 1_763_906_892


def test_the_top_of_a_long_range_holds_what_the_minutes_have_forgotten() -> None:
    tops = TopValues(86_400)
    old, new = row(1, process="/old", fingerprint="o").shape, row(2, process="/new", fingerprint="n").shape
    for _ in range(5):
        tops.add(old, NOW - 10_000)
    for minute in range(120):
        tops.add(new, NOW - minute * 60)
    assert [entry[:2] for entry in tops.lists(NOW, 900)["process"]] == [("/new", 16)]
    assert tops.lists(NOW, 86_400)["process"][1][:2] == ("/old", 5)


def test_a_flood_of_new_names_leaves_the_frequent_ones() -> None:
    tops = TopValues(3_600)
    for n in range(1, 6_000):
        tops.add(row(1, process="/frequent", fingerprint="f").shape, NOW)
        tops.add(row(n, process=f"/tmp/{n}").shape, NOW)
    assert tops.lists(NOW, 900)["process"][0][0] == "/frequent"
    assert all(len(held) <= 300 for lists in tops._by_minute.values() for held in lists.values())

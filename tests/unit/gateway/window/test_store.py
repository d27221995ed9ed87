"""How far back rows and counts reach, and what leaves the store."""

from tocsin.gateway.window.store import AlertStore, StreamRange

from support.rows import row

NOW = 1_763_906_892
HOUR_MS = 3_600_000
LOW_ONLY, NO_LOW = (False, False, False, True), (True, True, True, False)


def store(limit: int = 100) -> AlertStore:
    own = AlertStore(limit, HOUR_MS)
    own.begin(StreamRange("a1", 1, 0), NOW)
    return own


def test_evicted_rows_stay_counted() -> None:
    own = store(limit=2)
    for number in range(1, 4):
        own.add(row(number, t=(NOW - 10 + number) * 1_000), "", "")
    from_s = NOW - 20
    assert own.counts.count(3, from_s, NOW) == 3
    assert own.counts_complete(from_s, LOW_ONLY)
    assert not own.rows_complete(from_s * 1_000, LOW_ONLY)
    assert own.rows_complete(from_s * 1_000, NO_LOW)
    assert own.rows_since == [None, None, None, (NOW - 9) * 1_000 + 1]


def test_a_severity_that_was_not_read_back_is_complete_from_its_oldest_row_on() -> None:
    own = store()
    own.add(row(1, t=(NOW - 10) * 1_000), "", "")
    own.incomplete(3, NOW * 1_000)
    assert not own.counts_complete(NOW - 11, LOW_ONLY)
    assert own.counts_complete(NOW - 10, LOW_ONLY)
    assert own.counts_complete(NOW - 11, NO_LOW)


def test_rows_leave_with_the_stream_and_with_time() -> None:
    own = store()
    for number in range(1, 4):
        own.add(row(number, t=NOW * 1_000), "", "")
    own.stream = StreamRange("a1", 3, 3)
    own.advance(NOW)
    assert [each.seq for each in own.window.lanes[3]] == [3]
    own.advance(NOW + 3_601)
    assert len(own.window) == 0


def test_a_recreated_stream_begins_with_an_empty_store() -> None:
    own = store()
    own.add(row(1, t=NOW * 1_000), "", "")
    own.incomplete(3, NOW * 1_000)
    own.begin(StreamRange("b2", 1, 7), NOW)
    assert (len(own.window), own.window.epoch, own.waiting) == (0, "b2", 7)
    assert own.counts.count(3, NOW - 10, NOW + 10) == 0
    assert own.counted_since == [0, 0, 0, 0]

"""A checkpoint whose stream was made anew."""

from tocsin.collector.checkpoint import fit
from tocsin.model.checkpoint import Checkpoint, Counts, Position

_SAVED = Checkpoint(
    source="file /x",
    cluster="c",
    floor_seq=100,
    floor_dead=10,
    counts=Counts(lines=120, stored=100, dead=10, repeated=7, skipped=3),
    position=Position(fingerprint="f", offset=5_000),
)


def test_a_checkpoint_that_fits_its_streams_stays_as_it_is() -> None:
    assert fit(_SAVED, events_last=100, dead_last=10) == _SAVED


def test_what_a_stream_held_before_it_was_made_anew_is_not_counted() -> None:
    fitted = fit(_SAVED, events_last=0, dead_last=10)
    assert (fitted.floor_seq, fitted.floor_dead) == (0, 10)
    assert fitted.counts == Counts(lines=20, stored=0, dead=10, repeated=7, skipped=3)
    assert fitted.position == _SAVED.position
    both = fit(_SAVED, events_last=0, dead_last=0)
    assert both.counts == Counts(lines=10, repeated=7, skipped=3)


def test_what_a_stream_lost_with_its_disk_is_not_counted() -> None:
    fitted = fit(_SAVED, events_last=97, dead_last=10)
    assert fitted.floor_seq == 97
    assert (fitted.counts.stored, fitted.counts.lines) == (97, 117)

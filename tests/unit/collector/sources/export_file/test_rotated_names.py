"""Names of rotated files."""

from tocsin.collector.sources.export_file.rotated_names import RotatedFile, pattern, rotated_files

_SHAPE = pattern("/var/log/tetragon/tetragon.log")


def test_rotated_files_are_ordered_by_their_stamp_and_a_compressed_copy_counts_once() -> None:
    names = [
        "tetragon-2026-01-02T15-04-05.000.log.gz",
        "tetragon.log",
        "tetragon-2026-01-02T15-04-05.001.log",
        "tetragon-2026-01-02T15-04-05.001.log.gz",
        "tetragon-2026-01-02T15-04-05.001.log.gz.tmp",
        "tetragon-2025-12-31T23-59-59.999.log",
    ]
    assert rotated_files(names, _SHAPE) == [
        RotatedFile("2025-12-31T23-59-59.999", plain="tetragon-2025-12-31T23-59-59.999.log"),
        RotatedFile("2026-01-02T15-04-05.000", packed="tetragon-2026-01-02T15-04-05.000.log.gz"),
        RotatedFile(
            "2026-01-02T15-04-05.001",
            plain="tetragon-2026-01-02T15-04-05.001.log",
            packed="tetragon-2026-01-02T15-04-05.001.log.gz",
        ),
    ]


def test_other_files_of_the_folder_are_none_of_ours() -> None:
    names = ["tetragon.log.1", "tetragon-operator.log", "xtetragon-2026-01-02T15-04-05.000.log", "tetragon-.log"]
    assert rotated_files(names, _SHAPE) == []


def test_a_name_without_an_ending_has_rotated_files_without_one() -> None:
    assert rotated_files(["events-2026-01-02T15-04-05.000"], pattern("/tmp/events"))[0].plain


def test_a_name_with_signs_of_a_pattern_is_taken_literally() -> None:
    assert rotated_files(["a+b-2026-01-02T15-04-05.000.log"], pattern("/x/a+b.log"))
    assert not rotated_files(["aab-2026-01-02T15-04-05.000.log"], pattern("/x/a+b.log"))

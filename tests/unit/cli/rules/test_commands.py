"""``tocsin rules``: what each command prints and how it ends, with a pack of its own and hostile texts."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tocsin.cli.__main__ import main, parser

from support import rule_texts


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack of one rule and one correlation; the working folder is empty."""
    folder = tmp_path / "policies" / "rules"
    folder.mkdir(parents=True)
    (folder / "shell.yml").write_text(rule_texts.rule(more=rule_texts.TESTS + "tags: [attack.t1059.004]\n"))
    (folder / "storm.yml").write_text(rule_texts.correlation())
    monkeypatch.setenv("TOCSIN_CLASSIFIER_POLICIES", str(tmp_path / "policies"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


def write(name: str, text: str | bytes) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def own(**changed: str) -> str:
    more = {"id": "77777777-7777-4777-8777-777777777777", "title": "My own", "name": "my_own"}
    return rule_texts.rule(**{**more, **changed})


def test_every_command_below_rules_is_documented() -> None:
    text = (Path(__file__).resolve().parents[4] / "docs" / "rules.md").read_text()
    rules = next(action for action in parser()._actions if action.choices).choices["rules"]
    below = next(action for action in rules._actions if action.choices).choices
    assert set(below) == {"check", "test", "explain", "run", "bench", "coverage", "import", "list"}
    for name in below:
        assert f"tocsin rules {name}" in text


# check


def test_check_is_silent_about_good_rules_and_counts_on_standard_error(pack: Path, capsys) -> None:
    assert main(["rules", "check", write("mine.yml", own())]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "1 file: 0 errors, 0 warnings\n")


def test_check_names_file_line_and_column_of_an_error(pack: Path, capsys) -> None:
    name = write("mine.yml", own(detection="{s: {Imag: /bin/sh}, condition: s}"))
    assert main(["rules", "check", name]) == 1
    assert capsys.readouterr().out.startswith("mine.yml:7:17: unknown field `Imag`, did you mean `Image`?")


def test_a_warning_fails_only_where_it_is_to_be_strict(pack: Path, capsys) -> None:
    name = write("mine.yml", own(more=""))
    assert main(["rules", "check", name]) == 0
    assert "mine.yml:1:1: warning: no x-tests" in capsys.readouterr().out
    assert main(["rules", "check", name, "--strict"]) == 1


def test_check_tells_programs_the_same(pack: Path, capsys) -> None:
    name = write("mine.yml", own(detection="{s: {Imag: /bin/sh}, condition: s}"))
    assert main(["rules", "check", name, "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)
    assert (problem["file"], problem["line"], problem["code"]) == ("mine.yml", 7, "unknown-field")


def test_check_knows_the_pack_that_a_file_refers_to_and_replaces(pack: Path, capsys) -> None:
    storm = write("storm.yml", rule_texts.correlation(count=5))
    assert main(["rules", "check", storm]) == 0
    assert "storm.yml" in capsys.readouterr().out  # it has no tests
    assert main(["rules", "check", write("shell.yml", rule_texts.rule(title="Changed"))]) == 0


def test_check_says_which_rules_the_policies_do_not_feed(pack: Path, capsys) -> None:
    write("tracing/p.yaml", "kind: TracingPolicy\nmetadata: {name: p}\nspec: {kprobes: [{call: tcp_connect}]}\n")
    name = write("mine.yml", own(more=rule_texts.TESTS + "x-requires: {hooks: [file_permission]}"))
    assert main(["rules", "check", name, "--policies", "tracing", "--strict"]) == 1
    assert "can never fire: it needs a hook on file_permission" in capsys.readouterr().out


def test_a_place_that_does_not_exist_or_holds_nothing_is_wrong_usage(pack: Path, capsys) -> None:
    assert main(["rules", "check", "nowhere"]) == 2
    assert capsys.readouterr().err == "tocsin: nowhere does not exist\n"
    Path("empty").mkdir()
    assert main(["rules", "check", "empty"]) == 2
    assert main(["rules", "frobnicate"]) == 2


def test_what_a_rule_says_is_not_obeyed_by_the_terminal(pack: Path, capsys) -> None:
    name = write("mine.yml", own(title='"Evil \\e]0;x\\a\\u202e"', more="x-tests: [{match: true, event: {}}]"))
    main(["rules", "check", name])
    main(["rules", "test", name])
    main(["rules", "list", name])
    shown = capsys.readouterr().out
    assert "Evil" in shown
    assert not any(character in shown for character in "\x1b\x07\u202e")


# test


def test_test_runs_what_the_rules_bring(pack: Path, capsys) -> None:
    assert main(["rules", "test"]) == 0
    assert capsys.readouterr().err == "2 tests of 1 rules: 0 failed\n"


def test_a_failed_test_says_where_and_why_and_reaches_a_build_server(pack: Path, capsys) -> None:
    failing = 'x-tests: [{name: "a \\0 b", match: true, event: {process_exec: {process: {binary: /bin/true}}}}]'
    name = write("mine.yml", own(more=failing))
    assert main(["rules", "test", name, "--junit", "out.xml"]) == 1
    assert "mine.yml:1:1: My own: a \\x00 b: should match, but does not" in capsys.readouterr().out
    root = ElementTree.fromstring(Path("out.xml").read_bytes())
    assert (root.get("tests"), root.get("failures")) == ("1", "1")
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert "should match" in (failure.get("message") or "")


def test_a_rule_that_does_not_load_fails_the_tests(pack: Path, capsys) -> None:
    name = write("mine.yml", own(detection="{s: {Imag: /bin/sh}, condition: s}"))
    assert main(["rules", "test", name, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["results"] == []
    assert "Imag" in told["problems"][0]["text"]


# explain


def test_explain_shows_the_tree_of_a_rule_of_the_pack(pack: Path, capsys) -> None:
    event = write("event.json", rule_texts.exec_event("/bin/bash"))
    assert main(["rules", "explain", "a_shell", "--event", event]) == 1
    assert "FAIL Image endswith '/sh'   ← '/bin/bash'" in capsys.readouterr().out
    write("event.json", rule_texts.exec_event("/bin/sh"))
    assert main(["rules", "explain", rule_texts.SHELL_ID, "--event", event]) == 0
    assert capsys.readouterr().out.startswith("PASS rule 'A shell' (medium)\n├─ PASS kind of event is exec")


def test_explain_takes_the_event_out_of_an_alert_however_it_is_laid_out(pack: Path, capsys) -> None:
    alert = {"id": "1", "fingerprint": "f", "cluster": "c", "node": "n", "event": json.loads(rule_texts.exec_event())}
    event = write("alert.json", json.dumps(alert, indent=2))
    assert main(["rules", "explain", write("mine.yml", own()), "--event", event, "--json"]) == 0
    (tree,) = json.loads(capsys.readouterr().out)
    assert tree["passed"]


def test_explain_says_how_an_event_counts_for_a_correlation(pack: Path, capsys) -> None:
    assert main(["rules", "explain", "many_shells", "--event", write("e.json", rule_texts.exec_event())]) == 0
    assert "has the key scope   ← 'web/shop-1'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "event", "said"),
    [
        ("unknown", rule_texts.exec_event(), "no such rule"),
        ("a_shell", b"no json", "--event"),
        ("a_shell", b"", "no event"),
    ],
)
def test_explain_refuses_what_is_not_there(pack: Path, capsys, rule: str, event: bytes, said: str) -> None:
    assert main(["rules", "explain", rule, "--event", write("e.json", event)]) == 2
    assert said in capsys.readouterr().err


# run


def _lines() -> bytes:
    shells = [rule_texts.exec_event("/bin/sh", f"-c {n}") for n in range(4)]
    return b"\n".join([*shells, rule_texts.exec_event("/bin/true"), b"", b"garbage"]) + b"\n"


@pytest.mark.parametrize("packed", [False, True])
def test_run_counts_hits_rates_and_top_values_and_correlations(pack: Path, capsys, *, packed: bool) -> None:
    events = write("events", gzip.compress(_lines()) if packed else _lines())
    assert main(["rules", "run", "--events", events, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["events"], told["undecodable"], told["matched"]) == (6, 1, 4)
    shell, storm = told["outcomes"]
    assert (shell["title"], shell["hits"], shell["per_thousand"]) == ("A shell", 4, 800.0)
    assert shell["top"]["process"] == [{"value": "/bin/sh", "count": 4}]
    assert shell["top"]["namespace"] == [{"value": "web", "count": 4}]
    assert (storm["title"], storm["hits"]) == ("Many shells", 1)
    assert storm["top"]["scope"] == [{"value": "web/shop-1", "count": 1}]


def test_run_reads_standard_input_and_shows_a_table(pack: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = rule_texts.exec_event("/tmp/\x1b[2J/sh")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(hostile + b"\n")))
    assert main(["rules", "run", "--events", "-"]) == 0
    shown = capsys.readouterr().out
    assert "1 events, 0 undecodable; 1 matched at least one rule" in shown
    assert "process /tmp/\\x1b[2J/sh ×1" in shown
    assert "\x1b" not in shown


def test_run_with_a_path_is_about_those_rules_alone(pack: Path, capsys) -> None:
    assert main(["rules", "run", write("mine.yml", own()), "--events", write("e", _lines()), "--json"]) == 0
    assert [each["title"] for each in json.loads(capsys.readouterr().out)["outcomes"]] == ["My own"]


def test_run_needs_events_from_somewhere(pack: Path, capsys) -> None:
    assert main(["rules", "run"]) == 2
    assert main(["rules", "run", "--events", "nowhere"]) == 2
    assert main(["rules", "run", "--events", write("e.gz", b"\x1f\x8bbroken")]) == 2


# bench


def test_bench_tells_the_cost_in_all_and_rule_by_rule(pack: Path, capsys) -> None:
    events = write("events", _lines())
    assert main(["rules", "bench", "--events", events, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["events"], told["rules"]) == (5, 1)
    assert told["match_us"] > 0
    assert told["costs"][0]["title"] == "A shell"
    assert told["costs"][0]["candidate_rate"] == 0.8
    assert main(["rules", "bench", "--events", events]) == 0
    assert "A shell" in capsys.readouterr().out
    assert main(["rules", "bench", "--events", write("none", b"garbage\n")]) == 2


# coverage, list


def test_coverage_writes_a_layer(pack: Path, capsys) -> None:
    assert main(["rules", "coverage", "--navigator", "layer.json"]) == 0
    assert "T1059.004" in capsys.readouterr().out
    assert json.loads(Path("layer.json").read_text())["techniques"][0]["techniqueID"] == "T1059.004"


def test_list_shows_everything_loaded_and_names_what_is_not(pack: Path, capsys) -> None:
    assert main(["rules", "list"]) == 0
    assert "many_shells" in capsys.readouterr().out
    (pack / "broken.yml").write_text(own(detection="{s: {Imag: x}, condition: s}"))
    assert main(["rules", "list", "--json"]) == 1
    shown = capsys.readouterr()
    assert {each["type"] for each in json.loads(shown.out)} == {"rule", "event_count"}
    assert "not loaded: " in shown.err


def test_list_makes_the_page_of_detections(pack: Path, capsys) -> None:
    assert main(["rules", "list", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Detections\n")


# import


def _checkout() -> dict[str, bytes]:
    return {
        "rules/linux/shell.yml": rule_texts.rule().replace("\n", "\r\n").encode(),
        "rules/windows/a.yml": rule_texts.rule(logsource="{product: windows}").encode(),
        "tests/b.yml": rule_texts.rule().encode(),
    }


@pytest.mark.parametrize("packed", [False, True])
def test_import_takes_the_usable_rules_unchanged_with_a_note(pack: Path, capsys, *, packed: bool) -> None:
    if packed:
        with zipfile.ZipFile("sigma.zip", "w") as archive:
            for name, content in _checkout().items():
                archive.writestr(f"sigma-master/{name}", content)
            archive.writestr("sigma-master/rules/../../../evil.yml", rule_texts.rule())
    else:
        for name, content in _checkout().items():
            write(f"sigma/{name}", content)
    assert main(["rules", "import", "sigma.zip" if packed else "sigma", "--into", "here"]) == 0
    shown = capsys.readouterr().out
    assert "1 imported into here, 1 skipped" in shown
    assert "product windows is not supported: Tetragon sees only Linux" in shown
    written = sorted(path.relative_to("here").as_posix() for path in Path("here").rglob("*") if path.is_file())
    assert written == ["LICENSE.DRL", "rules/linux/shell.yml"]
    assert Path("here/rules/linux/shell.yml").read_bytes() == _checkout()["rules/linux/shell.yml"]
    assert "Detection Rule License 1.1" in Path("here/LICENSE.DRL").read_text()
    assert not list(Path().rglob("evil.yml"))


def test_import_of_nothing_usable_fails_and_of_no_archive_is_wrong_usage(pack: Path, capsys) -> None:
    write("set/rules/a.yml", rule_texts.rule(logsource="{product: windows}"))
    assert main(["rules", "import", "set", "--into", "here", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["imported"] == []
    assert main(["rules", "import", write("no.zip", b"text"), "--into", "here"]) == 2
    assert main(["rules", "import", "nowhere", "--into", "here"]) == 2

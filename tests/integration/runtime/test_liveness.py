"""Whether a probe tells a process that lives from one that hangs, that has ended, and from one that is not set up."""

import http.server
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.cli import health
from tocsin.model.errors import SettingsError
from tocsin.runtime import liveness

from support.waiting import until

_WAIT_S = 20.0


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A service that writes ``beat``; ended after the test."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
    command = [sys.executable, "-m", "tocsin.cli", "simulate", "--path", str(tmp_path / "events.log")]
    with subprocess.Popen(
        command, env={**own, "TOCSIN_HEALTH_FILE": str(tmp_path / "beat")}, stdout=subprocess.DEVNULL
    ) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGCONT)
            started.kill()


def _health(path: Path, max_age_s: float) -> int:
    return health.main(["health", "--file", str(path), "--max-age-s", str(max_age_s)])


async def test_a_process_that_stands_still_is_not_well_and_one_that_goes_on_is_again(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    beat = tmp_path / "beat"
    await until(lambda: _health(beat, 30) == 0, _WAIT_S, "the first beat")
    process.send_signal(signal.SIGSTOP)
    await until(lambda: _health(beat, 0.5) == 1, _WAIT_S, "the beat to be too old")
    process.send_signal(signal.SIGCONT)
    await until(lambda: _health(beat, 0.5) == 0, _WAIT_S, "the next beat")


async def test_a_process_that_has_ended_is_not_well(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    await until(lambda: _health(beat, 30) == 0, _WAIT_S, "the first beat")
    process.terminate()
    assert process.wait(_WAIT_S) == 0
    assert _health(beat, 30) == 1
    assert os.listdir(tmp_path) == ["events.log"]  # noqa: PTH208


async def test_beats_go_on_where_the_file_cannot_be_written_for_a_while(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    async with liveness.beating(str(folder / "beat"), interval_s=0.02):
        folder.rename(tmp_path / "away")
        assert health.stale(folder / "beat", 30)
        (tmp_path / "away" / "beat").unlink()
        (tmp_path / "away").rename(folder)
        await until(lambda: not health.stale(folder / "beat", 30), _WAIT_S, "a beat again")


async def test_a_file_that_can_never_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"TOCSIN_HEALTH_FILE .*No such file"):
        async with liveness.beating(str(tmp_path / "missing" / "beat")):
            pytest.fail("it started")


async def test_no_file_is_written_where_none_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with liveness.beating(""):
        assert not os.listdir(tmp_path)  # noqa: PTH208


@pytest.mark.parametrize("text", ["", "soon", "1e999", "-5", "nan"])
def test_what_is_no_time_of_this_boot_is_not_well(tmp_path: Path, text: str) -> None:
    (tmp_path / "beat").write_text(text)
    assert _health(tmp_path / "beat", 30) == 1


def test_a_probe_that_is_told_nothing_says_what_to_tell_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOCSIN_HEALTH_FILE", raising=False)
    assert health.main(["health"]) == 2
    assert "--file or --url, or set TOCSIN_HEALTH_FILE" in capsys.readouterr().err


@pytest.fixture
def page() -> Iterator[str]:
    """Answers 200 on /healthz and 503 with a reason elsewhere."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()
            self.wfile.write(b"the classifier is away")

        def log_message(self, format: str, *args: object) -> None:
            """Be quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_is_well_where_it_answers_200_and_else_its_reason_is_told(
    page: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a probe asks no proxy
    assert health.main(["health", "--url", f"{page}/healthz"]) == 0
    assert health.main(["health", "--url", f"{page}/readyz"]) == 1
    assert "503: the classifier is away" in capsys.readouterr().err


def test_a_page_that_is_not_there_is_not_well() -> None:
    assert health.main(["health", "--url", "http://127.0.0.1:1/healthz"]) == 1
    assert health.main(["health", "--url", "not an address"]) == 1


def test_the_probe_reads_nothing_but_the_standard_library() -> None:
    text = "import sys; from tocsin.cli import __main__; sys.exit('aiohttp' in sys.modules or 'nats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0

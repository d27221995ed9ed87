"""`tocsin nats users`: the block it writes, the secrets it makes and keeps, and what it refuses."""

import builtins
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import nkeys
import pytest

from tocsin.bus.permissions import users
from tocsin.cli.__main__ import main

from support import nats_conf
from support.server import binary

HASH = "$2a$04$RYM8gl/EBE9H1HvYIVQGV.nkKSiqYNz4HG5e9.J6TEk4zqqFQ3nYS"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _loads(users_file: Path, environ: dict[str, str] | None = None) -> str:
    """What nats-server says of a configuration that includes the file."""
    conf = users_file.with_name("server.conf")
    conf.write_text(
        f'listen: "127.0.0.1:-1"\njetstream {{ store_dir: "{users_file.parent}/js" }}\ninclude "{users_file.name}"\n'
    )
    own = {"PATH": os.environ["PATH"], **(environ or {})}
    done = subprocess.run(
        [binary(), "-c", str(conf), "-t"], capture_output=True, text=True, timeout=20, env=own, check=False
    )
    return done.stdout + done.stderr


def test_by_default_the_server_takes_passwords_from_its_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nats", "users"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Written by tocsin nats users.\naccounts {")
    passwords = {name: user["password"] for name, user in nats_conf.users(text).items()}
    assert passwords == {name: f"${users.variable(name)}" for name in users.NAMES}


def test_a_server_loads_what_is_written_for_many_nodes(tmp_path: Path) -> None:
    out = tmp_path / "users.conf"
    nodes = ",".join(f"worker-{number}.example" for number in range(50))
    command = [
        "nats",
        "users",
        "--cluster",
        "Prod.EU",
        "--nodes",
        nodes,
        "--sinks",
        "slack",
        "--siem",
        "soc",
        "--out",
        str(out),
    ]
    assert main(command) == 0
    assert _mode(out) == 0o600
    written = nats_conf.users(out.read_text())
    assert "collector" not in written
    [worker] = [user for user in written.values() if user["password"].endswith("_COLLECTOR_WORKER_7_EXAMPLE")]
    assert worker["password"] == "$TOCSIN_NATS_PASSWORD_COLLECTOR_WORKER_7_EXAMPLE"
    raw_events = [each for each in worker["permissions"]["publish"]["allow"] if each.startswith("tetragon.")]
    assert raw_events == ["tetragon.prod_eu.worker-7_example.>"]
    environ = {user["password"].removeprefix("$"): "secret" for user in written.values()}
    assert "is valid" in _loads(out, environ)


def test_passwords_are_made_once_and_are_for_nobody_else(tmp_path: Path) -> None:
    out, folder = tmp_path / "users.conf", tmp_path / "secrets"
    command = ["nats", "users", "--passwords", str(folder), "--out", str(out)]
    assert main(command) == 0
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == {f"{name}.password" for name in users.NAMES}
    assert len(set(first.values())) == len(first)
    for path in folder.iterdir():
        assert _mode(path) == 0o600
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{20,}\n", path.read_text())
    assert _mode(folder) == 0o700
    assert main([*command, "--siem", "soc"]) == 0
    assert {name: (folder / name).read_text() for name in first} == first
    assert "is valid" in _loads(out)
    written = nats_conf.users(out.read_text())
    assert {name: user["password"] for name, user in written.items()} == {
        path.stem: path.read_text().strip() for path in folder.iterdir()
    }


def test_nkeys_are_made_and_only_their_public_halves_are_written(tmp_path: Path) -> None:
    out, folder = tmp_path / "users.conf", tmp_path / "seeds"
    assert main(["nats", "users", "--nkeys", str(folder), "--one-account", "--out", str(out)]) == 0
    text = out.read_text()
    public_keys = set()
    for name in users.NAMES:
        seed = (folder / f"{name}.nk").read_text().strip()
        assert _mode(folder / f"{name}.nk") == 0o600
        assert seed not in text
        public_keys.add(nkeys.from_seed(bytearray(seed.encode())).public_key.decode())
    assert set(nats_conf.users(text)) == public_keys
    assert list(nats_conf.parse(text)) == ["authorization"]
    assert "is valid" in _loads(out)


def test_hashes_are_taken_from_files_and_a_missing_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in users.NAMES:
        (tmp_path / f"{name}.hash").write_text(f"{HASH}\n")
    assert main(["nats", "users", "--hashes", str(tmp_path)]) == 0
    written = nats_conf.users(capsys.readouterr().out)
    assert {name: user["password"] for name, user in written.items()} == dict.fromkeys(users.NAMES, HASH)
    (tmp_path / "siem.hash").write_text("plain\n")
    assert main(["nats", "users", "--hashes", str(tmp_path)]) == 2
    assert f"{tmp_path}/siem.hash: not a bcrypt hash" in capsys.readouterr().err
    (tmp_path / "siem.hash").unlink()
    assert main(["nats", "users", "--hashes", str(tmp_path)]) == 2
    assert f"{tmp_path}/siem.hash: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--nodes", "a.b,a_b"], "'a.b' and 'a_b' are both 'a_b'"),
        (["--nodes", "a-b,a_b"], "is the variable of both collector-a-b and collector-a_b"),
        (["--sinks", "a b"], "--sinks a b: a name is made of"),
        (["--siem", "Ü"], "--siem Ü: a name is made of"),
        (["--siem", "a" * 64], "at most 63"),
    ],
)
def test_names_that_cannot_be_are_told(flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nats", "users", *flags]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_secret_that_others_may_read_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "admin.password"
    file.write_text("secret\n")
    file.chmod(0o644)
    assert main(["nats", "users", "--passwords", str(tmp_path)]) == 2
    assert f"{file}: other users may read it" in capsys.readouterr().err
    file.chmod(0o600)
    file.write_text("")
    assert main(["nats", "users", "--passwords", str(tmp_path)]) == 2
    assert f"{file}: not a single line of text" in capsys.readouterr().err


def test_passwords_are_not_printed_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["nats", "users", "--passwords", str(tmp_path)]) == 2
    assert "--out" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_seed_that_is_none_and_a_missing_package_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "admin.nk"
    file.write_text("hello\n")
    file.chmod(0o600)
    assert main(["nats", "users", "--nkeys", str(tmp_path)]) == 2
    assert f"{file}: not the seed of an nkey" in capsys.readouterr().err
    real = builtins.__import__

    def absent(name: str, *more: Any, **named: Any) -> Any:
        if name == "nkeys":
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    assert main(["nats", "users", "--nkeys", str(tmp_path)]) == 2
    assert "--nkeys needs the package nkeys" in capsys.readouterr().err

"""Settings name what is wrong, and say what is allowed."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from tocsin.model.errors import SettingsError
from tocsin.runtime import settings


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8080
    host: str = "127.0.0.1"
    idle_wait_s: float = 1.0
    colour: bool = False


def load(environ: dict[str, str], flags: dict[str, str] | None = None) -> Example:
    return settings.load(Example, environ, prefix="TOCSIN_X", flags=flags)


def test_texts_become_the_types_of_the_fields() -> None:
    own = load({"TOCSIN_X_PORT": "99", "TOCSIN_X_IDLE_WAIT_S": "0.5", "TOCSIN_X_COLOUR": "yes", "OTHER": "1"})
    assert own == Example(port=99, idle_wait_s=0.5, colour=True)


def test_a_flag_wins_over_the_environment() -> None:
    assert load({"TOCSIN_X_PORT": "99"}, {"port": "100"}).port == 100


@pytest.mark.parametrize(
    ("environ", "flags", "words"),
    [
        ({"TOCSIN_X_PROT": "1"}, {}, ["TOCSIN_X_PROT", "did you mean 'TOCSIN_X_PORT'?"]),
        ({"TOCSIN_X_PORT": "70000"}, {}, ["TOCSIN_X_PORT", "70000", "<= 65535"]),
        ({"TOCSIN_X_PORT": "many"}, {}, ["TOCSIN_X_PORT", "many"]),
        ({"TOCSIN_X_COLOUR": "perhaps"}, {}, ["TOCSIN_X_COLOUR", "perhaps"]),
        ({}, {"idle_wait_s": "x"}, ["--idle-wait-s"]),
        ({}, {"hots": "x"}, ["--hots", "did you mean '--host'?"]),
    ],
)
def test_what_is_wrong_is_named(environ: dict[str, str], flags: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ, flags)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_variable_of_nobody_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_COLECTOR_PATH"):
        settings.check_environ({"TOCSIN_COLECTOR_PATH": "x"}, ["TOCSIN_COLLECTOR"])


def test_a_secret_is_not_repeated_in_an_error() -> None:
    class Secret(Struct):
        password: Annotated[str, Meta(max_length=3)] = ""

    with pytest.raises(SettingsError) as caught:
        settings.load(Secret, {"TOCSIN_X_PASSWORD": "hunter2"}, prefix="TOCSIN_X")
    assert "hunter2" not in str(caught.value)

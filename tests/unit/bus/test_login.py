"""Settings turned into a way to log in, and wrong ones named."""

from pathlib import Path

import pytest

from tocsin.bus import NatsSettings, login
from tocsin.model.errors import SettingsError


def test_user_and_password_may_stand_in_the_address_escaped() -> None:
    settings = NatsSettings(url="nats://ad%40min:p%2Fw@h:4222, nats://h2:4222")
    assert login.options(settings) == {
        "servers": ["nats://h:4222", "nats://h2:4222"],
        "user": "ad@min",
        "password": "p/w",
    }
    assert login.who(settings) == "ad@min"
    assert login.where(settings) == "nats://h:4222"


def test_a_name_alone_in_the_address_is_a_token() -> None:
    assert login.options(NatsSettings(url="nats://t%20k@h:1"))["token"] == "t k"


def test_settings_win_over_the_address() -> None:
    assert login.options(NatsSettings(url="nats://a:b@h:1", user="c", password="d"))["user"] == "c"


def test_two_ways_to_log_in_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_USER and TOCSIN_NATS_TOKEN"):
        login.options(NatsSettings(user="a", token="b"))


def test_a_certificate_without_its_key_is_named() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_TLS_KEY_FILE"):
        login.options(NatsSettings(tls_cert_file="/x"))


def test_a_file_without_a_seed_is_named(tmp_path: Path) -> None:
    file = tmp_path / "seed"
    file.write_text("hello\n")
    for field in ("nkey_file", "creds_file"):
        with pytest.raises(SettingsError, match=f"TOCSIN_NATS_{field.upper()} .*no seed"):
            login.options(NatsSettings(**{field: str(file)}))


def test_no_address_is_named() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_URL"):
        login.options(NatsSettings(url=" , "))

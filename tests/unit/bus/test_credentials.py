"""Settings turned into a way to log in, and wrong ones named."""

from pathlib import Path

import pytest

from tocsin.bus import NatsSettings, credentials
from tocsin.model.errors import SettingsError


def test_user_and_password_may_stand_in_the_address_escaped() -> None:
    settings = NatsSettings(url="nats://ad%40min:p%2Fw@h:4222, nats://h2:4222")
    assert credentials.options(settings) == {
        "servers": ["nats://h:4222", "nats://h2:4222"],
        "user": "ad@min",
        "password": "p/w",
    }
    assert credentials.who(settings) == "ad@min"
    assert credentials.where(settings) == "nats://h:4222"


def test_a_name_alone_in_the_address_is_a_token() -> None:
    assert credentials.options(NatsSettings(url="nats://t%20k@h:1"))["token"] == "t k"


def test_settings_win_over_the_address() -> None:
    assert credentials.options(NatsSettings(url="nats://a:b@h:1", user="c", password="d"))["user"] == "c"


def test_two_ways_to_log_in_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_USER and TOCSIN_NATS_TOKEN"):
        credentials.options(NatsSettings(user="a", token="b"))


def test_a_certificate_without_its_key_is_named() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_TLS_KEY_FILE"):
        credentials.options(NatsSettings(tls_cert_file="/x"))


def test_a_file_without_a_seed_is_named(tmp_path: Path) -> None:
    file = tmp_path / "seed"
    file.write_text("hello\n")
    for field in ("nkey_file", "creds_file"):
        with pytest.raises(SettingsError, match=f"TOCSIN_NATS_{field.upper()} .*no seed"):
            credentials.options(NatsSettings(**{field: str(file)}))


def test_a_password_file_is_read_for_each_connection_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("one\n")
    password = credentials.options(NatsSettings(user="a", password_file=str(file)))["password"]
    assert password() == "one"
    file.write_text("two\r\n")
    assert password() == "two"
    file.write_text("")
    assert password() == "two"


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "is empty"), (b"\n", "is empty"), (b"a\nb\n", "one line"), (b"\xff", "not a text")]
)
def test_a_password_file_that_cannot_be_one_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"TOCSIN_NATS_PASSWORD_FILE {file}: .*{why}"):
        credentials.options(NatsSettings(user="a", password_file=str(file)))


def test_a_password_file_needs_a_user_and_no_password_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("x")
    with pytest.raises(SettingsError, match="TOCSIN_NATS_PASSWORD and TOCSIN_NATS_PASSWORD_FILE"):
        credentials.options(NatsSettings(user="a", password="b", password_file=str(file)))
    with pytest.raises(SettingsError, match="needs TOCSIN_NATS_USER"):
        credentials.options(NatsSettings(password_file=str(file)))
    with pytest.raises(SettingsError, match="/nowhere: No such file"):
        credentials.options(NatsSettings(user="a", password_file="/nowhere"))


@pytest.mark.parametrize(
    ("user", "inbox"),
    [
        ("", "_INBOX_collector"),
        ("collector", "_INBOX_collector"),
        ("collector-n1", "_INBOX_collector-n1"),
        ("joe", "_INBOX_collector"),
    ],
)
def test_the_inbox_is_that_of_the_service_or_of_a_user_of_its_own(user: str, inbox: str) -> None:
    assert credentials.inbox(NatsSettings(user=user), "collector") == inbox


def test_beside_a_key_the_user_says_whose_inbox_is_ours(tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    seed.write_text("SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU\n")
    settings = NatsSettings(user="collector-n1", nkey_file=str(seed))
    assert "user" not in credentials.options(settings)
    assert credentials.inbox(settings, "collector") == "_INBOX_collector-n1"
    with pytest.raises(SettingsError, match="only one way"):
        credentials.options(NatsSettings(user="a", password="b", nkey_file=str(seed)))


def test_no_address_is_named() -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_URL"):
        credentials.options(NatsSettings(url=" , "))


@pytest.mark.parametrize("url", ["admin:hidden@127.0.0.1:4222", "nats//admin:hidden@host", "http://admin:hidden@host"])
def test_an_address_that_is_none_is_named_without_what_may_be_a_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"TOCSIN_NATS_URL: each address begins with nats://") as refused:
        credentials.options(NatsSettings(url=url))
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (NatsSettings(), False),
        (NatsSettings(url="tls://a"), True),
        (NatsSettings(url="nats://a,tls://b"), True),
        (NatsSettings(url="nats://a", tls_ca_file="ca.crt"), True),
        (NatsSettings(url="wss://a", tls_ca_file="ca.crt"), False),
    ],
)
def test_what_asks_for_tls_is_told_to_no_server_without(settings: NatsSettings, wanted: bool) -> None:
    assert credentials.encrypts(settings) is wanted

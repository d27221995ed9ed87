"""Only requests for our own host names are answered, and only our own page opens the stream or posts a form."""

import pytest

from tocsin.gateway.auth import origin as origins


@pytest.mark.parametrize(
    ("host", "bound", "allowed", "fine"),
    [
        ("127.0.0.1:8080", "127.0.0.1", "", True),
        ("localhost:8080", "127.0.0.1", "", True),
        ("LOCALHOST", "127.0.0.1", "", True),
        ("[::1]:8080", "127.0.0.1", "", True),
        ("evil.example", "127.0.0.1", "", False),
        ("127.0.0.1.evil.example:8080", "127.0.0.1", "", False),
        ("10.0.0.7:8080", "127.0.0.1", "", False),
        ("10.0.0.7:8080", "0.0.0.0", "", True),
        ("evil.example", "0.0.0.0", "", False),
        ("tocsin.example.com", "0.0.0.0", "tocsin.example.com", True),
        ("tocsin.example.com.:443", "0.0.0.0", "tocsin.example.com", True),
        ("", "127.0.0.1", "", False),
        ("localhost@evil.example", "127.0.0.1", "", False),
        ("localhost/evil", "127.0.0.1", "", False),
        ("localhost:port", "127.0.0.1", "", False),
        ("[::1", "127.0.0.1", "", False),
    ],
)
def test_only_our_own_names_are_answered(host: str, bound: str, allowed: str, fine: bool) -> None:
    assert origins.host_allowed(host, bound, {allowed}) is fine


@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        (None, True),
        ("http://localhost:8080", True),
        ("https://LOCALHOST:8080", True),
        ("http://localhost", False),
        ("http://evil.example", False),
        ("null", False),
        ("file://localhost:8080", False),
        ("http://[", False),
    ],
)
def test_only_our_own_page_may_open_the_stream(origin: str | None, fine: bool) -> None:
    assert origins.origin_allowed(origin, "localhost:8080") is fine


@pytest.mark.parametrize(
    ("origin", "site", "fine"),
    [
        ("https://tocsin.example", "same-origin", True),
        ("https://tocsin.example", None, True),
        (None, "same-origin", True),
        ("null", "same-origin", True),
        (None, None, False),
        ("null", None, False),
        ("https://evil.example", None, False),
        ("https://evil.example", "cross-site", False),
        ("https://other.tocsin.example", "same-site", False),
        ("https://tocsin.example", "cross-site", False),
        ("https://evil.example", "same-origin", False),
        ("https://tocsin.example", "none", False),
    ],
)
def test_only_a_page_of_ours_may_post(origin: str | None, site: str | None, fine: bool) -> None:
    assert origins.posted_here(origin, site, "tocsin.example") is fine

"""The log-in page: where it goes on to, what it shows, and which pages may send its form."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.http import login_pages

PAGE = "https://tocsin.example:8443/login"


@pytest.mark.parametrize(
    "path",
    ["/", "/runtime?ns=a,b&q=x%20y", "/alerts/1a", "/a/../b", "/?next=//evil.example", "/a//b"],
)
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert login_pages.local(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil",
        "https://evil.example", "javascript:alert(1)", "evil.example", " /runtime", "/a b", "/a\\b", "/a\r\nSet-Cookie: x",
        "/é", "/" + "x" * 8_192, "/\x00",
    ],
)  # fmt: skip
def test_what_could_lead_elsewhere_is_not_followed(path: str) -> None:
    assert login_pages.local(path) == "/"


@given(st.one_of(st.text(), st.text("/\\.:@?#%\t\n ae", min_size=1)))
def test_no_text_leads_to_another_host(path: str) -> None:
    there = urlsplit(urljoin(PAGE, login_pages.local(path)))
    assert (there.scheme, there.netloc) == ("https", "tocsin.example:8443")


@given(st.from_regex(r"/[a-z?=&%,+#]{0,30}", fullmatch=True))
def test_the_page_that_was_asked_for_is_found_again(path: str) -> None:
    asked = urlsplit(login_pages.address(path))
    assert asked.path == "/login"
    assert parse_qs(asked.query).get("next", ["/"]) == [path]


class _Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def one(self, tag: str, **attrs: str) -> dict[str, str | None]:
        (found,) = (own for name, own in self.tags if name == tag and attrs.items() <= own.items())
        return found


def test_the_form_is_plain_and_labelled() -> None:
    seen = _Seen(login_pages.page("/runtime?q=x"))
    assert seen.one("form") == {"method": "post", "action": "/login"}
    assert seen.one("input", type="hidden") == {"type": "hidden", "name": "next", "value": "/runtime?q=x"}
    field = seen.one("input", type="password")
    assert (field["name"], field["autocomplete"]) == ("token", "current-password")
    assert seen.one("label")["for"] == field["id"]
    assert "aria-invalid" not in field
    names = {tag for tag, _ in seen.tags}
    assert not names & {"script", "style"}
    assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in seen.tags)


def test_an_error_belongs_to_its_field() -> None:
    seen = _Seen(login_pages.page("/", error="Wrong <b>"))
    field = seen.one("input", type="password")
    assert field["aria-invalid"] == "true"
    assert "error" in str(field["aria-describedby"]).split()
    assert seen.one("p", id="error")["role"] == "alert"
    assert "Wrong <b>" in seen.text


@given(st.text("/\"'<>&$ax{}=", max_size=40))
def test_no_address_breaks_out_of_its_place(text: str) -> None:
    for page in (login_pages.page("/" + text), login_pages.again("/" + text)):
        assert len(_Seen(page).tags) == len(
            _Seen(login_pages.page("/") if "<form" in page else login_pages.again("/")).tags
        )
    assert _Seen(login_pages.page("/" + text)).one("input", type="hidden")["value"] == login_pages.local("/" + text)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_too_many_fields(body: bytes) -> None:
    if body.count(b"&") > 7:
        with pytest.raises(ValueError, match="fields"):
            login_pages.fields(body)
    else:
        assert len(login_pages.fields(body)) <= 8

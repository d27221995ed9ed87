"""The login and logout pages: plain forms without a script."""

import html
import re
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, quote

_SIGNIN = Path(__file__).parent / "signin"
_STYLE = _SIGNIN / "style.css"
_PARTS = {"sans.woff2": "inter-*.woff2", "icon.svg": "icon-*.svg"}
"""Files of the built dashboard that the forms use; their names there contain a hash."""
_PAGE, _LEAVE, _AGAIN = ((_SIGNIN / name) for name in ("page.html", "leave.html", "again.html"))
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path of this host. A browser could take a path that begins with two slashes for another host."""
_NEXT_CHARACTERS = 8_192
_FIELDS = 8


def local(path: str) -> str:
    """*path* if it is a path of this host, else ``/``."""
    return path if len(path) <= _NEXT_CHARACTERS and _LOCAL.fullmatch(path) else "/"


def address(next_: str) -> str:
    """The address of the login page that leads to *next_* afterwards."""
    onward = local(next_)
    return "/login" if onward == "/" else f"/login?next={quote(onward, safe='/')}"


def page(next_: str, *, error: str = "") -> str:
    """The login form; *error* says why the last login failed."""
    said = f'<p class="error" id="error" role="alert">{html.escape(error)}</p>' if error else ""
    marks = 'aria-invalid="true" aria-describedby="error hint"' if error else 'aria-describedby="hint"'
    return _filled(_PAGE, next=html.escape(local(next_)), error=said, marks=marks)


def leave() -> str:
    """The logout form."""
    return _filled(_LEAVE)


def again(next_: str) -> str:
    """A page that opens the login page by itself.

    A browser that follows a link from another site does not send the session cookie (SameSite=Strict). It sends it
    when a page of this host, such as this one, leads on.
    """
    return _filled(_AGAIN, address=html.escape(address(next_)))


def part(name: str, assets: Path) -> Path | None:
    """The file of this *name*; ``None`` if the forms do not use it, or it is not built."""
    if name == "style.css":
        return _STYLE
    return min(assets.glob(_PARTS[name]), default=None) if name in _PARTS else None


def fields(body: bytes) -> dict[str, str]:
    """The fields of a posted form; `ValueError` for too many."""
    text = body.decode("ascii", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))


def _filled(path: Path, **values: str) -> str:
    return Template(path.read_text(encoding="utf-8")).substitute(values)

"""The page where people sign in, and that where they sign out: plain forms, without a script."""

import html
import re
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, quote

_SIGNIN = Path(__file__).parent / "signin"
_STYLE = _SIGNIN / "style.css"
_PARTS = {"sans.woff2": "inter-*.woff2", "icon.svg": "icon-*.svg"}
"""Files of the built page that these pages use, too; there each has a mark of its content in its name."""
_PAGE, _LEAVE, _AGAIN = ((_SIGNIN / name) for name in ("page.html", "leave.html", "again.html"))
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path of ours: what a browser could take for another host's name begins otherwise. No backslash, no space."""
_NEXT_CHARACTERS = 8_192
_FIELDS = 8


def local(path: str) -> str:
    """*path*, where it leads to a page of ours and nowhere else; ``/`` instead."""
    return path if len(path) <= _NEXT_CHARACTERS and _LOCAL.fullmatch(path) else "/"


def address(next_: str) -> str:
    """Of the log-in page, from which it goes on to *next_*."""
    onward = local(next_)
    return "/login" if onward == "/" else f"/login?next={quote(onward, safe='/')}"


def page(next_: str, *, error: str = "") -> str:
    """The form; *error* says why the last try failed."""
    said = f'<p class="error" id="error" role="alert">{html.escape(error)}</p>' if error else ""
    marks = 'aria-invalid="true" aria-describedby="error hint"' if error else 'aria-describedby="hint"'
    return _filled(_PAGE, next=html.escape(local(next_)), error=said, marks=marks)


def leave() -> str:
    """The question whether to sign out."""
    return _filled(_LEAVE)


def again(next_: str) -> str:
    """A page that goes to the log-in page by itself.

    Whoever follows a link from elsewhere sends no session, even where there is one: browsers send it from our pages
    alone, and this is one.
    """
    return _filled(_AGAIN, address=html.escape(address(next_)))


def part(name: str, assets: Path) -> Path | None:
    """The file of this *name* that the pages ask for; ``None`` where it is none of theirs, or is not built."""
    if name == "style.css":
        return _STYLE
    return min(assets.glob(_PARTS[name]), default=None) if name in _PARTS else None


def fields(body: bytes) -> dict[str, str]:
    """Of a form that was sent; `ValueError` where there are too many."""
    text = body.decode("ascii", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))


def _filled(path: Path, **values: str) -> str:
    return Template(path.read_text(encoding="utf-8")).substitute(values)

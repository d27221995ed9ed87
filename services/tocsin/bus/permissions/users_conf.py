"""The users of `users` in the configuration of a nats-server, with their credentials."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tocsin.bus.permissions.users import Rights


class Variable(Struct, frozen=True):
    """A password that the server takes from its environment.

    The server parses the value as configuration: it must begin with a letter and consist of letters, digits, ``_`` and
    ``-``. A variable that is set but empty is an empty password.
    """

    name: str


class Nkey(Struct, frozen=True):
    """The public half of a user's nkey (``U…``)."""

    public: str


Login = str | Variable | Nkey
"""The credentials of a user; a text is a password, or the bcrypt hash of one."""


def authorization(logins: Mapping[str, Login], rights: Mapping[str, Rights]) -> str:
    """The block ``authorization { users = [...] }``: all in one account. A user without a login is left out.

    ``ValueError`` if a password cannot be written, or a name is not in the table.
    """
    users = [user(name, login, rights[name], "    ") for name, login in known(logins, rights)]
    return f"authorization {{\n  users = [\n{''.join(users)}  ]\n}}\n"


def quoted(text: str) -> str:
    """*text* as a string of a server's configuration; ``ValueError`` if it cannot be one."""
    if not text.isprintable():
        raise ValueError("a control character cannot stand in the server's configuration")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def known(logins: Mapping[str, Login], rights: Mapping[str, Rights]) -> Iterable[tuple[str, Login]]:
    """The logins in the order of the table; ``ValueError`` if one belongs to no user."""
    unknown = sorted(set(logins) - set(rights))
    if unknown:
        raise ValueError(f"no such user: {', '.join(unknown)}")
    return [(name, logins[name]) for name in rights if name in logins]


def user(name: str, login: Login, rights: Rights, indent: str) -> str:
    """One entry of a list of users; the server takes a password that looks like a bcrypt hash for one."""
    lines = [
        f"publish = {_subjects(rights.publish, rights.publish_deny)}",
        f"subscribe = {_subjects(rights.subscribe, ())}",
        *(["allow_responses = true"] if rights.allow_responses else []),
    ]
    inner = "".join(f"{indent}    {line}\n" for line in lines)
    return f"{indent}{{ {_login(name, login)}\n{indent}  permissions = {{\n{inner}{indent}  }}\n{indent}}}\n"


def _login(name: str, login: Login) -> str:
    if isinstance(login, Nkey):
        return f"nkey = {quoted(login.public)}  # {name}"
    password = f"${login.name}" if isinstance(login, Variable) else quoted(login)
    return f"user = {quoted(name)}, password = {password}"


def _subjects(allow: Sequence[str], deny: Sequence[str]) -> str:
    parts = []
    for word, entries in (("allow", allow), ("deny", deny)):
        if entries:
            parts.append(f"{word} = [{', '.join(map(quoted, entries))}]")
    return "{ " + ", ".join(parts) + " }"

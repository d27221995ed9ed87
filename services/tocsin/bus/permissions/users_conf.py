"""The users of `users` as a nats-server reads them, and what they log in with."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tocsin.bus.permissions.users import Rights


class Variable(Struct, frozen=True):
    """A password that the server takes from its environment.

    The server reads the value as a piece of configuration: it must begin with a letter and hold nothing but letters,
    digits, ``_`` and ``-``. One that is set and empty is an empty password.
    """

    name: str


class Nkey(Struct, frozen=True):
    """The public half of a user's nkey (``U…``)."""

    public: str


Login = str | Variable | Nkey
"""How a user shows who it is; a text is a password, or the bcrypt hash of one."""


def authorization(logins: Mapping[str, Login], rights: Mapping[str, Rights]) -> str:
    """The block ``authorization { users = [...] }``: all in one account. A user without a login is left out.

    ``ValueError`` where a password cannot be written, or a name is not in the table.
    """
    users = [user(name, login, rights[name], "    ") for name, login in known(logins, rights)]
    return f"authorization {{\n  users = [\n{''.join(users)}  ]\n}}\n"


def quoted(text: str) -> str:
    """*text* as a string of a server's configuration; ``ValueError`` where it cannot be one."""
    if not text.isprintable():
        raise ValueError("a control character cannot stand in the server's configuration")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def known(logins: Mapping[str, Login], rights: Mapping[str, Rights]) -> Iterable[tuple[str, Login]]:
    """The logins in the order of the table; ``ValueError`` where one is nobody's."""
    unknown = sorted(set(logins) - set(rights))
    if unknown:
        raise ValueError(f"no such user: {', '.join(unknown)}")
    return [(name, logins[name]) for name in rights if name in logins]


def user(name: str, login: Login, own: Rights, indent: str) -> str:
    """One entry of a list of users; a password that reads as a bcrypt hash is one to the server."""
    lines = [
        f"publish = {_subjects(own.publish, own.publish_deny)}",
        f"subscribe = {_subjects(own.subscribe, ())}",
        *(["allow_responses = true"] if own.allow_responses else []),
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

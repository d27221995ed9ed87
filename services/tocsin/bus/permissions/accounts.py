"""Users in accounts of NATS: each that is not trusted has one of its own, which imports what the user may use.

Who asks JetStream for something chooses where the answer goes, and the server sends it there without asking whether the
user might: in one account a collector can save what it likes under its own key and have it delivered as an alert. An
account of its own has no subjects but those that it imports, and an answer arrives in the account that asked.
"""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.bus.permissions.users import Rights
from tocsin.bus.permissions.users_conf import Login, known, quoted, user

MAIN = "TOCSIN"
"""The account that has the streams."""
_APART = ("collector", "gateway", "siem")
"""Whose credentials lie on nodes, behind a page or with others; ``collector-<node>`` and ``siem-<name>`` too."""
_NOWHERE = "tocsin.nowhere.>"
"""A subject that nobody answers on."""
_PULL = "$JS.API.CONSUMER.MSG.NEXT."
_HIDDEN_API = f'{{ service: {{ account: "{MAIN}", subject: "{_NOWHERE}" }}, to: "$JS.API.>" }}'
"""Instead of what the server gives an account without JetStream: a second answer to each request, that it is off.

It leaves that out where all of the API is imported, so all of it is, from where nobody answers.
"""
_Told = Sequence[tuple[str, str]]


def render(logins: Mapping[str, Login], rights: Mapping[str, Rights]) -> str:
    """The block ``accounts {...}`` of a server's configuration. A user without a login is left out.

    ``ValueError`` where a password cannot be written, or a name is not in the table.
    """
    users = known(logins, rights)
    apart = {name: rights[name] for name, _ in users if name.partition("-")[0] in _APART}
    told = _told(apart)
    inside, others = [], []
    exported: dict[str, None] = {}
    for name, login in users:
        entry = user(name, login, rights[name], "      ")
        if name not in apart:
            inside.append(entry)
            continue
        shared = _shared(name, rights[name], told)
        exported |= dict.fromkeys(_export(*each) for each in shared)
        imports = [_HIDDEN_API, *(_import(MAIN, *each) for each in shared), *_from_others(name, rights[name], told)]
        exports = [_export("stream", subject) for owner, subject in told if owner == name]
        others.append(_block(_account(name), [entry], exports, imports))
    main = _block(MAIN, inside, [_export("service", _NOWHERE), *exported] if apart else [], [])
    return f"accounts {{\n{main}{''.join(others)}}}\n"


def _account(user: str) -> str:
    return user.upper()


def _heard(own: Rights) -> list[str]:
    """What a user hears besides its inbox, which is of its own account."""
    return [subject for subject in own.subscribe if not subject.startswith("_INBOX")]


def _within(subject: str, heard: Iterable[str]) -> bool:
    return any(each.endswith(".>") and subject.startswith(each[:-1]) for each in heard)


def _told(apart: Mapping[str, Rights]) -> _Told:
    """What users with accounts of their own publish for one another, with the name of each.

    The server does not pass on, from the main account to a third, what came into it from another; so these go from
    account to account.
    """
    heard = [subject for own in apart.values() for subject in _heard(own)]
    return [(name, subject) for name, own in apart.items() for subject in own.publish if _within(subject, heard)]


def _shared(name: str, own: Rights, told: _Told) -> list[tuple[str, str]]:
    """What a user's account shares with the main one: kind and subject."""
    others = {subject for owner, subject in told if owner == name}
    asked = [("service", subject) for subject in own.publish if subject not in others]
    return asked + [("stream", subject) for subject in _heard(own)]


def _from_others(name: str, own: Rights, told: _Told) -> list[str]:
    heard = _heard(own)
    return [
        _import(_account(owner), "stream", subject)
        for owner, subject in (told if heard else ())
        if owner != name and _within(subject, heard)
    ]


def _import(account: str, kind: str, subject: str) -> str:
    return f"{{ {kind}: {{ account: {quoted(account)}, subject: {quoted(subject)} }} }}"


def _export(kind: str, subject: str) -> str:
    many = ", response_type: stream" if subject.startswith(_PULL) else ""  # one request, many messages
    return f"{{ {kind}: {quoted(subject)}{many} }}"


def _block(name: str, users: Sequence[str], exports: Iterable[str], imports: Iterable[str]) -> str:
    jetstream = "    jetstream = enabled\n" if name == MAIN else ""
    lists = [_list("users", users), _list("exports", _lines(exports)), _list("imports", _lines(imports))]
    return f"  {quoted(name)} {{\n{jetstream}{''.join(lists)}  }}\n"


def _lines(entries: Iterable[str]) -> list[str]:
    return [f"      {entry}\n" for entry in entries]


def _list(name: str, entries: Sequence[str]) -> str:
    return f"    {name} = [\n{''.join(entries)}    ]\n" if entries else ""

"""Users in accounts of NATS: each user that is not trusted has its own account, which imports what the user may use.

A client chooses the subject to which JetStream sends its answer, and the server does not check whether the user may
publish there. In a single account a collector could save any bytes under its own key and have them delivered as an
alert. A separate account has only the subjects that it imports, and an answer stays in the account of the request.
"""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.bus.permissions.users import Rights
from tocsin.bus.permissions.users_conf import Login, known, quoted, user

MAIN = "TOCSIN"
"""The account that has the streams."""
_APART = ("collector", "gateway", "siem")
"""Users whose credentials are on nodes, in a web server or elsewhere; ``collector-<node>`` and ``siem-<name>``, too."""
_NOWHERE = "tocsin.nowhere.>"
"""A subject without a responder."""
_PULL = "$JS.API.CONSUMER.MSG.NEXT."
_HIDDEN_API = f'{{ service: {{ account: "{MAIN}", subject: "{_NOWHERE}" }}, to: "$JS.API.>" }}'
"""Prevents the server's own answer to each request of an account without JetStream, which says that it is off.

The server does not send it if the whole API is imported; so the whole API is, from a subject without a responder.
"""
_Exchanged = Sequence[tuple[str, str]]


def render(logins: Mapping[str, Login], rights: Mapping[str, Rights]) -> str:
    """The block ``accounts {...}`` of a server's configuration. A user without a login is left out.

    ``ValueError`` if a password cannot be written, or a name is not in the table.
    """
    users = known(logins, rights)
    apart = {name: rights[name] for name, _ in users if name.partition("-")[0] in _APART}
    exchanged = _exchanged(apart)
    inside, others = [], []
    exported: dict[str, None] = {}
    for name, login in users:
        entry = user(name, login, rights[name], "      ")
        if name not in apart:
            inside.append(entry)
            continue
        shared = _shared(name, rights[name], exchanged)
        exported |= dict.fromkeys(_export(*each) for each in shared)
        imports = [
            _HIDDEN_API,
            *(_import(MAIN, *each) for each in shared),
            *_from_others(name, rights[name], exchanged),
        ]
        exports = [_export("stream", subject) for owner, subject in exchanged if owner == name]
        others.append(_block(_account(name), [entry], exports, imports))
    main = _block(MAIN, inside, [_export("service", _NOWHERE), *exported] if apart else [], [])
    return f"accounts {{\n{main}{''.join(others)}}}\n"


def _account(user: str) -> str:
    return user.upper()


def _subscriptions(rights: Rights) -> list[str]:
    """What a user subscribes to besides its inbox, which belongs to its own account."""
    return [subject for subject in rights.subscribe if not subject.startswith("_INBOX")]


def _within(subject: str, subjects: Iterable[str]) -> bool:
    return any(each.endswith(".>") and subject.startswith(each[:-1]) for each in subjects)


def _exchanged(apart: Mapping[str, Rights]) -> _Exchanged:
    """What users with separate accounts publish for one another, each subject with the name of its user.

    The server does not export from the main account what that imported from another one, so these subjects go directly
    from account to account.
    """
    subjects = [subject for rights in apart.values() for subject in _subscriptions(rights)]
    return [
        (name, subject) for name, rights in apart.items() for subject in rights.publish if _within(subject, subjects)
    ]


def _shared(name: str, rights: Rights, exchanged: _Exchanged) -> list[tuple[str, str]]:
    """What a user's account shares with the main one: kind and subject."""
    others = {subject for owner, subject in exchanged if owner == name}
    requests = [("service", subject) for subject in rights.publish if subject not in others]
    return requests + [("stream", subject) for subject in _subscriptions(rights)]


def _from_others(name: str, rights: Rights, exchanged: _Exchanged) -> list[str]:
    subjects = _subscriptions(rights)
    return [
        _import(_account(owner), "stream", subject)
        for owner, subject in (exchanged if subjects else ())
        if owner != name and _within(subject, subjects)
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

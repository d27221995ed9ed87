"""Programs whose options contain secrets, though the same options are harmless elsewhere: ``mysql -p``, ``curl -u``."""

import re
from collections.abc import Iterator

from tocsin.collector.redaction.secret_patterns import Expression, compiled
from tocsin.collector.redaction.value_bounds import Span, ValueReader, harmless

_START = rb"(?:^|[\s;|&()\"'`]|bin/)"
_RAW_START = rb"(?:[\s;|&()\"'`/]|\\[ntr])"
_OPTION = rb"[\s\"']"
_RAW_OPTION = rb"(?:[\s\"']|\\[ntr])"
_USER_PASSWORD = rb"\\*[\"']?[^\s:\"'@]*:"

_QUOTES = (b'"', b"'")
_OTHER_FLAGS = (b"rint", b"rint0", b"rintf", b"ath", b"rune", b"erm", b"rogress")
"""Rests of other flags: ``find /var/lib/mysql -print`` contains no password."""

_TABLE: tuple[tuple[bytes, bytes], ...] = (
    (rb"(?:mysql|mariadb)[a-z-]*", rb"-p()[^\s\"']|-p()\"[^\"]|-p()'[^']"),
    (
        rb"curl",
        rb"(?:-[sSkvifgLlNqRjaIGZ0-9#]*[uU]|--user|--proxy-user)(?:[ =]+)?" + _USER_PASSWORD + rb"()"
        rb"|-[sSkvifgLlNqRjaIGZ0-9#]*b\s*\\*[\"']?[^\s=;\"']+=()",
    ),
    (rb"sshpass", rb"-p\s*()"),
    (rb"redis-cli", rb"-a\s*()|(?i:auth)\s+()"),
    (rb"mongo[a-z]*", rb"-p\s*()"),
    (rb"ldap[a-z]+", rb"-w\s*()|-[as]\s+()"),
    (rb"(?:smb[a-z]+|rpcclient|net)", rb"-U\s*\\*[\"']?[^\s%\"']+%()"),
    (rb"(?:sqlcmd|bcp|isql|osql|ipmitool|zip|unzip)", rb"-P\s*()"),
    (rb"(?:7z[a-z]*|rar|unrar)", rb"-p()\S"),
    (rb"(?:cqlsh|nxc|netexec|crackmapexec|evil-winrm|hydra|useradd|usermod)", rb"-p\s+()"),
    (rb"lftp", rb"-u\s*[^\s,]+,()"),
    (
        rb"(?:docker|podman|nerdctl|buildah|skopeo|helm|crane|oras|az|oc)(?:\s+[^\s;|&]+){0,4}?\s+login",
        rb"-p\s*()",
    ),
    (rb"snmp[a-z]+", rb"-[cAX]\s*()"),
    (rb"openssl", rb"-[kK]\s+()"),
    (rb"xfreerdp|wlfreerdp", rb"/p:()"),
    (rb"htpasswd", rb"-[a-zA-Z]*b[a-zA-Z]*\s+\S+\s+\S+\s+()"),
    (rb"rabbitmqctl", rb"(?:add_user|change_password|authenticate_user)\s+\S+\s+()"),
    (rb"vault", rb"(?:login|unseal)\s+(?:-[\w=-]+\s+)*()[^-\s]"),
)
_WORDS = re.compile(rb"\(\?:\\s\+.*|\\s\+.*")
_NAMES = rb"|".join(rb"(" + name + rb")" for name, _ in _TABLE)
_FIRST = [_WORDS.sub(b"", name) for name, _ in _TABLE]
"""The names of the programs without their commands, which JSON has in another string."""

CLIENT = compiled(rb"(?:" + _START + rb")(?:" + _NAMES + rb")[\"']?(?:[\s\\,]|\z)")
"""One group for each program of the table."""
OPTIONS: tuple[Expression, ...] = tuple(compiled(_OPTION + rb"(?:" + option + rb")") for _, option in _TABLE)
"""For each program, the options with a secret; it begins at the group that matches."""
END = compiled(rb"\s(?:\|\|?|;|&&?)\s|\n", captures=False)
"""The end of a command."""

RAW = _RAW_START + rb"(?:" + rb"|".join(_FIRST) + rb")\\*[\"']?(?:[\s\\,}]|\z)"
"""A program of the table, in JSON."""
_RAW_CLIENT = compiled(
    _RAW_START + rb"(?:" + rb"|".join(rb"(" + name + rb")" for name in _FIRST) + rb")\\*[\"']?(?:[\s\\,}]|\z)"
)
_RAW_OPTIONS = tuple(compiled(_RAW_OPTION + rb"(?:" + option + rb")", captures=False) for _, option in _TABLE)


def program(match: Expression) -> int:
    """The row of the table that *match* belongs to."""
    return next(row for row in range(len(_TABLE)) if match.start(row + 1) >= 0)


def suspects(line: bytes) -> bool:
    """Whether *line*, which is JSON, may contain a program of the table together with its option."""
    at, tried = 0, set[int]()
    while (match := _RAW_CLIENT.search(line, at)) is not None:
        row = program(match)
        if row not in tried and _RAW_OPTIONS[row].search(line) is not None:
            return True
        tried.add(row)
        at = match.end() - 1
    return False


def options(text: bytes, *, cut: bool) -> Iterator[Span]:
    """The secrets in the options of the programs in *text*."""
    reader = ValueReader(text, cut=cut)
    client = CLIENT.search(text)
    while client is not None:
        begin = client.end() - 1 if client.end() < len(text) else len(text)
        after = CLIENT.search(text, begin)
        end = len(text) if after is None else after.start() + 1
        stop = END.search(text, begin, end)
        end = end if stop is None else stop.start()
        for match in OPTIONS[program(client)].finditer(text, begin, end):
            at = next(match.start(group) for group in range(1, match.re.groups + 1) if match.start(group) >= 0)
            first, last = reader.value(at, quote=_open_quote(text[match.start() : at]))
            value = text[first:last]
            if not value.startswith(b"-") and value not in _OTHER_FLAGS and not harmless(b"pass", value):
                yield first, last
        client = after


def _open_quote(text: bytes) -> bytes:
    """The quote that *text* opens and does not close; else empty."""
    return next((quote for quote in _QUOTES if text.count(quote) % 2), b"")

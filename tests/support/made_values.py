"""Values that made-up rules compare with: short texts of few tokens, so that rules and events often meet, in Sigma's writing."""

from collections.abc import Callable
from random import Random

_TOKENS = (
    "sh", "curl", "Bash", "/bin/sh", "/usr/bin/", "/tmp/", "-c", " -e ", "--x", "http://a.b/c", "id", "A", "b", "0",
    "passwd", "%", "_", "[a]", "[", "]", "^", "$(", ")", "'", '"', "|", "&&", " ", ".", ",", ";", "#", "{x}", "~", "=",
    "\\", "\\\\", "c:\\d", "*", "?", "at", "\t",
)  # fmt: skip
_PLAIN = ("sh", "curl", "Bash", "/bin/sh", "/tmp/", "-c", "id", "A", "b", "0", "passwd", "a.b", "x_y", "%", "'")
_EXPRESSIONS = (
    "{0}.*{1}", "^{0}", "{0}$", "^{0}$", "({0}|{1})+", "[a-c]{{1,3}}{0}", "{0}\\s+{1}", "\\d{{2,4}}", "{0}?{1}", "(?:{0}|{1})x*",
    "[^/]+/{0}", "{0}.{1}", "\\b{0}\\b", "^.{{3}}{0}", "{0}|{1}", "(?i){0}", "\\w+={0}", "^$|{0}", "{0}\\.{1}",
)  # fmt: skip
_NETWORKS = (
    "10.0.0.0/24", "10.0.0.0/8", "192.168.4.0/22", "169.254.169.254/32", "0.0.0.0/0", "172.16.0.0/12", "127.0.0.1/32",
    "10.1.2.128/25", "fe80::/10", "::1/128", "2001:db8::/32", "2001:db8:0:1::/64",
)  # fmt: skip
ADDRESSES = (
    "10.0.0.1", "10.0.0.255", "10.0.1.0", "10.1.2.127", "10.1.2.128", "192.168.3.255", "192.168.4.0", "192.168.7.255",
    "192.168.8.0", "169.254.169.254", "169.254.169.253", "172.15.255.255", "172.31.255.255", "172.32.0.0", "127.0.0.1",
    "8.8.8.8", "fe80::1", "febf::1", "fec0::1", "::1", "2001:db8::5", "2001:db8:0:1::5", "2001:db8:0:2::5", "2001:db9::1",
)  # fmt: skip


def text(rng: Random) -> str:
    """As it stands in a rule: with wildcards, escapes and backslashes."""
    parts = [rng.choice(_TOKENS) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    if rng.random() < 0.25:
        parts.insert(
            rng.randrange(len(parts) + 1), rng.choice(("*", "?", "**", "*?", "??", "\\*", "\\?", "\\\\*", "\\\\\\*"))
        )
    return "".join(parts)


def plain(rng: Random) -> str:
    """Without wildcards and backslashes."""
    return "".join(rng.choice(_PLAIN) for _ in range(rng.choice((1, 1, 2, 3))))


def encodable(rng: Random) -> str:
    """Long enough that something of it stays the same at any place within what is encoded."""
    return plain(rng) + rng.choice("abc")


def dashed(rng: Random) -> str:
    """With up to two dashes that mean an option."""
    return rng.choice((" -{}", "-{} /{}", "/{}", " -{} x", "{}-{}", " {}")).format(*(rng.choice("abxyz") for _ in "12"))


def expression(rng: Random) -> str:
    """A regular expression that RE2 and Python take alike."""
    words = (rng.choice(("sh", "id", "curl", "A", "b", "/tmp", "x")) for _ in "12")
    return rng.choice(_EXPRESSIONS).format(*words)


def network(rng: Random) -> str:
    """A network of version 4 or 6."""
    return rng.choice(_NETWORKS)


def number(rng: Random) -> int | float:
    """Near the others, so that one more or less decides."""
    return rng.choice((0, 1, 2, 3, 5, 10, 22, 80, 443, 1000, 1024, 65535, 4294967295, -1, 2.5, 10.0, 99.5))


def whole(rng: Random) -> int:
    """A number as a keyword: as it is written, where pySigma takes 10.0 for 10."""
    return rng.choice((0, 5, 10, 22, 443, 1000))


def some(rng: Random, one: Callable[[Random], object]) -> object:
    """One value, or a list of them."""
    if rng.random() < 0.5:
        return one(rng)
    return [one(rng) for _ in range(rng.choice((1, 2, 2, 3, 5)))]

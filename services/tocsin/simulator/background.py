"""The normal activity of a healthy cluster: probes, requests, jobs, builds and logins."""

# ruff: noqa: S108 - addresses and paths are written into events, not used

from collections.abc import Callable

from tocsin.simulator import hooks
from tocsin.simulator.hostile_texts import HOSTILE_ARGUMENTS, HUGE_ARGUMENT, LONG_ARGUMENTS
from tocsin.simulator.processes import Home, Process
from tocsin.simulator.script import Script

Behaviour = Callable[[Script], None]
"""Appends the events of one activity to a script."""

_PROBES = {
    "web": ("/usr/bin/wget", "-q -O- http://127.0.0.1:8080/healthz"),
    "php": ("/usr/bin/cgi-fcgi", "-bind -connect 127.0.0.1:9000"),
    "node": ("/usr/bin/wget", "--spider -q http://127.0.0.1:3000/ready"),
    "python": ("/usr/local/bin/python3.12", "-c \"import http.client as h;h.HTTPConnection('127.0.0.1',8000)\""),
    "java": ("/usr/bin/curl", "-sf http://127.0.0.1:8080/actuator/health"),
    "postgres": ("/usr/bin/pg_isready", "-U postgres -h 127.0.0.1"),
    "redis": ("/usr/local/bin/redis-cli", "ping"),
}
_FILES = {
    "web": ("/var/log/nginx/access.log", "/etc/nginx/conf.d/default.conf", "/usr/share/nginx/html/index.html"),
    "php": ("/var/www/html/index.php", "/var/www/html/storage/session_41", "/tmp/php_upload"),
    "node": ("/app/server.js", "/app/package.json", "/app/logs/cart.log"),
    "python": ("/app/api/wsgi.py", "/app/static/app.css", "/var/log/api.log"),
    "java": ("/app/ledger.jar", "/app/config/application.yaml", "/var/log/ledger.log"),
    "postgres": ("/var/lib/postgresql/data/base/16384/2619", "/var/lib/postgresql/data/pg_wal/0000000100000042"),
    "redis": ("/data/appendonly.aof", "/data/dump.rdb"),
    "batch": ("/backup/daily.tar.gz", "/etc/backup/config.yaml"),
    "ci": ("/builds/app/src/main.c", "/builds/app/Makefile", "/builds/app/.git/config"),
    "agent": ("/host/proc/meminfo", "/host/proc/net/dev", "/host/proc/stat"),
    "dns": ("/etc/coredns/Corefile", "/etc/resolv.conf"),
    "host": ("/etc/passwd", "/var/lib/kubelet/pods/volumes.json", "/etc/resolv.conf", "/var/log/syslog"),
}
_UPSTREAMS = (
    ("10.96.14.20", 5_432),
    ("10.96.88.3", 6_379),
    ("10.96.0.10", 53),
    ("10.96.31.7", 8_000),
    ("10.96.0.1", 443),
)
_BUILD = (
    ("/usr/bin/git", "fetch --depth 50 origin main"),
    ("/usr/bin/git", "checkout -f FETCH_HEAD"),
    ("/usr/bin/make", "-j4 all"),
    ("/usr/bin/gcc", "-O2 -Wall -c src/main.c -o build/main.o"),
    ("/usr/bin/gcc", "-O2 -Wall -c src/net.c -o build/net.o"),
    ("/usr/bin/ld", "-o build/app build/main.o build/net.o"),
    ("/usr/local/bin/npm", "ci --no-audit"),
    ("/usr/bin/tar", "czf /builds/cache.tar.gz node_modules"),
)
_TASKS = (
    ("/bin/date", "+%Y-%m-%dT%H:%M:%S"), ("/bin/ls", "-l /data"), ("/usr/bin/du", "-sh /data"), ("/bin/df", "-P"),
    ("/usr/bin/wc", "-l"), ("/bin/grep", "-c ERROR /var/log/app.log"), ("/usr/bin/openssl", "x509 -noout -enddate"),
    ("/usr/bin/find", "/tmp -mtime +2 -delete"), ("/bin/cat", "/proc/loadavg"), ("/bin/sleep", "5"),
)  # fmt: skip

_SHELL = "/bin/bash"
_WITH_SHELL = frozenset({"batch", "ci", "agent", "host"})


def probe(s: Script) -> None:
    """The kubelet's exec probe."""
    binary, arguments = _PROBES.get(_role(s), ("/bin/cat", "/tmp/healthy"))
    shell = s.inject("/bin/sh", f'-c "{binary} {arguments}"', probe=True)
    check = s.replace(shell, binary, arguments)
    s.exit(check, status=s.rng.choice((0, 0, 0, 0, 0, 1)))


def request(s: Script) -> None:
    """A server accepts a connection, reads files and calls an upstream."""
    port = s.home.pod.workload.port if s.home.pod else 22
    peer, peer_port = f"10.244.0.{s.rng.randrange(2, 250)}", s.rng.randrange(32_768, 60_999)
    if s.rng.random() < 0.3:
        s.hook(s.home.worker, hooks.accept(s.address, port, peer, peer_port, peer_port))
    _touch(s, s.home.worker, s.rng.randrange(1, 4))
    _call(s, s.home.worker)


def files(s: Script) -> None:
    """A service reads and writes its files."""
    _touch(s, s.home.worker, s.rng.randrange(2, 6))


def task(s: Script) -> None:
    """A script runs some small tools."""
    tools = s.rng.sample(_TASKS, s.rng.randrange(1, 5))
    line = "; ".join(f"{binary.rpartition('/')[2]} {arguments}" for binary, arguments in tools)
    shell = _script(s, line)
    for binary, arguments in tools:
        tool = s.exec(shell, binary, arguments)
        if s.rng.random() < 0.4:
            _touch(s, tool, 1)
        s.exit(tool, status=s.rng.choice((0, 0, 0, 0, 1, 2)))
    s.exit(shell)


def build(s: Script) -> None:
    """A CI job."""
    shell = s.exec(s.home.main, "/bin/bash", "--login /builds/script.sh", cwd="/builds/app")
    for binary, arguments in s.rng.sample(_BUILD, s.rng.randrange(3, 7)):
        step = s.exec(shell, binary, arguments)
        if "git" in binary or "npm" in binary:
            port = s.rng.randrange(32_768, 60_999)
            s.hook(step, hooks.connect(s.address, port, "140.82.121.4", 443, port))
        _touch(s, step, 1)
        s.exit(step)
    s.exit(shell, status=s.rng.choice((0, 0, 0, 2)))


def backup(s: Script) -> None:
    """A nightly job compresses data and uploads it."""
    pack = s.exec(s.home.main, "/bin/tar", "czf /backup/daily.tar.gz /data")
    _touch(s, pack, 3)
    s.exit(pack)
    upload = s.exec(s.home.main, "/usr/local/bin/rclone", "copy /backup/daily.tar.gz store:nightly")
    port = s.rng.randrange(32_768, 60_999)
    s.hook(upload, hooks.connect(s.address, port, "52.219.170.10", 443, port))
    s.hook(upload, hooks.send(s.address, port, "52.219.170.10", 443, port, 65_536))
    s.exit(upload)


def backend(s: Script) -> None:
    """A database serves a connection in a forked child, of which Tetragon only reports the exit."""
    child = s.fork(s.home.worker)
    _touch(s, child, 2)
    s.exit(child)


def container_start(s: Script) -> None:
    """The runtime starts a container: the first events come from the host, not from the pod."""
    identity = f"{s.rng.getrandbits(256):064x}"
    runc = s.exec(s.home.daemons["containerd"], "/usr/bin/runc", f"--root /run/containerd/runc create {identity}")
    init = s.exec(runc, "/usr/bin/runc", "init")
    s.hook(init, hooks.unshare(0x2C02_0000))
    s.hook(init, hooks.mount("overlay", "/run/containerd/rootfs", "overlay"))
    s.hook(init, hooks.commit_creds(0, capable=False))
    s.exit(runc)
    s.exit(init)


def login(s: Script) -> None:
    """An operator logs in, and sshd switches to the user's account."""
    auid = {"auid": 1000}
    session = s.exec(s.home.daemons["sshd"], "/usr/sbin/sshd", "-D -R")
    s.hook(session, hooks.lsm_file_open("/etc/passwd"))
    s.hook(session, hooks.setresuid(1000))
    shell = s.exec(session, "/bin/bash", "", uid=1000, cwd="/home/ops", **auid)
    s.run(shell, "/usr/bin/systemctl", "status kubelet --no-pager")
    s.run(shell, "/usr/bin/journalctl", "-u kubelet -n 50")
    s.exit(shell)
    s.exit(session, status=255)


def cron(s: Script) -> None:
    """The node's cron runs its jobs."""
    job = s.exec(s.home.daemons["cron"], "/bin/sh", '-c "test -x /usr/sbin/anacron || run-parts /etc/cron.hourly"')
    s.hook(job, hooks.setuid(s.rng.choice((33, 0, 1000))))
    s.run(job, "/usr/bin/run-parts", "/etc/cron.hourly")
    s.exit(job)


def node_network(s: Script) -> None:
    """The service proxy writes its rules."""
    for table in ("nat", "filter"):
        s.run(s.home.daemons["kube-proxy"], "/usr/sbin/iptables-restore", f"-w 5 --noflush --counters -T {table}")
    _call(s, s.home.daemons["kubelet"])


def libraries(s: Script) -> None:
    """The dynamic loader's events."""
    tool = s.exec(s.home.main, "/usr/bin/id")
    for path, build_id in (
        ("/usr/bin/id", "DaoaOFXY0ZBTaE4qi9c9ZHk5N24="),
        ("/lib64/ld-linux-x86-64.so.2", "frxl5S8rvqSYtAQPqS9yODd6q6k="),
        ("/lib/x86_64-linux-gnu/libselinux.so.1", "TWaowmjXJP5MC0SxcyVOM+Gk1PY="),
    ):
        s.load(tool, path, build_id)
    s.exit(tool)


def curiosities(s: Script) -> None:
    """Events that few policies report: tracepoints, a uprobe, a crashing program."""
    shell = _script(s, "./report --daily")
    if shell.binary == _SHELL:
        s.hook(shell, hooks.shell_readline())
    s.hook(shell, hooks.syscall(s.rng.choice((1, 9, 12, 59, 257))))
    child = s.fork(shell)
    s.hook(shell, hooks.forked(shell.pid, child.pid))
    s.exit(child, signal=s.rng.choice(("SIGSEGV", "SIGTERM", "SIGKILL", "SIGABRT")))
    s.exit(shell, status=139)


def limits(s: Script) -> None:
    """Tetragon reports that its export limit dropped events."""
    s.rate_limited(s.rng.randrange(1, 500))


def rarities(s: Script) -> None:
    """A probe within a program, and an event of a newer agent, of a kind that readers do not know."""
    tool = s.exec(s.home.main, "/usr/bin/python3", "-m json.tool")
    s.hook(tool, hooks.usdt())
    s.hook(tool, hooks.newer())
    s.exit(tool)


def hostile(s: Script) -> None:
    """A container chooses a command line that attacks the programs that show it."""
    tool = s.exec(s.home.main, "/usr/local/bin/report", s.rng.choice(HOSTILE_ARGUMENTS))
    _touch(s, tool, 1, path=f"/tmp/{s.rng.choice(HOSTILE_ARGUMENTS)}")
    s.exit(tool)


def long_arguments(s: Script) -> None:
    """A very long command line."""
    s.run(s.home.main, "/usr/bin/env", s.rng.choice(LONG_ARGUMENTS))


def huge_argument(s: Script) -> None:
    """An argument so long that it reaches Tetragon apart from its event."""
    s.run(s.home.main, "/usr/bin/env", HUGE_ARGUMENT)


_COMMON: tuple[tuple[Behaviour, int], ...] = ((files, 30), (task, 30), (libraries, 2), (curiosities, 3), (hostile, 2))
_RARE: tuple[tuple[Behaviour, int], ...] = ((long_arguments, 1), (limits, 1), (rarities, 1))
_SERVER: tuple[tuple[Behaviour, int], ...] = ((request, 60), (probe, 35))
_BY_ROLE: dict[str, tuple[tuple[Behaviour, int], ...]] = {
    "postgres": (*_SERVER, (backend, 40)),
    "batch": ((backup, 80),),
    "ci": ((build, 120),),
    "host": ((container_start, 25), (login, 6), (cron, 12), (node_network, 50)),
}


def mix(home: Home) -> dict[Behaviour, int]:
    """The activities of *home*, with their weights."""
    role = home.pod.workload.role if home.pod else "host"
    return dict((*_COMMON, *_RARE, *_BY_ROLE.get(role, _SERVER)))


def _script(s: Script, line: str) -> Process:
    """A shell if the workload has one, else another program: a server that starts shells looks attacked."""
    if _role(s) in _WITH_SHELL:
        return s.exec(s.home.main, _SHELL, f'-c "{line}"')
    return s.exec(s.home.main, "/usr/local/bin/maintain", "--quiet")


def _role(s: Script) -> str:
    return s.home.pod.workload.role if s.home.pod else "host"


def _touch(s: Script, process: Process, times: int, path: str = "") -> None:
    for _ in range(times):
        chosen = path or s.rng.choice(_FILES[_role(s)])
        mask = s.rng.choice((hooks.READ, hooks.READ, hooks.READ, hooks.WRITE))
        hook = hooks.file_open(chosen) if s.rng.random() < 0.25 else hooks.file_permission(chosen, mask)
        s.hook(process, hook)


def _call(s: Script, process: Process) -> None:
    target, target_port = s.rng.choice(_UPSTREAMS)
    port = s.rng.randrange(32_768, 60_999)
    s.hook(process, hooks.connect(s.address, port, target, target_port, port))
    if s.rng.random() < 0.5:
        s.hook(process, hooks.send(s.address, port, target, target_port, port, s.rng.randrange(80, 9_000)))
    s.hook(process, hooks.close(s.address, port, target, target_port, port))

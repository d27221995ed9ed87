"""A real kube-apiserver with its etcd, which a test may kill, stop and start again."""

import http.client
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

from support.kube import kubeconfig
from support.kube.api import Api, open_api
from support.kube.pki import Pki
from support.kube.ports import free_port
from support.kube.tools import tool

_READY_S = 60.0
ISSUER = "https://kubernetes.default.svc"


class ApiServer:
    """One API server and one etcd on 127.0.0.1; ports and objects outlive the API server's process."""

    def __init__(self, folder: Path) -> None:
        """*folder* takes certificates, etcd's files and both logs."""
        self._folder = folder
        self._etcd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.pki = Pki(folder / "pki")
        self.port, self._etcd_port, self._peer_port = (free_port() for _ in range(3))

    @property
    def url(self) -> str:
        """As in ``https://127.0.0.1:20443``."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed its certificate."""
        return self.pki.ca.cert

    @property
    def running(self) -> bool:
        """Whether the process of the API server lives."""
        return self._process is not None and self._process.poll() is None

    def admin(self) -> AbstractAsyncContextManager[Api]:
        """Requests with all rights, in the loop of the caller."""
        return open_api(self.url, self.ca_file, pair=self.pki.admin)

    def kubeconfig(self, path: Path, *, namespace: str = "default") -> Path:
        """Write the administrator's kubeconfig to *path*; returns *path*."""
        return kubeconfig.write(path, self.url, self.ca_file, pair=self.pki.admin, namespace=namespace)

    def start(self) -> None:
        """Start on the same port, with the same objects as before; returns once it is ready."""
        assert not self.running, "it runs already"
        if self._etcd is None or self._etcd.poll() is not None:
            self._etcd = self._spawn("etcd", self._etcd_flags())
        self._process = self._spawn("kube-apiserver", self._flags())
        self._wait()

    def kill(self) -> None:
        """SIGKILL to the API server; etcd goes on. Every stream through it ends."""
        _kill(self._process)
        self._process = None

    def restart(self) -> None:
        """Kill it where it runs, and start it again."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """Kill both: asked to stop, an API server with an open stream takes a minute."""
        self.kill()
        _kill(self._etcd)
        self._etcd = None

    @contextmanager
    def stand_still(self) -> Iterator[None]:
        """Within the block the process is stopped: connections are accepted and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What both have written."""
        names = ("etcd", "kube-apiserver")
        return "\n".join((self._folder / f"{name}.log").read_text("utf-8", errors="replace") for name in names)

    def _etcd_flags(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        return [
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _flags(self) -> list[str]:
        pki = self.pki
        return [
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self._folder / 'pki'}",
            f"--tls-cert-file={pki.apiserver.cert}",
            f"--tls-private-key-file={pki.apiserver.key}",
            f"--client-ca-file={pki.ca.cert}",
            "--authorization-mode=RBAC",
            "--anonymous-auth=false",
            f"--service-account-key-file={pki.accounts_key}",
            f"--service-account-signing-key-file={pki.accounts_key}",
            f"--service-account-issuer={ISSUER}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
            f"--kubelet-client-certificate={pki.kubelet_client.cert}",
            f"--kubelet-client-key={pki.kubelet_client.key}",
            f"--kubelet-certificate-authority={pki.ca.cert}",
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged=true",
            "--profiling=false",
        ]

    def _spawn(self, name: str, flags: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen([str(tool(name)), *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait(self) -> None:
        deadline = time.monotonic() + _READY_S
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.load_cert_chain(self.pki.admin.cert, self.pki.admin.key)
        while time.monotonic() < deadline and self.running:
            if _ready(self.port, context):
                return
            time.sleep(0.05)
        raise RuntimeError(f"kube-apiserver did not become ready: {self.log()[-4000:]}")


def _ready(port: int, context: ssl.SSLContext) -> bool:
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5.0, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.kill()
        process.wait()

"""ServiceAccounts with rights, and the tokens by which something acts as them."""

import secrets
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from support.kube import kubeconfig
from support.kube.api import Api, Object, open_api
from support.kube.apiserver import ISSUER, ApiServer

RBAC = "/apis/rbac.authorization.k8s.io/v1"

POD_LOGS = (
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
)
"""What reading Tetragon's events takes, and no more."""

_SHORTEST_TOKEN_S = 600
# An API server takes a token for so long after its expiry, since clocks differ.
_LEEWAY_S = 60


@dataclass
class Account:
    """A ServiceAccount of one namespace."""

    name: str
    namespace: str
    uid: str
    _server: ApiServer
    _admin: Api
    _granted: list[str] = field(default_factory=list)

    async def grant(self, namespace: str | None, rules: tuple[Object, ...] = POD_LOGS) -> None:
        """Give it *rules* in *namespace*, or in the whole cluster with ``None``."""
        name = f"{self.name}-{secrets.token_hex(4)}"
        prefix = "" if namespace else "Cluster"
        where = f"{RBAC}/namespaces/{namespace}/" if namespace else f"{RBAC}/cluster"
        roles, bindings = (f"{where}{kind}" for kind in ("roles", "rolebindings"))
        await self._admin.create(roles, {"kind": f"{prefix}Role", "metadata": {"name": name}, "rules": list(rules)})
        self._granted.append(f"{roles}/{name}")
        binding = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": f"{prefix}Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}],
        }
        await self._admin.create(bindings, binding)
        self._granted.append(f"{bindings}/{name}")

    async def revoke(self) -> None:
        """Take all rights away again; its tokens stay good, its open streams open."""
        while self._granted:
            await self._admin.remove(self._granted.pop())

    async def delete(self) -> None:
        """Remove account and rights; within 10 s its tokens are refused with 401."""
        await self.revoke()
        await self._admin.remove(f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{self.name}")

    async def token(self, expires_s: float = 3600) -> str:
        """A token that is refused after *expires_s*, or is refused already with a negative one.

        One that was used is taken for up to 10 s longer: the API server remembers its answer.
        """
        if expires_s < _SHORTEST_TOKEN_S:
            return self._signed(expires_s)
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{self.name}/token"
        answer = await self._admin.create(path, {"spec": {"expirationSeconds": int(expires_s)}})
        return str(answer["status"]["token"])

    def api(self, token: str) -> AbstractAsyncContextManager[Api]:
        """Requests as this account."""
        return open_api(self._server.url, self._server.ca_file, token=token)

    def kubeconfig(self, path: Path, token: str) -> Path:
        """Write a kubeconfig to *path*; returns *path*."""
        return kubeconfig.write(path, self._server.url, self._server.ca_file, token=token, namespace=self.namespace)

    def mount(self, folder: Path, token: str) -> dict[str, str]:
        """Write ``token``, ``ca.crt`` and ``namespace`` as a pod finds them; returns the variables a pod has.

        Written again, each file is exchanged in one step.
        """
        folder.mkdir(parents=True, exist_ok=True)
        files = {"token": token, "ca.crt": self._server.ca_file.read_text("ascii"), "namespace": self.namespace}
        for name, text in files.items():
            part = folder / f".{name}"
            part.write_text(text, encoding="ascii")
            part.replace(folder / name)
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self._server.port)}

    def _signed(self, expires_s: float) -> str:
        now = int(time.time())
        end = now + int(expires_s) - _LEEWAY_S
        return self._server.pki.token(
            {
                "iss": ISSUER,
                "aud": [ISSUER],
                "sub": f"system:serviceaccount:{self.namespace}:{self.name}",
                "iat": min(now, end),
                "nbf": min(now, end),
                "exp": end,
                "kubernetes.io": {
                    "namespace": self.namespace,
                    "serviceaccount": {"name": self.name, "uid": self.uid},
                },
            }
        )

"""The file by which a client finds the API server and says who it is."""

from pathlib import Path

import yaml

from support.kube.pki import Pair


def write(
    path: Path, url: str, ca: Path, *, token: str = "", pair: Pair | None = None, namespace: str = "default"
) -> Path:
    """Write *path* for a *token* or a client certificate, one of the two; returns *path*."""
    user = {"token": token}
    if pair is not None:
        user = {"client-certificate": str(pair.cert), "client-key": str(pair.key)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": {"server": url, "certificate-authority": str(ca)}}],
        "users": [{"name": "tests", "user": user}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests", "namespace": namespace}}],
        "current-context": "tests",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    path.chmod(0o600)
    return path

"""A throwaway certificate authority: the certificates of one API server, its kubelets and its administrator."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_DAYS = "30"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM files."""

    cert: Path
    key: Path


class Pki:
    """Everything below *folder*; made when this object is made, in about 0.2 s."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.ca = self._authority()
        self.apiserver = self._issue("apiserver", "/CN=kube-apiserver", "serverAuth")
        self.kubelet = self._issue("kubelet", "/O=system:nodes/CN=system:node:tests", "serverAuth")
        self.kubelet_client = self._issue("kubelet-client", "/CN=kubelet-client", "clientAuth")
        self.admin = self._issue("admin", "/O=system:masters/CN=admin", "clientAuth")
        self.accounts_key = folder / "service-accounts.key"
        _openssl("genrsa", "-out", self.accounts_key, "2048")

    def token(self, claims: Mapping[str, object]) -> str:
        """A JWT that the API server takes for its own, with any *claims*, an expiry in the past among them."""
        head = {"alg": "RS256", "typ": "JWT"}
        signed = b".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
        signature = _openssl("dgst", "-sha256", "-sign", self.accounts_key, stdin=signed)
        return (signed + b"." + _base64(signature)).decode()

    def _authority(self) -> Pair:
        pair = Pair(self._folder / "ca.crt", self._folder / "ca.key")
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pair.key)
        _openssl("req", "-x509", "-new", "-key", pair.key, "-subj", "/CN=tests", "-days", _DAYS, "-out", pair.cert)
        return pair

    def _issue(self, name: str, subject: str, usage: str) -> Pair:
        pair = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(
            f"subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage={usage}\nkeyUsage=critical,digitalSignature\n",
            encoding="ascii",
        )
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pair.key)
        request = _openssl("req", "-new", "-key", pair.key, "-subj", subject)
        authority: list[str | Path] = ["-CA", self.ca.cert, "-CAkey", self.ca.key, "-CAcreateserial"]
        _openssl("x509", "-req", *authority, "-days", _DAYS, "-extfile", extensions, "-out", pair.cert, stdin=request)
        return pair


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    if shutil.which("openssl") is None:
        raise RuntimeError("openssl is missing: install it, it makes the certificates of the tests")
    answer = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {answer.stderr.decode(errors='replace')}")
    return answer.stdout

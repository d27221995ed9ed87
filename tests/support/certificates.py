"""Throwaway certificates, made by openssl."""

import shutil
import subprocess
from pathlib import Path

import pytest

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder: Path, name: str = "tests") -> None:
        """Skips the test where openssl is missing."""
        if shutil.which("openssl") is None:
            pytest.skip("openssl is missing: no certificate can be made")
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate, self._key = folder / "ca.crt", folder / "ca.key"
        self._folder = folder
        _openssl("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}",
                 "-keyout", self._key, "-out", self.certificate)  # fmt: skip

    def issue(self, certificate: Path, key: Path, *, name: str = "localhost", address: str = "IP:127.0.0.1") -> None:
        """A certificate for *address*, with its key."""
        request = self._folder / "request.csr"
        extension = self._folder / "extension"
        extension.write_text(f"subjectAltName={address}\n")
        _openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                 "-days", "2", "-extfile", extension, "-out", certificate)  # fmt: skip


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

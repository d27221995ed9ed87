"""The real CustomResourceDefinitions of Tetragon and of the Prometheus operator, from the modules of their authors."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Module:
    """A Go module that holds definitions: nothing of it is built, its content is proven by its sum."""

    name: str
    sum: str
    files: tuple[str, ...]


_TETRAGON = Module(
    "github.com/cilium/tetragon@v1.7.0",
    "h1:OrIjiUEUZKwipxSXbhztwVc5PeUxt7SEtLZpPx6jg8U=",
    (
        "install/kubernetes/tetragon/crds-yaml/cilium.io_tracingpolicies.yaml",
        "install/kubernetes/tetragon/crds-yaml/cilium.io_tracingpoliciesnamespaced.yaml",
    ),
)
_PROMETHEUS = Module(
    "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    (
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
)
Object = dict[str, Any]
_DOWNLOAD_S = 110


def definitions() -> list[Object]:
    """All of them, as objects for an API server; ``OSError`` says why they cannot be had."""
    return [yaml.load(text, _Loader) for module in (_TETRAGON, _PROMETHEUS) for text in _texts(module)]


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _texts(module: Module) -> list[str]:
    folder = _folder(module)
    return [(folder / name).read_text(encoding="utf-8") for name in module.files]


@functools.cache
def _folder(module: Module) -> Path:
    """Where the module lies, fetched once into Go's own cache."""
    go = shutil.which("go")
    if go is None:
        raise OSError("there is no `go` on the PATH, which fetches the definitions of Tetragon and Prometheus")
    with tempfile.TemporaryDirectory() as nowhere:
        answer = subprocess.run(
            [go, "mod", "download", "-json", module.name],
            capture_output=True,
            text=True,
            check=False,
            timeout=_DOWNLOAD_S,
            cwd=nowhere,
            env={**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off"},
        )
    try:
        told = json.loads(answer.stdout)
    except ValueError as error:
        raise OSError(f"{module.name}: {answer.stderr.strip() or 'go said nothing'}") from error
    if told.get("Error") or told.get("Sum") != module.sum:
        raise OSError(f"{module.name}: {told.get('Error') or 'its content is not what it was'}")
    return Path(told["Dir"])

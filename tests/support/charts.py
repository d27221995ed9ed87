"""The chart as helm renders it: with one of the tests' sets of values, or with a few values of the test's own."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from support.kube import tool

CHART = Path(__file__).resolve().parents[2] / "deploy" / "helm" / "tocsin"
HERE = CHART.parents[2] / "tests" / "integration" / "deploy" / "chart"
SETS = ("default", "file", "external", "everything", "minimal")
RELEASE, NAMESPACE = "tocsin", "security"

Object = dict[str, Any]

_TIMEOUT_S = 60
_SECRET = re.compile(r'"d[A-Za-z0-9+/]{53}=="')
_CHECKSUM = re.compile(r"\b[0-9a-f]{64}\b")


class ChartRefused(Exception):
    """helm ended with an error; its text is what a person sees."""


def helm(*arguments: str, environ: Mapping[str, str] | None = None) -> str:
    """What helm prints; `ChartRefused` with what it complains of."""
    command = [str(tool("helm")), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, env=environ)
    if answer.returncode:
        raise ChartRefused(answer.stderr + answer.stdout)
    return answer.stdout


def values_of(name: str) -> Path:
    """The file of one set of values."""
    return HERE / "values" / f"{name}.yaml"


def render(name: str = "default", *more: str, namespace: str = NAMESPACE, release: str = RELEASE) -> str:
    """All manifests with the values of the set *name*; *more* are arguments of helm (``--set``, ``a.b=1``)."""
    return helm("template", release, str(CHART), "--namespace", namespace, "--values", str(values_of(name)), *more)


def objects(text: str) -> list[Object]:
    """The objects of a rendering, in its order."""
    return [found for found in yaml.safe_load_all(text) if found]


def pods(found: Sequence[Object]) -> Iterator[tuple[str, Object]]:
    """``Kind/name`` and the pod of every workload among the objects, as an object of kind Pod."""
    for one in found:
        if template := one.get("spec", {}).get("template"):
            metadata = {**template["metadata"], "name": f"{one['metadata']['name']}-pod"}
            yield f"{one['kind']}/{one['metadata']['name']}", _pod(metadata, template["spec"])


def only(found: Sequence[Object], kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    (one,) = (one for one in found if one["kind"] == kind and one["metadata"]["name"] == name)
    return one


def variables(pod: Object) -> dict[str, str]:
    """The environment of its first container; what Kubernetes fills in is a plausible value."""
    container = pod["spec"]["containers"][0]
    return {entry["name"]: entry.get("value", "made-up-1") for entry in container.get("env", ())}


def settled(text: str) -> str:
    """A rendering without what differs each time, and with the chart's copied files named instead of repeated."""
    text = _CHECKSUM.sub("<sha256>", _SECRET.sub("<made once>", text))
    for path in sorted((CHART / "files").rglob("*")):
        if path.is_file():
            text = _named(text, path)
    return text


def _named(text: str, path: Path) -> str:
    """*text* with the content of *path*, however deep it is indented, replaced by its name."""
    content = path.read_text(encoding="utf-8").strip()
    for indent in ("", "  ", "    "):
        lines = (f"{indent}{line}" if line else "" for line in content.splitlines())
        whole = "\n".join(lines)
        text = text.replace(f"\n{whole}\n", f"\n{indent}<{path.relative_to(CHART)}>\n")
        blank = "\n".join(line or indent for line in whole.splitlines())
        text = text.replace(f"\n{blank}\n", f"\n{indent}<{path.relative_to(CHART)}>\n")
    return text


def _pod(metadata: Object, spec: Object) -> Object:
    claims = [v for v in spec["containers"][0].get("volumeMounts", ()) if v["name"] == "data"]
    volumes = list(spec.get("volumes", ()))
    if claims and not any(volume["name"] == "data" for volume in volumes):  # of a StatefulSet's claim template
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": "data"}})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "volumes": volumes}}

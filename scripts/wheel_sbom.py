"""Write what the wheel brings as CycloneDX JSON: the locked Python packages and what is bundled into the page.

Usage: wheel_sbom.py GOAL, run by the Python of an environment that has the packages of requirements/run.txt.
"""

import base64
import importlib.util
import json
import re
import sys
import uuid
from importlib.metadata import Distribution, distribution
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUILDS_ONLY = {"vite"}
"""Packages among the page's dependencies that build it; none of their code is in it."""


def image_sbom() -> ModuleType:
    """The program that lists the packages of the image."""
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "deploy" / "docker" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked() -> list[Distribution]:
    """The packages of the lock file as they are installed; exits if a version differs."""
    pins = re.findall(r"^([\w.-]+)==([^\s\\]+)", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE)
    installed = [distribution(name) for name, _ in pins]
    wrong = [name for (name, version), found in zip(pins, installed, strict=True) if found.version != version]
    if wrong:
        sys.exit(f"wheel_sbom: installed in another version than requirements/run.txt says: {', '.join(wrong)}")
    return installed


def bundled(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """The npm packages whose code or fonts are in the page, from package-lock.json."""
    packages = lock["packages"]
    waiting, names = sorted(set(packages[""]["dependencies"]) - BUILDS_ONLY), set()
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += packages[f"node_modules/{name}"].get("dependencies", {})
    return [npm_component(name, packages[f"node_modules/{name}"]) for name in sorted(names)]


def npm_component(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """One npm package."""
    purl = f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
    algorithm, _, digest = entry["integrity"].partition("-")
    return {
        "type": "library", "name": name, "version": entry["version"], "purl": purl, "bom-ref": purl,
        "licenses": [{"expression": entry["license"]}],
        "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
    }  # fmt: skip


def main() -> None:
    """Write the document."""
    sbom = image_sbom()
    own = distribution("tocsin")
    bill = sbom.bill([own, *locked()], [], own.version)
    page = bundled(json.loads((ROOT / "ui" / "package-lock.json").read_text()))
    # the wheel runs on any Python, so the one that writes this is no part of it
    bill["components"] = [each for each in bill["components"] if each["type"] != "platform"] + page
    bill["dependencies"][0]["dependsOn"] += [each["purl"] for each in page]
    content = json.dumps([bill["metadata"], bill["components"]], sort_keys=True)
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(sbom.NAMESPACE, content)}"
    Path(sys.argv[1]).write_text(json.dumps(bill, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""The bill of materials of the image as CycloneDX JSON: our package, every Python distribution, the base's packages.

Usage: sbom.py TREE VERSION, run by the interpreter of the image's own environment.
"""

import json
import re
import sys
import uuid
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

PLACE = "usr/share/sbom/tocsin.cdx.json"
NAMESPACE = uuid.UUID("0d3a1f6e-0b1c-5b8e-9a55-7d1d2c6f5a11")


def name_of(distribution: Distribution) -> str:
    """The name as package indexes write it."""
    return re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()


def licences(distribution: Distribution) -> list[dict[str, Any]]:
    """Its licence: an SPDX expression, else the names."""
    metadata = distribution.metadata
    if expression := metadata.get("License-Expression"):
        return [{"expression": expression}]
    named = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    text = metadata.get("License") or ""
    named = named or ([text] if text and len(text) < 100 and "\n" not in text else [])
    return [{"license": {"name": name}} for name in named]


def from_python(distribution: Distribution) -> dict[str, Any]:
    """One distribution of the environment."""
    name, version = name_of(distribution), distribution.version
    purl = f"pkg:pypi/{name}@{quote(version)}"
    found = {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}
    return {**found, "licenses": licences(distribution)} if licences(distribution) else found


def from_debian(entry: str) -> dict[str, Any]:
    """One package of the base."""
    fields = dict(re.findall(r"^(Package|Version|Architecture): (.*)$", entry, re.MULTILINE))
    name, version = fields["Package"], fields["Version"]
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={fields['Architecture']}"
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def bill(python: list[Distribution], debian: list[str], version: str) -> dict[str, Any]:
    """The whole document; the same content has the same serial number."""
    by_name = {name_of(d): from_python(d) for d in python}
    own = by_name.pop("tocsin")
    number = sys.version.split()[0]
    interpreter = f"pkg:generic/python@{number}"
    components = [by_name[name] for name in sorted(by_name)]
    components.append({"type": "platform", "name": "python", "version": number, "purl": interpreter,
                       "bom-ref": interpreter, "licenses": [{"license": {"id": "PSF-2.0"}}]})  # fmt: skip
    components += [from_debian(entry) for entry in sorted(debian)]
    needs = {name_of(d): {requirement_name(r) for r in d.requires or []} for d in python}
    refs = {"tocsin": own["bom-ref"], **{name: c["bom-ref"] for name, c in by_name.items()}}
    edges = [{"ref": ref, "dependsOn": sorted(refs[n] for n in needs[name] if n in refs)} for name, ref in refs.items()]
    content = json.dumps([own, components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}",
        "version": 1,
        "metadata": {"component": {**own, "type": "application", "version": version}},
        "components": components,
        "dependencies": edges,
    }


def requirement_name(requirement: str) -> str:
    """The name in ``aiohttp>=3.12; extra == "x"``."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s;\[<>=!~(]", requirement, maxsplit=1)[0]).lower()


def main() -> None:
    """Write the document into the tree."""
    tree, version = Path(sys.argv[1]), sys.argv[2]
    status = (tree / "var/lib/dpkg/status").read_text().split("\n\n")
    found = bill(list(distributions()), [entry for entry in status if entry.strip()], version)
    goal = tree / PLACE
    goal.parent.mkdir(parents=True)
    goal.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

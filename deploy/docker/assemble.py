"""Copy into one tree the files that the services need: the interpreter, its libraries, certificates, our packages.

Whatever is not named here or linked by something that is stays behind, whichever base image this root is.
"""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HOME = "/opt/tocsin"
USER = 10001
LEFT_OUT = frozenset({"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data",
                      "site-packages", "dist-packages", "__pycache__"})  # fmt: skip
"""Folders of the standard library that no service imports."""
DATA = ("/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/etc/nsswitch.conf", "/etc/os-release",
        "/usr/lib/os-release", "/etc/services", "/etc/protocols", "/etc/debian_version")  # fmt: skip
NAME_SERVICES = ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
"""Loaded by name, so nothing links them."""
WRITABLE = ("run/tocsin", "var/lib/tocsin", *(f"var/lib/tocsin/{name}" for name in ("export", "nats")),
            *(f"run/tocsin/{name}" for name in
              ("nats", "admin", "collector", "classifier", "correlator", "gateway", "people")))  # fmt: skip
"""Where compose mounts volumes: a new volume takes its owner from the folder in the image."""


def take(tree: Path, path: Path, leave: frozenset[str] = frozenset({"__pycache__"})) -> None:
    """Copy a file, a link with its target, or a folder without the names in *leave*; never twice."""
    folder = Path(os.path.realpath(path.parent))  # /lib is a link to /usr/lib
    goal = tree / (folder / path.name).relative_to("/")
    if path.is_symlink():
        target = folder / path.readlink()
        if not goal.is_symlink() and target.exists():
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.symlink_to(path.readlink())
            take(tree, target, leave)
    elif path.is_dir():
        goal.mkdir(parents=True, exist_ok=True)
        for child in path.iterdir():
            if child.name not in leave and not child.name.startswith("config-3"):
                take(tree, child, leave)
    elif path.is_file() and not goal.exists():
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, goal)


def linked(tree: Path) -> set[Path]:
    """The shared libraries of this root that files in *tree* link, as the loader finds them."""
    files = [p for p in tree.rglob("*") if p.is_file() and not p.is_symlink()]
    binaries = [str(p) for p in files if p.open("rb").read(4) == b"\x7fELF"]
    answer = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout  # noqa: S603, S607
    lost = sorted(set(re.findall(r"^\s*(\S+) => not found", answer, re.MULTILINE)))
    if lost:
        sys.exit(f"assemble: no such library in the base image: {', '.join(lost)}")
    return {Path(found) for found in re.findall(r"(/\S+) \(0x", answer) if not found.startswith(str(tree))}


def packages(tree: Path) -> None:
    """Write the list of the distribution's packages for scanners: those that own a file of the tree."""
    owners = set()
    for listed in Path("/var/lib/dpkg/info").glob("*.list"):
        for line in listed.read_text().splitlines():
            real = Path(os.path.realpath(Path(line).parent)) / Path(line).name
            there = tree / real.relative_to("/")
            if not Path(line).is_dir() and (there.is_symlink() or there.is_file()):
                owners.add(listed.stem.partition(":")[0])
                break
    status = Path("/var/lib/dpkg/status").read_text().split("\n\n")
    kept = [entry for entry in status if entry.strip() and entry.split("\n", 1)[0].removeprefix("Package: ") in owners]
    goal = tree / "var/lib/dpkg/status"
    goal.parent.mkdir(parents=True)
    goal.write_text("\n\n".join(kept) + "\n")
    for name in owners:
        take(tree, Path("/usr/share/doc") / name / "copyright")


def skeleton(tree: Path) -> None:
    """Folders and files that no package contains: links, our user, and its writable folders."""
    for link in map(Path, ("/bin", "/lib", "/lib64", "/sbin")):
        if link.is_symlink():
            (tree / link.readlink()).mkdir(parents=True, exist_ok=True)
            (tree / link.name).symlink_to(link.readlink())
    (tree / "etc").mkdir(parents=True)
    (tree / "etc/passwd").write_text(f"tocsin:x:{USER}:{USER}::/nonexistent:/nonexistent\n")
    (tree / "etc/group").write_text(f"tocsin:x:{USER}:\n")
    (tree / "tmp").mkdir()
    (tree / "tmp").chmod(0o1777)
    for name in WRITABLE:
        (tree / name).mkdir(parents=True)
        os.chown(tree / name, USER, USER)


def libraries(tree: Path) -> None:
    """Linked libraries, the libraries that those link, and libraries loaded by name."""
    found = linked(tree)
    while missing := [path for path in found if not (tree / os.path.realpath(path)[1:]).exists()]:
        for path in missing:
            take(tree, path)
        found = linked(tree)
    for folder in {path.parent for path in found}:
        for name in NAME_SERVICES:
            take(tree, folder / name)


def main() -> None:
    """Fill the tree."""
    tree = Path(sys.argv[1])
    skeleton(tree)
    for path in (HOME, sys.executable, *DATA):
        take(tree, Path(path))
    for kind in ("stdlib", "platstdlib"):
        take(tree, Path(sysconfig.get_path(kind)), LEFT_OUT)
    for script in (tree / HOME[1:] / "bin").iterdir():
        if not script.name.startswith(("python", "tocsin")):
            script.unlink()
    libraries(tree)
    packages(tree)
    # the root is read-only, so whatever is not compiled now would be compiled at every start
    compileall.compile_dir(
        tree, quiet=2, workers=0, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, stripdir=tree
    )


if __name__ == "__main__":
    main()

"""Generate the passwords and the token of docker-compose.yml once, each in the volume of the service that needs it.

Usage: credentials.py          make what is missing, and the configuration of nats-server from it
       credentials.py show X   print one: `token` for the page, or the password of a user such as `viewer`

It runs before everything else. A password is never changed; who loses its volume gets a new one, and the server with it
at its next start.
"""

import secrets
import sys
from pathlib import Path

from tocsin.bus.permissions import accounts, server_conf, users
from tocsin.cli.nats_logins import password
from tocsin.embedded.state import write_private

ROOT = Path("/run/tocsin")
FOLDERS = {
    "admin": "admin",
    "collector": "collector",
    "classifier": "classifier",
    "correlator": "correlator",
    "gateway": "gateway",
    "viewer": "people",
    "siem": "people",
}
"""Which volume holds a user's password; users whose services are not part of the stack have none."""
GROUP_READS = 0o640
"""A collector that must be root to read its export file is still in our group, and has no capability to read more."""
TOKEN = Path("gateway/token")


def place(name: str) -> Path:
    """The file of one secret; ``KeyError`` if there is none."""
    return ROOT / TOKEN if name == "token" else ROOT / FOLDERS[name] / f"{name}.password"


def kept(path: Path, new: str) -> str:
    """The content of *path*; *new* is written there first if it is missing or empty."""
    text = path.read_text().strip() if path.exists() else ""
    if not text:
        write_private(path, f"{new}\n")
    return text or new


def main(arguments: list[str]) -> int:
    """0 done, 2 wrong usage."""
    match arguments:
        case []:
            passwords = {name: kept(place(name), password()) for name in FOLDERS}
            place("collector").chmod(GROUP_READS)
            kept(ROOT / TOKEN, secrets.token_urlsafe(32))
            write_private(ROOT / "nats" / "users.conf", accounts.render(passwords, users.table()))
            write_private(ROOT / "nats" / "nats-server.conf", server_conf.deployed())
            sys.stdout.write(f"credentials for {', '.join(FOLDERS)} and the page's token are there\n")
        case ["show", name] if name in FOLDERS or name == "token":
            sys.stdout.write(f"{place(name).read_text().strip()}\n")
        case _:
            sys.stderr.write(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

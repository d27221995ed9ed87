"""The page in a real browser under load, and fifty clients beside one that hardly reads.

The simulator, the server, all services, the gateway and the browser share this machine, which the table says. Sizes are
held to their budgets by a test; times are only told. Usage: `make ui-bench`, or for less of it
`PYTHONPATH=tests python -m bench.ui --seconds 5 --heap-seconds 10 --rates 10 1000`.
"""

import argparse
import gzip
import os
import platform
import tempfile
from pathlib import Path

import uvloop
from playwright.async_api import async_playwright

from bench import ui_clients, ui_page
from support.browser import ROOT, chromium

_RATES = (10, 1_000, 2_000, 10_000)
_ASSETS = ROOT / "services" / "tocsin" / "gateway" / "static" / "assets"
_BUDGETS = (("*.js", "JS, gzip", 60, True), ("*.css", "CSS, gzip", 10, True), ("*.woff2", "fonts", 100, False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.ui", description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=list(_RATES), help="alerts a second before the page")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each rate is measured")
    parser.add_argument("--heap-seconds", type=float, default=120.0, help="and the highest one, for heap and search")
    parser.add_argument("--clients", type=int, default=50, help="WebSocket clients; 0 leaves that part out")
    parser.add_argument("--clients-rate", type=int, default=2_000, help="alerts a second before them")
    return parser.parse_args()


def sizes() -> list[str]:
    """A line of the table for each kind of file."""
    lines = []
    for pattern, name, budget, packed in _BUDGETS:
        files = [path.read_bytes() for path in _ASSETS.glob(pattern)]
        size = sum(len(gzip.compress(content) if packed else content) for content in files) / 1024
        lines.append(f"| {name} | {len(files)} | {size:.1f} KB | {budget} KB |")
    return lines


def _table(heads: list[str], lines: list[str]) -> None:
    print("| " + " | ".join(heads) + " |\n|" + "--:|" * len(heads), flush=True)
    for line in lines:
        print(line, flush=True)


async def main(chosen: argparse.Namespace) -> None:
    """Print all tables."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, everything on this machine")
    async with async_playwright() as playwright, chromium(playwright) as browser:
        print(f"Chromium {browser.version} without GPU, 1440 x 900; load {load:.1f} before the start\n")
        _table(["what", "files", "size", "budget"], sizes())
        top = max(chosen.rates)
        print(f"\nEach rate for {chosen.seconds:g} s, {top:,}/s for {chosen.heap_seconds:g} s\n")
        _table(ui_page.HEADS, [])
        searches = ""
        for rate in chosen.rates:
            seconds = chosen.heap_seconds if rate == top else chosen.seconds
            with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
                found = await ui_page.measure(browser, Path(folder), rate, seconds)
                print(found.line, flush=True)
                searches = found.searches
        print(f"\n{searches}")
    if chosen.clients:
        print(f"\n{chosen.clients} clients at {chosen.clients_rate:,}/s for {chosen.seconds:g} s\n")
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            lines = await ui_clients.measure(Path(folder), chosen.clients_rate, chosen.clients, chosen.seconds)
        _table(ui_clients.HEADS, lines)


if __name__ == "__main__":
    uvloop.run(main(_arguments()))

"""``tocsin ledger``: prints the ledger as a table or JSON."""

import argparse
import sys

from tocsin.bus import NatsSettings, open_bus
from tocsin.runtime import ledger


async def main(nats: NatsSettings, args: argparse.Namespace) -> int:
    """Print the ledger; 0 if it is balanced, else 1."""
    async with open_bus(nats, "admin", wait_s=10.0) as bus:
        balance = await ledger.take(bus)
    text = ledger.encode(balance).decode() if args.json else ledger.render(balance)
    sys.stdout.write(f"{text}\n")
    return 0 if balance.balanced else 1

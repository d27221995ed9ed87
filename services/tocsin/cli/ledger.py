"""``tocsin ledger``: the equations as a table; 1 where they do not hold."""

import argparse
import sys

from tocsin.bus import NatsSettings, open_bus
from tocsin.runtime import ledger


async def main(nats: NatsSettings, chosen: argparse.Namespace) -> int:
    """Print the ledger; 0 where it balances, else 1."""
    async with open_bus(nats, "admin", wait_s=10.0) as bus:
        taken = await ledger.take(bus)
    text = ledger.encode(taken).decode() if chosen.json else ledger.render(taken)
    sys.stdout.write(f"{text}\n")
    return 0 if taken.balanced else 1

"""Where a source continues after a restart: its saved checkpoint, fitted to what the streams hold now."""

import asyncio
import functools
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.collector import checkpoint
from tocsin.collector.line_account import Kind
from tocsin.collector.stored_messages import KINDS, StoredMessages
from tocsin.model.checkpoint import Checkpoint, Position
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import until_answered


class ResumePoint(Struct, frozen=True, kw_only=True):
    """Where to continue."""

    checkpoint: Checkpoint
    seq: int
    """Its sequence in the bucket; 0 if none is stored."""
    saved: bool
    """Whether a checkpoint was stored."""
    last_sequences: Mapping[Kind, int]
    """The last sequence of each stream."""

    @property
    def position(self) -> Position | None:
        """The saved position; ``None`` without a checkpoint."""
        return self.checkpoint.position if self.saved else None

    @property
    def in_log(self) -> bool:
        """Whether the saved position is one in a pod's log."""
        return self.saved and self.checkpoint.position.log is not None


async def find(
    bus: Bus, key: str, blank: Checkpoint, stored: StoredMessages, stop: asyncio.Event, health: Health
) -> ResumePoint | None:
    """The resume point of the source with *key*, or *blank* if none is saved; ``None`` if *stop* is set first."""
    loaded = await until_answered(functools.partial(checkpoint.load, bus, key), stop, health)
    lasts = {kind: await until_answered(functools.partial(stored.last, kind), stop, health) or 0 for kind in KINDS}
    if stop.is_set():
        return None
    saved = None if loaded is None else loaded.checkpoint
    if loaded is None or saved is None:
        return ResumePoint(checkpoint=blank, seq=0, saved=False, last_sequences=lasts)
    fitted = checkpoint.fit(saved, events_last=lasts[Kind.EVENT], dead_last=lasts[Kind.DEAD])
    fitted = msgspec.structs.replace(fitted, source=blank.source, node=blank.node)
    return ResumePoint(checkpoint=fitted, seq=loaded.seq, saved=True, last_sequences=lasts)

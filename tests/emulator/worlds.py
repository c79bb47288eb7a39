"""Worlds without a server around them."""

from __future__ import annotations

import json

from gridrt_emulator.clock import parse_instant
from gridrt_emulator.queries import Query
from gridrt_emulator.store import Store
from gridrt_emulator.world import Size, World
from tests.emulator.program import CLOCK, TENANT, Record

NOW = parse_instant(CLOCK)


def make(seed: int = 7, size: Size | None = None, born: int = NOW, now: int | None = None) -> Store:
    """A store over a world; ``now``: later than its birth."""
    return Store(World(seed, size or Size(3000), TENANT, "EU", born), now or born)


def records(store: Store, endpoint: str = "events") -> list[Record]:
    """What the store answers to an unfiltered question."""
    found: list[Record] = json.loads(b"[" + b",".join(getattr(store, endpoint)(Query())) + b"]")
    return found

"""Which entries and values the snapshot store evicts, and in which order."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Hashable

from gridrt_client.safe_text import format_bytes
from gridrt_client.snapshots._entry import Entry
from gridrt_client.snapshots._refresh_timer import Demand

_log = logging.getLogger(__name__)

Entries = OrderedDict[Hashable, Entry]
"""Entries by key, the least recently used first."""


def drop_entries(entries: Entries, max_entries: int, used_since: float, now: float) -> None:
    """Drop the entries beyond `max_entries`, and those last requested before `used_since`."""
    surplus = len(entries) - max_entries
    if surplus > 0:
        for entry in _evictable(entries, now)[:surplus]:
            del entries[entry.key]
    for entry in list(entries.values()):
        if entry.used < used_since and entry.fetch is None:
            del entries[entry.key]


def free_memory(entries: Entries, max_bytes: int, now: float) -> int:
    """Evict until at most `max_bytes` are in use; return how many bytes are still too many.

    The order: answers without demand, then memo values of the others, which can be computed again without the API, then
    these answers. The newest entry stays.
    """
    surplus = sum(entry.nbytes for entry in entries.values()) - max_bytes
    if surplus <= 0:
        return 0
    for entry in _evictable(entries, now):
        if surplus > 0 and entry.demand.shortest(now) is None:
            surplus -= _evict(entry)
    for entry in entries.values():
        if surplus > 0 and entry.snapshot is not None:
            surplus -= entry.snapshot.memo.shrink(surplus)
    for entry in _evictable(entries, now):
        if surplus > 0 and entry.snapshot is not None:
            surplus -= _evict(entry)
            _log.warning(
                "An answer in demand was evicted, because all together are larger than GRIDRT_SNAPSHOT_BYTES (%s)",
                format_bytes(max_bytes),
            )
    return max(0, surplus)


def _evictable(entries: Entries, now: float) -> list[Entry]:
    """Return all but the newest entry and those with a fetch, the least valuable and least recently used first.

    Established entries are worth most: a burst of new keys must not evict what has been in demand for a while.
    """

    def worth(entry: Entry) -> int:
        if entry.snapshot is None:
            return 0
        return 1 if entry.demand.shortest(now) is None else 2 + entry.is_established

    return sorted((entry for entry in list(entries.values())[:-1] if entry.fetch is None), key=worth)


def _evict(entry: Entry) -> int:
    size = entry.nbytes
    # Without its demand: a background refresh of it would evict the next one.
    entry.snapshot, entry.demand = None, Demand()
    return size

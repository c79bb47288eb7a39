"""What the snapshot store forgets, and in which order."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Hashable

from gridrt_client._sanitize import amount
from gridrt_client.snapshots._entry import Entry
from gridrt_client.snapshots._refresh_timer import Demand

_log = logging.getLogger(__name__)


def forget(entries: OrderedDict[Hashable, Entry], max_entries: int, used_since: float, now: float) -> None:
    """Forget keys that nobody has asked for since then, and of the others those beyond `max_entries`."""
    surplus = len(entries) - max_entries
    if surplus > 0:
        for entry in _evictable(entries, now)[:surplus]:
            del entries[entry.key]
    for entry in list(entries.values()):
        if entry.used < used_since and entry.flight is None:
            del entries[entry.key]


def make_room(entries: OrderedDict[Hashable, Entry], max_bytes: int, now: float) -> int:
    """Forget answers until they take no more than that; how many bytes are still too many.

    First the answers that nobody looks at, then what was computed from the others, because that can be had again
    without the API, then these answers too; each time what was used for longest. The newest stays.
    """
    surplus = sum(_size(entry) for entry in entries.values()) - max_bytes
    if surplus <= 0:
        return 0
    for entry in _evictable(entries, now):
        if surplus > 0 and entry.looks.shortest(now) is None:
            surplus -= _evict(entry)
    for entry in entries.values():
        if surplus > 0 and entry.good is not None:
            surplus -= entry.good.derived.shrink(surplus)
    for entry in _evictable(entries, now):
        if surplus > 0 and entry.good is not None:
            surplus -= _evict(entry)
            _log.warning(
                "An answer that somebody looks at was forgotten, because all together are larger than "
                "GRIDRT_SNAPSHOT_BYTES (%s)",
                amount(max_bytes),
            )
    return max(0, surplus)


def _evictable(entries: OrderedDict[Hashable, Entry], now: float) -> list[Entry]:
    """Without the newest and those that are being fetched; the least recently used first of those of the same worth.

    Worth least is what holds nothing, then what nobody looks at, then what somebody has only just begun to look at: who
    asks for many things must not push out what others have looked at for a while.
    """

    def worth(entry: Entry) -> int:
        if entry.good is None:
            return 0
        return 1 if entry.looks.shortest(now) is None else 2 + entry.steady

    return sorted((entry for entry in list(entries.values())[:-1] if entry.flight is None), key=worth)


def _size(entry: Entry) -> int:
    return 0 if entry.good is None else entry.good.size + entry.good.derived.nbytes


def _evict(entry: Entry) -> int:
    size = _size(entry)
    # Only who asks again gets it again: renewed for those who looked, it would push out the next one.
    entry.good, entry.looks = None, Demand()
    return size

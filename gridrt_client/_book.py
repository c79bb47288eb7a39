"""Every key and every API that the snapshot store knows: what is due, what is allowed, what is forgotten.

No threads, no clock and no locks: the store calls this with its lock held and says what time it is.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta

from gridrt_client._entry import SHARE, Entry, Fetch, Flight, Good, Snapshot
from gridrt_client._room import forget, make_room
from gridrt_client._text import amount
from gridrt_client._trouble import Breaker, Pauses, Trouble
from gridrt_client.errors import GridError, UnavailableError

_log = logging.getLogger(__name__)


class Book:
    """Entries by key, the least recently used first, and the breakers of their APIs. All times are monotonic."""

    def __init__(self, pauses: Pauses, *, max_entries: int, max_bytes: int, forget_after: float) -> None:
        self.max_bytes = max_bytes
        self._pauses = pauses
        self._max_entries = max_entries
        self._forget_after = forget_after
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._breakers: dict[Hashable, Breaker] = {}
        self._warned = False

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: Hashable) -> Entry | None:
        return self._entries.get(key)

    def clear(self) -> None:
        self._entries.clear()
        self._breakers.clear()

    def asked(self, key: Hashable, fetch: Fetch, ttl: float, api: Hashable, now: float) -> Entry:
        """Note that somebody asks for a key."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, api, fetch, Trouble(self._pauses))
            if api is not None:
                self._breakers.setdefault(api, Breaker(self._pauses))
        entry.fetch, entry.used = fetch, now
        entry.looks.add(ttl, now)
        self._entries.move_to_end(key)
        self.forget(now)
        return entry

    def ready(self, now: float, asked: Entry | None = None, *, first: bool = False) -> list[Entry]:
        """What to fetch now: what is due for those who look, and what is asked for, as far as it is allowed.

        `first` puts what is asked for before the others where only one fetch may go ahead.
        """
        wanted: dict[Hashable, list[Entry]] = {}
        for entry in self._entries.values():
            ttl = entry.looks.shortest(now)
            due = entry is asked or (ttl is not None and now >= entry.due(ttl))
            if due and entry.flight is None and now >= entry.rested:
                wanted.setdefault(entry.api, []).append(entry)
        chosen: list[Entry] = []
        for api, entries in wanted.items():
            breaker = self._breakers.get(api)
            if breaker is None or breaker.closed:
                chosen += entries
            elif breaker.may_probe(now):
                # The one that failed least, so that one bad query doesn't keep all the others waiting.
                chosen.append(
                    min(entries, key=lambda one: (not (first and one is asked), one.trouble.failures, one.tried))
                )
        return chosen

    def started(self, entry: Entry, flight: Flight, now: float) -> None:
        entry.flight, entry.tried = flight, now
        breaker = self._breakers.get(entry.api)
        if breaker is not None and not breaker.closed:
            breaker.probe = flight

    def landed(self, entry: Entry, flight: Flight, error: GridError | None, now: float) -> None:
        """Note how a fetch ended."""
        took = now - flight.began
        entry.flight = None
        if flight.good is not None:
            if entry.good is None:
                self._entries.move_to_end(entry.key)
            entry.good, entry.began, entry.took, entry.renewed = flight.good, flight.began, took, now
            entry.trouble.over()
            entry.refused = False
        elif error is not None:
            # Slow failures, too, take no more than their share of the time.
            rest = (SHARE - 1) * took if entry.good is not None else 0.0
            entry.trouble.failed(error, now, rest, growing=entry.good is not None)
        breaker = self._breakers.get(entry.api)
        if breaker is not None:
            some = any(one.good is not None for one in self._entries.values() if one.api == entry.api)
            breaker.ended(flight, error, now, growing=some)
        self.forget(now)

    def hurry(self, entry: Entry, now: float) -> None:
        """End the pauses after a failure, but not those that the API asked for."""
        entry.trouble.hurry(now)
        if entry.api in self._breakers:
            self._breakers[entry.api].hurry(now)

    def forget(self, now: float) -> None:
        """Forget what is used no more, and what there is no room for."""
        forget(self._entries, self._max_entries, now - self._forget_after)
        surplus = make_room(self._entries, self.max_bytes, now)
        if surplus and not self._warned:
            self._warned = True
            _log.warning("The newest answer takes %s more than GRIDRT_SNAPSHOT_BYTES and is kept", amount(surplus))
        for api in self._breakers.keys() - {entry.api for entry in self._entries.values()}:
            del self._breakers[api]

    def next(self, now: float) -> float:
        """When there is something to do if nobody asks for anything; infinity for never."""
        return min((self.next_of(entry, now) for entry in self._entries.values()), default=math.inf)

    def next_of(self, entry: Entry, now: float) -> float:
        """When there is something to do about an entry."""
        if entry.flight is not None:
            return math.inf
        forgotten = entry.used + self._forget_after
        due = self._due(entry, now)
        if due is None or entry.looks.shortest(due) is None:
            return forgotten
        breaker = self._breakers.get(entry.api)
        # While a fetch goes ahead, its end is what matters.
        return forgotten if breaker is not None and breaker.probe is not None else min(due, forgotten)

    def error(self, entry: Entry, now: float) -> GridError | None:
        """Why there is no answer; None when it is on its way and nothing is known to be wrong with it."""
        wrong = self._failures(entry)
        if entry.flight is not None and entry.trouble.error is None and not entry.refused:
            return None
        entry.refused = bool(wrong)
        if not wrong and now < entry.rested:
            return UnavailableError(
                "The answer had to make room for others",
                advice="It is asked for again soon; to keep more answers raise GRIDRT_SNAPSHOT_BYTES.",
                next_try=_utc(entry.rested, now),
            )
        return _told(wrong, now) if wrong else None

    def view(self, entry: Entry, good: Good, now: float) -> Snapshot:
        """What the entry holds now."""
        wrong = self._failures(entry)
        error = _told(wrong, now) if wrong else None
        due = self._due(entry, now)
        return Snapshot(
            shared=good.frame,
            fetched_at=good.fetched_at,
            version=good.version,
            changed_at=good.changed_at,
            derived=good.derived,
            error=error,
            failed_at=wrong[-1].failed_at if wrong else None,
            next_try=None if error is None else error.next_try,
            refreshing=entry.flight is not None,
            due_at=None if due is None else _utc(due, now),
        )

    def _due(self, entry: Entry, now: float) -> float | None:
        """When the next fetch is due for those who look; None when nobody does."""
        ttl = entry.looks.shortest(now)
        if ttl is None:
            return None
        breaker = self._breakers.get(entry.api)
        return max(entry.due(ttl), 0.0 if breaker is None else breaker.until)

    def _failures(self, entry: Entry) -> list[Trouble]:
        """What is wrong with a key and with its API, the newest last."""
        breaker = self._breakers.get(entry.api)
        wrong = [one for one in (entry.trouble, breaker) if one is not None and one.error is not None]
        return sorted(wrong, key=lambda one: one.since)


def _told(wrong: list[Trouble], now: float) -> GridError | None:
    """The newest error, to be raised or shown, with the time of the next try."""
    newest = wrong[-1].error
    if newest is None:
        return None
    error = newest.again()
    error.next_try = _utc(max(one.until for one in wrong), now)
    return error


def _utc(moment: float, now: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=moment - now)

"""Every key and every API that the snapshot store knows: what is due, what is allowed, what is forgotten.

No threads, no clock and no locks: the store calls this with its lock held and says what time it is.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta

from gridrt_client._sanitize import amount
from gridrt_client.errors import GridError, UnavailableError
from gridrt_client.snapshots._circuit_breaker import About, Breaker, Pauses, Trouble
from gridrt_client.snapshots._entry import SHARE, Answer, Entry, Fetch, FetchFunction, Snapshot
from gridrt_client.snapshots._eviction import forget, make_room

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

    def asked(
        self, key: Hashable, fetch: FetchFunction, ttl: float, api: Hashable, endpoint: Hashable, now: float
    ) -> Entry:
        """Note that somebody asks for a key."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, api, endpoint, fetch, Trouble(self._pauses), known=now)
            if api is not None:
                self._breakers.setdefault(api, Breaker(self._pauses, level=About.API))
                self._breakers.setdefault((api, endpoint), Breaker(self._pauses, level=About.ENDPOINT))
        entry.fetch, entry.used = fetch, now
        entry.looks.add(ttl, now)
        self._entries.move_to_end(key)
        self.forget(now)
        return entry

    def ready(self, now: float, asked: Entry | None = None, *, first: bool = False) -> list[Entry]:
        """What to fetch now: what is due for those who look, and what is asked for, as far as it is allowed.

        `first` puts what is asked for before the others where only one fetch may go ahead.
        """
        chosen: list[Entry] = []
        # Where only one may go ahead it is the one that failed least, so that one bad query doesn't keep all the others
        # waiting.
        ahead: dict[Hashable, list[Entry]] = {}
        for entry in self._entries.values():
            if entry.flight is None and now >= entry.rested and (entry is asked or self._is_due(entry, now)):
                breakers = self._breakers_of(entry)
                if not all(breaker.allows(now) for breaker in breakers):
                    continue
                open_ones = [breaker for breaker in breakers if not breaker.closed]
                if not open_ones:
                    chosen.append(entry)
                elif open_ones[0].level is About.API:
                    ahead.setdefault(entry.api, []).append(entry)
                else:
                    ahead.setdefault((entry.api, entry.endpoint), []).append(entry)
        for entries in ahead.values():
            chosen.append(min(entries, key=lambda one: (not (first and one is asked), one.trouble.failures, one.tried)))
        return chosen

    def started(self, entry: Entry, flight: Fetch, now: float) -> None:
        entry.flight, entry.tried = flight, now
        for breaker in self._breakers_of(entry):
            if not breaker.closed:
                breaker.probe = flight

    def dropped(self, entry: Entry, flight: Fetch) -> None:
        """Note that a fetch will not begin."""
        entry.flight = None
        for breaker in self._breakers_of(entry):
            breaker.dropped(flight)

    def landed(self, entry: Entry, flight: Fetch, error: GridError | None, now: float) -> None:
        """Note how a fetch ended."""
        took = now - flight.started
        entry.flight = None
        if flight.good is not None:
            if entry.good is None:
                self._entries.move_to_end(entry.key)
            entry.good, entry.began, entry.took, entry.renewed = flight.good, flight.started, took, now
            entry.trouble.over()
            entry.refused = False
        elif error is not None:
            # Slow failures, too, take no more than their share of the time, within `longest_backoff`.
            rest = (SHARE - 1) * took if entry.good is not None else 0.0
            entry.trouble.failed(error, now, rest, growing=entry.good is not None)
        some = any(one.good is not None for one in self._entries.values() if one.api == entry.api)
        for breaker in self._breakers_of(entry):
            breaker.ended(flight, error, now, growing=some)
        self.forget(now)

    def hurry(self, entry: Entry, now: float) -> None:
        """End the pauses after a failure, but not those that the API asked for."""
        entry.trouble.hurry(now)
        for breaker in self._breakers_of(entry):
            breaker.hurry(now)

    def forget(self, now: float) -> None:
        """Forget what is used no more, and what there is no room for."""
        forget(self._entries, self._max_entries, now - self._forget_after, now)
        surplus = make_room(self._entries, self.max_bytes, now)
        if surplus and not self._warned:
            self._warned = True
            _log.warning("The newest answer takes %s more than GRIDRT_SNAPSHOT_BYTES and is kept", amount(surplus))
        known = {entry.api for entry in self._entries.values()}
        known |= {(entry.api, entry.endpoint) for entry in self._entries.values()}
        for name in self._breakers.keys() - known:
            del self._breakers[name]

    def next(self, now: float) -> float:
        """When there is something to do if nobody asks for anything; infinity for never."""
        return min((self.next_of(entry, now) for entry in self._entries.values()), default=math.inf)

    def next_of(self, entry: Entry, now: float) -> float:
        """When there is something to do about an entry."""
        if entry.flight is not None:
            return math.inf
        forgotten = entry.used + self._forget_after
        due = self._due(entry, now)
        if due is None or not entry.wanted(due) or entry.looks.shortest(due) is None:
            return forgotten
        # While a fetch goes ahead, its end is what matters.
        ahead = any(breaker.probe is not None for breaker in self._breakers_of(entry))
        return forgotten if ahead else min(due, forgotten)

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

    def view(self, entry: Entry, good: Answer, now: float, ttl: float = math.inf) -> Snapshot:
        """What the entry holds now, for somebody who wants it that fresh besides those who look."""
        looks = entry.looks.shortest(now)
        overdue = entry.is_overdue(ttl if looks is None else min(ttl, looks), now)
        wrong = self._failures(entry, others=overdue)
        error = _told(wrong, now) if wrong else None
        due = self._due(entry, now)
        return Snapshot(
            shared=good.frame,
            fetched_at=good.fetched_at,
            api_time=good.api_time,
            version=good.version,
            changed_at=good.changed_at,
            api_changed_at=good.api_changed_at,
            derived=good.derived,
            error=error,
            failed_at=wrong[-1].failed_at if wrong else None,
            next_try=None if error is None else error.next_try,
            refreshing=entry.flight is not None,
            refreshing_since=None if entry.flight is None else entry.flight.began_at,
            due_at=None if due is None else _utc(due, now),
        )

    def _breakers_of(self, entry: Entry) -> list[Breaker]:
        """Those of its API and its endpoint, in this order."""
        found = (self._breakers.get(name) for name in (entry.api, (entry.api, entry.endpoint)))
        return [breaker for breaker in found if breaker is not None]

    def _is_due(self, entry: Entry, now: float) -> bool:
        ttl = entry.looks.shortest(now)
        return ttl is not None and now >= entry.due(ttl) and entry.wanted(now)

    def _due(self, entry: Entry, now: float) -> float | None:
        """When the next fetch is due for those who look; None when nobody does."""
        ttl = entry.looks.shortest(now)
        if ttl is None:
            return None
        return max(entry.due(ttl), *(breaker.until for breaker in self._breakers_of(entry)), 0.0)

    def _failures(self, entry: Entry, *, others: bool = True) -> list[Trouble]:
        """What is wrong with a key and, with `others`, with its endpoint and its API, the newest last."""
        known: list[Trouble] = [entry.trouble, *(self._breakers_of(entry) if others else [])]
        return sorted((one for one in known if one.error is not None), key=lambda one: one.since)


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

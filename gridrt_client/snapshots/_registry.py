"""All keys and circuit breakers of the snapshot store: what is due, allowed and evicted.

Without threads, locks or a clock: the store calls it with its lock held and passes the time (monotonic).
"""

import logging
import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gridrt_client.answer import FetchFunction
from gridrt_client.errors import GridError, UnavailableError
from gridrt_client.safe_text import format_bytes
from gridrt_client.snapshots._circuit_breaker import Backoff, CircuitBreaker, Failures, FailureScope
from gridrt_client.snapshots._entry import SHARE, Demand, Entry, Fetch
from gridrt_client.snapshots.snapshot import Snapshot
from gridrt_client.snapshots.status import EntryStatus

_log = logging.getLogger(__name__)


class Registry:
    """Entries by key, the least recently used first, and circuit breakers."""

    def __init__(self, backoff: Backoff, *, max_entries: int, max_bytes: int, forget_after: float) -> None:
        self.max_bytes = max_bytes
        self.closed = False
        self._backoff = backoff
        self._max_entries = max_entries
        self._forget_after = forget_after
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._breakers: dict[Hashable, CircuitBreaker] = {}
        self._warned = False

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: Hashable) -> Entry | None:
        return self._entries.get(key)

    def close(self) -> None:
        self.closed = True
        self._entries.clear()
        self._breakers.clear()

    def request(
        self,
        key: Hashable,
        function: FetchFunction,
        ttl: float,
        api: Hashable,
        endpoint: Hashable,
        now: float,
        forget_after: float | None = None,
    ) -> Entry:
        """Note a request for a key and return its entry; raise RuntimeError after `close`."""
        if self.closed:
            raise RuntimeError("The snapshot store is closed")
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, api, endpoint, function, Failures(self._backoff), created=now)
            entry.forget_after = self._forget_after if forget_after is None else forget_after
            if api is not None:
                for name, scope in ((api, FailureScope.API), ((api, endpoint), FailureScope.ENDPOINT)):
                    self._breakers.setdefault(name, CircuitBreaker(self._backoff, scope=scope))
        entry.function, entry.used = function, now
        entry.demand.add(ttl, now)
        self._entries.move_to_end(key)
        self.evict(now)
        return entry

    def startable(self, now: float, requested: Entry | None = None, *, prefer: bool = False) -> list[Entry]:
        """Return the entries to fetch now: those that are due, and the requested one, as far as allowed."""
        chosen: list[Entry] = []
        probes: dict[int, list[Entry]] = {}
        for entry in self._entries.values():
            ttl = entry.demand.shortest(now)
            is_due = ttl is not None and now >= entry.due(ttl) and entry.is_useful(now)
            if entry.fetch is None and now >= entry.allowed_from and (entry is requested or is_due):
                breakers = self._breakers_of(entry)
                opened = [id(breaker) for breaker in breakers if breaker.error is not None]
                if not opened:
                    chosen.append(entry)
                elif all(breaker.allows(now) for breaker in breakers):
                    probes.setdefault(opened[0], []).append(entry)

        # Behind an open breaker only one may begin. The one that failed least, so that a bad query blocks no others.
        def rank(entry: Entry) -> tuple[bool, int, float]:
            return not (prefer and entry is requested), entry.failures.count, entry.tried

        return chosen + [min(entries, key=rank) for entries in probes.values()]

    def start(self, fetch: Fetch, now: float) -> None:
        fetch.entry.fetch, fetch.entry.tried = fetch, now
        for breaker in self._breakers_of(fetch.entry):
            if breaker.error is not None:
                breaker.probe = fetch

    def drop(self, fetch: Fetch) -> None:
        fetch.entry.fetch = None
        for breaker in self._breakers_of(fetch.entry):
            breaker.drop(fetch)

    def finish(self, fetch: Fetch, error: GridError | None, now: float) -> None:
        entry, took = fetch.entry, now - fetch.started
        entry.fetch = None
        if fetch.snapshot is not None:
            if fetch.is_first:
                self._entries.move_to_end(entry.key)
            entry.snapshot, entry.stored = fetch.snapshot, now - fetch.age
            entry.took = took if fetch.took is None else fetch.took
            entry.began = entry.stored - entry.took
            entry.failures.clear()
            entry.refused = False
        elif error is not None:
            # Slow failures take no more than their share of the time either.
            shortest = 0.0 if fetch.is_first else (SHARE - 1) * took
            entry.failures.record(error, now, shortest, growing=not fetch.is_first)
        growing = any(one.snapshot is not None for one in self._entries.values() if one.api == entry.api)
        for breaker in self._breakers_of(entry):
            breaker.finish(fetch, error, now, growing=growing)
        self.evict(now)

    def end_pauses(self, entry: Entry, now: float) -> None:
        for failures in (entry.failures, *self._breakers_of(entry)):
            failures.end_pause(now)

    def evict(self, now: float) -> None:
        """Drop surplus and unused entries, and free memory beyond the limit."""
        surplus = max(0, len(self._entries) - self._max_entries)
        unused = [one for one in self._entries.values() if one.used < now - one.forget_after and one.fetch is None]
        for entry in (*(self._evictable(now)[:surplus] if surplus else ()), *unused):
            self._entries.pop(entry.key, None)
        self._free_memory(now)
        known = {name for one in self._entries.values() for name in (one.api, (one.api, one.endpoint))}
        self._breakers = {name: breaker for name, breaker in self._breakers.items() if name in known}

    def _free_memory(self, now: float) -> None:
        """Evict answers without demand, then memo values of the others, then these, until `max_bytes` are in use."""
        surplus = sum(entry.nbytes for entry in self._entries.values()) - self.max_bytes
        if surplus <= 0:
            return
        evictable = self._evictable(now)
        for entry in evictable:
            if surplus > 0 and entry.demand.shortest(now) is None:
                surplus -= _evict(entry)
        for entry in self._entries.values():
            if surplus > 0 and entry.snapshot is not None:
                surplus -= entry.snapshot.memo.shrink(surplus)
        for entry in evictable:
            if surplus > 0 and entry.snapshot is not None:
                surplus -= _evict(entry)
                _log.warning(
                    "An answer in demand was evicted, because all together are larger than GRIDRT_SNAPSHOT_BYTES (%s)",
                    format_bytes(self.max_bytes),
                )
        if surplus > 0 and not self._warned:
            self._warned, more = True, format_bytes(surplus)
            _log.warning("The newest answer takes %s more than GRIDRT_SNAPSHOT_BYTES and is kept", more)

    def _evictable(self, now: float) -> list[Entry]:
        """Return all but the newest entry and those with a fetch, the least valuable and least recently used first."""

        def worth(entry: Entry) -> tuple[bool, bool, bool]:
            in_demand = entry.snapshot is not None and entry.demand.shortest(now) is not None
            # A burst of new keys must not evict what has been in demand for a while.
            return entry.snapshot is not None, in_demand, in_demand and entry.is_established

        return sorted((entry for entry in list(self._entries.values())[:-1] if entry.fetch is None), key=worth)

    def next_work(self, now: float) -> float:
        """Return when there is something to do without any request; infinity for never."""
        return min((self.next_work_of(entry, now) for entry in self._entries.values()), default=math.inf)

    def next_work_of(self, entry: Entry, now: float) -> float:
        """Return when there is something to do for an entry without any request."""
        if entry.fetch is not None:
            return math.inf
        dropped = entry.used + entry.forget_after
        due = self._due(entry, now)
        if due is None or not entry.is_useful(due) or entry.demand.shortest(due) is None:
            return dropped
        # The end of a probe decides when the others are due.
        probed = any(breaker.probe is not None for breaker in self._breakers_of(entry))
        return dropped if probed else min(due, dropped)

    def error(self, entry: Entry, now: float) -> GridError | None:
        """Return why there is no answer; None when one is on its way and nothing has failed."""
        failures = self._failures(entry)
        if entry.fetch is not None and entry.failures.error is None and not entry.refused:
            return None
        entry.refused = bool(failures)
        if not failures and now < entry.allowed_from:
            return UnavailableError(
                "The answer had to make room for others",
                advice="It is asked for again soon; to keep more answers raise GRIDRT_SNAPSHOT_BYTES.",
                next_try=_utc(entry.allowed_from, now),
            )
        return _newest_error(failures, now)

    def view(self, entry: Entry, snapshot: Snapshot, now: float, ttl: float = math.inf) -> Snapshot:
        """Return the snapshot with the entry's state, for a caller with that `ttl`."""
        overdue = entry.is_overdue(min(ttl, entry.demand.shortest(now) or math.inf), now)
        failures = self._failures(entry, with_breakers=overdue)
        error, due = _newest_error(failures, now), self._due(entry, now)
        return replace(
            snapshot,
            error=error,
            failed_at=failures[-1].failed_at if failures else None,
            next_try=error.next_try if error else None,
            refreshing=entry.fetch is not None,
            refreshing_since=entry.fetch.began_at if entry.fetch else None,
            due_at=None if due is None else _utc(due, now),
        )

    def status(self, now: float) -> list[EntryStatus]:
        """Return the state of all entries, the least recently used first."""
        return [self._status(entry, now) for entry in self._entries.values()]

    def _status(self, entry: Entry, now: float) -> EntryStatus:
        error, due, snapshot = _newest_error(self._failures(entry), now), self._due(entry, now), entry.snapshot
        next_due = None if due is None else _utc(due, now)
        return EntryStatus(
            key=entry.key,
            records=None if snapshot is None else len(snapshot.frame),
            size=entry.nbytes,
            answered_at=None if snapshot is None else snapshot.answered_at,
            took=entry.took,
            running=entry.fetch is not None,
            interval=entry.demand.shortest(now),
            error=error,
            next_try=next_due if error is None else error.next_try,
        )

    def _breakers_of(self, entry: Entry) -> list[CircuitBreaker]:
        """Return the breakers of the entry's API and endpoint, in this order."""
        return [self._breakers[name] for name in (entry.api, (entry.api, entry.endpoint)) if name in self._breakers]

    def _due(self, entry: Entry, now: float) -> float | None:
        """Return when the next fetch is due; None without demand."""
        ttl = entry.demand.shortest(now)
        if ttl is None:
            return None
        return max(entry.due(ttl), *(breaker.paused_until for breaker in self._breakers_of(entry)), 0.0)

    def _failures(self, entry: Entry, *, with_breakers: bool = True) -> list[Failures]:
        """Return the current failures of an entry and its breakers, the newest last."""
        known: list[Failures] = [entry.failures, *(self._breakers_of(entry) if with_breakers else [])]
        return sorted((one for one in known if one.error is not None), key=lambda one: one.last)


def _evict(entry: Entry) -> int:
    size = entry.nbytes
    # Without its demand: a background refresh of it would evict the next one.
    entry.snapshot, entry.demand = None, Demand()
    return size


def _newest_error(failures: list[Failures], now: float) -> GridError | None:
    if not failures or failures[-1].error is None:
        return None
    error = failures[-1].error.copy()
    error.next_try = _utc(max(one.paused_until for one in failures), now)
    return error


def _utc(moment: float, now: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=moment - now)

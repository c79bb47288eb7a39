"""What the snapshot store keeps for one key."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gridrt_client.answer import FetchFunction
from gridrt_client.snapshots._circuit_breaker import Failures
from gridrt_client.snapshots._refresh_timer import SHORTEST_DEMAND, Demand
from gridrt_client.snapshots.snapshot import Progress, Snapshot

SHARE = 5
"""A fetch begins no sooner than this many times the duration of the last one after that one began."""
FIRST_ANSWER_DEMAND = 10.0
"""Seconds for which a first answer is useful after its last request: longer than a page's polling interval."""


@dataclass(eq=False)
class Fetch:
    """A fetch that is queued or running. Times are monotonic unless their name ends with ``_at`` (UTC)."""

    function: FetchFunction
    queued: float
    began_at: datetime
    started: float = 0.0
    started_at: datetime | None = None
    waiters: int = 0
    """Threads that wait for its end."""
    received: int = 0
    announced: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    snapshot: Snapshot | None = None
    """The result, for the waiting threads, also when the store evicts it at once."""

    def start(self, now: float) -> None:
        self.started, self.started_at = now, datetime.now(UTC)

    def on_progress(self, received: int, announced: int | None = None) -> None:
        self.received, self.announced = received, announced

    def progress(self, now: float) -> Progress:
        running = max(0.0, now - self.started) if self.started_at else 0.0
        return Progress(
            self.received,
            self.announced,
            self.began_at,
            self.started_at or self.began_at,
            max(0.0, now - self.queued),
            self.received / running if running else 0.0,
            self.started_at is None,
        )


@dataclass(eq=False)
class Entry:
    """The state of a key. All times are monotonic. Speed and failures outlive an evicted answer.

    Attributes
    ----------
    created, used
        When the key was first and last requested.
    tried
        When the last fetch was queued.
    began, took, stored
        When the last good fetch was started, how long it took, and when its answer was stored.
    fetch
        The fetch that is queued or running.
    refused
        Whether an error was raised to a caller; it is raised again until there is an answer.
    """

    key: Hashable
    api: Hashable
    endpoint: Hashable
    function: FetchFunction
    failures: Failures
    created: float
    demand: Demand = field(default_factory=Demand)
    used: float = 0.0
    tried: float = -1.0
    began: float = 0.0
    took: float = 0.0
    stored: float = 0.0
    snapshot: Snapshot | None = None
    fetch: Fetch | None = None
    refused: bool = False

    @property
    def nbytes(self) -> int:
        return 0 if self.snapshot is None else self.snapshot.size + self.snapshot.memo.nbytes

    @property
    def allowed_from(self) -> float:
        """When it may be fetched again, as far as its own duration and failures decide."""
        return max(self.began + SHARE * self.took, self.failures.paused_until)

    def is_overdue(self, ttl: float, now: float) -> bool:
        """Return whether there would be a newer answer if nothing had failed."""
        return now >= max(self.stored + ttl, self.began + SHARE * self.took)

    @property
    def is_established(self) -> bool:
        """Whether it has been requested over a while, and not only once in passing."""
        return self.used - self.created >= SHORTEST_DEMAND

    def is_useful(self, now: float) -> bool:
        """Return whether a fetch still serves any caller."""
        recent = now - self.used <= FIRST_ANSWER_DEMAND
        return recent or (self.snapshot is not None and self.demand.shortest(now) is not None)

    def due(self, ttl: float) -> float:
        """Return when it is due for a caller with that `ttl`."""
        return self.allowed_from if self.snapshot is None else max(self.stored + ttl, self.allowed_from)

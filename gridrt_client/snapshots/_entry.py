"""What the snapshot store keeps for one key. Times are monotonic unless their name ends with ``_at`` (UTC)."""

import math
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gridrt_client.answer import Answer, FetchFunction, SharedAnswer
from gridrt_client.snapshots._circuit_breaker import Failures
from gridrt_client.snapshots.snapshot import Progress, Snapshot

SHARE = 5  # a fetch begins no sooner than so many times the duration of the last one after that one began
FIRST_ANSWER_DEMAND = 10.0  # seconds for which a first answer is useful: longer than a page's polling interval
SHORTEST_DEMAND = 15.0
"""A request creates demand for twice its ttl, at least for this many seconds: longer than the polling interval of a
page on a busy server or in a background tab."""
SHORTEST_INTERVAL = 1.0  # seconds between two background refreshes


class Demand:
    """The ttls that a key was requested with, and when. Not thread-safe."""

    def __init__(self) -> None:
        self._last: dict[float, float] = {}

    def add(self, ttl: float, now: float) -> None:
        """Note a request. Neither ttl 0 (once) nor infinity (paused) creates demand."""
        if 0 < ttl < math.inf:
            self._last = self._lasting(now) | {ttl: now}

    def shortest(self, now: float) -> float | None:
        """Return the shortest interval in demand, in seconds; None without demand."""
        return max(SHORTEST_INTERVAL, min(wanted)) if (wanted := self._lasting(now)) else None

    def _lasting(self, now: float) -> dict[float, float]:
        return {ttl: last for ttl, last in self._last.items() if now <= last + max(2 * ttl, SHORTEST_DEMAND)}


@dataclass(eq=False)
class Fetch:
    """A fetch that is queued or running; `snapshot` is its result, also when the store evicts it at once."""

    entry: "Entry"
    function: FetchFunction
    is_first: bool  # whether the entry has no answer yet
    queued: float
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = 0.0
    started_at: datetime | None = None
    waiters: int = 0  # threads that wait for its end
    received: int = 0
    announced: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    snapshot: Snapshot | None = None
    age: float = 0.0  # seconds since another process had the answer
    took: float | None = None  # seconds of that process's fetch

    @property
    def rank(self) -> int:
        """Its place in the queue: established entries first, first answers last."""
        return 2 if self.is_first else int(not self.entry.is_established)

    def note(self, answer: Answer) -> None:
        """Note when and how fast an answer was fetched, if that was in another process."""
        if isinstance(answer, SharedAnswer):
            self.age, self.took = answer.age, answer.took

    def on_progress(self, received: int, announced: int | None = None) -> None:
        self.received, self.announced = received, announced

    def progress(self, now: float) -> Progress:
        running = max(0.0, now - self.started) if self.started_at else 0.0
        rate = self.received / running if running else 0.0
        started_at, waiting = self.started_at or self.began_at, self.started_at is None
        seconds = max(0.0, now - self.queued)
        return Progress(self.received, self.announced, self.began_at, started_at, seconds, rate, waiting)


@dataclass(eq=False)
class Entry:
    """The state of a key. Speed and failures outlive an evicted answer."""

    key: Hashable
    api: Hashable
    endpoint: Hashable
    function: FetchFunction
    failures: Failures
    created: float  # when the key was first requested
    forget_after: float = math.inf  # seconds without a request after which it is dropped
    used: float = 0.0  # when it was last
    demand: Demand = field(default_factory=Demand)
    tried: float = -1.0  # when the last fetch was queued
    began: float = 0.0  # when the last good fetch was started
    took: float = 0.0
    stored: float = 0.0  # when its answer was stored
    snapshot: Snapshot | None = None
    fetch: Fetch | None = None
    refused: bool = False  # whether an error was raised to a caller; it is raised again until there is an answer

    @property
    def nbytes(self) -> int:
        return 0 if self.snapshot is None else self.snapshot.size + self.snapshot.memo.nbytes

    @property
    def allowed_from(self) -> float:
        """When it may be fetched again, as far as its own duration and failures decide."""
        return max(self.began + SHARE * self.took, self.failures.paused_until)

    @property
    def is_established(self) -> bool:
        """Whether it has been requested over a while, and not only once in passing."""
        return self.used - self.created >= SHORTEST_DEMAND

    def is_overdue(self, ttl: float, now: float) -> bool:
        """Return whether there would be a newer answer if nothing had failed."""
        return now >= max(self.stored + ttl, self.began + SHARE * self.took)

    def is_useful(self, now: float) -> bool:
        """Return whether a fetch still serves any caller."""
        recent = now - self.used <= FIRST_ANSWER_DEMAND
        return recent or (self.snapshot is not None and self.demand.shortest(now) is not None)

    def due(self, ttl: float) -> float:
        """Return when it is due for a caller with that `ttl`."""
        return self.allowed_from if self.snapshot is None else max(self.stored + ttl, self.allowed_from)

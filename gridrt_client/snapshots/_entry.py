"""What the snapshot store keeps of a key, and what it hands out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

from gridrt_client.errors import GridError
from gridrt_client.snapshots._circuit_breaker import Trouble
from gridrt_client.snapshots._memo import Derived
from gridrt_client.snapshots._refresh_timer import SHORTEST_LOOK, Demand

OnProgress = Callable[[int, int | None], None]
"""Told how many bytes have arrived, and how many were announced, if that is known."""
FetchFunction = Callable[[OnProgress], pd.DataFrame]

SHARE = 5
"""A key is fetched again no sooner than so many times the duration of its last fetch after that one began."""
WANTED = 10.0
"""A very first answer is wanted for so many seconds after it was last asked for, longer than a page leaves between two
looks at what is not there yet."""


@dataclass(frozen=True)
class Snapshot:
    """One answer, as good as it is known now.

    Attributes
    ----------
    frame
        The records. It is the caller's own, at each access: changing it changes nobody else's.
    shared
        The same frame as everybody has it; nobody changes it.
    fetched_at
        When the API last gave this answer (UTC), by this computer's clock: for its age.
    api_time
        The same moment by the API's own clock (UTC), which its records go by: equal to `fetched_at` while both clocks
        agree to a few seconds.
    version
        Larger for each answer with other records, and never given to two answers of one store. While the API gives the
        same records again, it stays, and only `fetched_at` moves.
    changed_at
        When the API first gave this version (UTC), by this computer's clock.
    api_changed_at
        The same by the API's own clock.
    derived
        What was computed from this version: ``snapshot.derived.get(key, compute)``.
    error, failed_at
        Why the newest try to renew it failed, or why it is overdue for those who look: nothing is asked of an API or an
        endpoint for a while after it failed. And when that was (UTC); None when nothing is wrong with this answer.
    clock_offset
        By how much the API's clock is ahead of this computer's; zero while both agree to a few seconds.
    next_try
        When the API may be asked again after that (UTC); None when nothing failed.
    refreshing
        Whether it is being renewed at the moment, or waits for its turn.
    refreshing_since
        Since when (UTC); None when it isn't.
    due_at
        When the next renewal is due for those who look now (UTC), in the past when it is under way; None when nobody
        looks.
    """

    shared: pd.DataFrame
    fetched_at: datetime
    api_time: datetime
    version: int
    changed_at: datetime
    api_changed_at: datetime
    derived: Derived = field(compare=False, repr=False)
    error: GridError | None = None
    failed_at: datetime | None = None
    next_try: datetime | None = None
    refreshing: bool = False
    refreshing_since: datetime | None = None
    due_at: datetime | None = None

    @property
    def frame(self) -> pd.DataFrame:
        # Copy on write makes it free but for the columns' own little objects.
        frame = self.shared.copy(deep=False)
        for name, moment in (("answered_at", self.fetched_at), ("api_time", self.api_time)):
            if name in frame.attrs:
                frame.attrs[name] = moment.isoformat()
        return frame

    @property
    def clock_offset(self) -> timedelta:
        # The transport has made both the same where they agree.
        return self.api_time - self.fetched_at

    def age(self, now: datetime | None = None) -> float:
        """Seconds since the API answered; not below 0."""
        return max(0.0, ((now or datetime.now(UTC)) - self.fetched_at).total_seconds())


@dataclass(frozen=True)
class Progress:
    """How far a fetch has come.

    Attributes
    ----------
    received, announced
        Bytes that have arrived, and that the API said would come, where it did.
    began_at
        Since when it has been under way (UTC), with the time that it waited for its turn.
    started_at
        When the request was made, or `began_at` while it waits (UTC).
    seconds
        For how long it has been under way since `began_at`.
    rate
        Bytes per second since the request was made.
    waiting
        Whether it waits for its turn.
    """

    received: int
    announced: int | None
    began_at: datetime
    started_at: datetime
    seconds: float
    rate: float
    waiting: bool


@dataclass(eq=False)
class Answer:
    """A good answer and what was computed from it."""

    frame: pd.DataFrame
    fetched_at: datetime
    api_time: datetime
    version: int
    changed_at: datetime
    api_changed_at: datetime
    derived: Derived
    size: int


@dataclass(eq=False)
class Fetch:
    """A fetch under way."""

    fetch: FetchFunction
    asked: float  # monotonic: since when it is wanted,
    began_at: datetime
    started: float  # and when its request was made, if that has been
    started_at: datetime
    waiting: bool = True  # for its turn
    waiters: int = 0  # threads that wait for its end
    received: int = 0
    announced: int | None = None
    landed: threading.Event = field(default_factory=threading.Event)
    good: Answer | None = None  # what it brought, for those who wait, even if the store forgets it at once

    def start(self, now: float) -> None:
        self.waiting, self.started, self.started_at = False, now, datetime.now(UTC)

    def on_progress(self, received: int, announced: int | None = None) -> None:
        self.received, self.announced = received, announced

    def progress(self, now: float) -> Progress:
        running = max(0.0, now - self.started)
        rate = self.received / running if running else 0.0
        return Progress(
            self.received,
            self.announced,
            self.began_at,
            self.started_at,
            max(0.0, now - self.asked),
            rate,
            self.waiting,
        )


@dataclass(eq=False)
class Entry:
    """A key. What is known about the API's speed and failures stays when the answer has to make room."""

    key: Hashable
    api: Hashable
    endpoint: Hashable
    fetch: FetchFunction
    trouble: Trouble
    known: float  # all times monotonic: when it was first asked for
    looks: Demand = field(default_factory=Demand)
    used: float = 0.0  # when it was last asked for
    tried: float = -1.0  # when the last fetch was started
    began: float = 0.0  # when the last good fetch was,
    took: float = 0.0  # how long it took,
    renewed: float = 0.0  # and when its answer was stored
    good: Answer | None = None
    flight: Fetch | None = None
    refused: bool = False  # somebody was told why there is no answer; they are told so until one is there

    @property
    def rested(self) -> float:
        """When it may be fetched again, as far as it goes by the duration and failures of its own fetches."""
        return max(self._spared, self.trouble.until)

    @property
    def _spared(self) -> float:
        return self.began + SHARE * self.took

    def is_overdue(self, ttl: float, now: float) -> bool:
        """Whether those who want it that fresh would have a newer one if nothing were wrong."""
        return now >= max(self.renewed + ttl, self._spared)

    @property
    def steady(self) -> bool:
        """Whether it has been asked for over a while, and not just by somebody who passed by."""
        return self.used - self.known >= SHORTEST_LOOK

    def wanted(self, now: float) -> bool:
        """Whether a fetch for it is of any use to somebody."""
        return now - self.used <= WANTED or (self.good is not None and self.looks.shortest(now) is not None)

    def due(self, ttl: float) -> float:
        """When it is due for those who want it that fresh."""
        return self.rested if self.good is None else max(self.renewed + ttl, self.rested)


def noted_time(frame: pd.DataFrame, name: str) -> datetime | None:
    """When the API answered: the client notes it, because unpacking and decoding take their time."""
    noted = frame.attrs.get(name)
    return datetime.fromisoformat(noted) if isinstance(noted, str) else None


def same_answer(known: pd.DataFrame, frame: pd.DataFrame) -> bool:
    """Whether two answers hold the same records, and say the same about what was left out."""
    return len(known) == len(frame) and known.attrs.get("report") == frame.attrs.get("report") and known.equals(frame)

"""What the snapshot store keeps of a key, and what it hands out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd

from gridrt_client._derived import Derived
from gridrt_client._schedule import Looks
from gridrt_client._trouble import Trouble
from gridrt_client.errors import GridError

OnProgress = Callable[[int, int | None], None]
"""Told how many bytes have arrived, and how many were announced, if that is known."""
Fetch = Callable[[OnProgress], pd.DataFrame]

SHARE = 5
"""A key is fetched again no sooner than so many times the duration of its last fetch after that one began."""


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
        When the API last gave this answer (UTC).
    version
        Larger for each answer with other records, and never given to two answers of one store. While the API gives the
        same records again, it stays, and only `fetched_at` moves.
    changed_at
        When the API first gave this version (UTC).
    derived
        What was computed from this version: ``snapshot.derived.get(key, compute)``.
    error, failed_at
        Why the newest try to renew it, or to ask the API anything else, failed, and when (UTC); None when it didn't.
    next_try
        When the API may be asked again after that (UTC); None when nothing failed.
    refreshing
        Whether it is being renewed at the moment.
    due_at
        When the next renewal is due for those who look now (UTC), in the past when it is under way; None when nobody
        looks.
    """

    shared: pd.DataFrame
    fetched_at: datetime
    version: int
    changed_at: datetime
    derived: Derived = field(compare=False, repr=False)
    error: GridError | None = None
    failed_at: datetime | None = None
    next_try: datetime | None = None
    refreshing: bool = False
    due_at: datetime | None = None

    @property
    def frame(self) -> pd.DataFrame:
        # Copy on write makes it free but for the columns' own little objects.
        frame = self.shared.copy(deep=False)
        if "answered_at" in frame.attrs:
            frame.attrs["answered_at"] = self.fetched_at.isoformat()
        return frame

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
    started_at
        When the fetch began, or began to wait for its turn (UTC).
    seconds
        For how long it has been under way.
    rate
        Bytes per second since then.
    """

    received: int
    announced: int | None
    started_at: datetime
    seconds: float
    rate: float


@dataclass(eq=False)
class Good:
    """A good answer and what was computed from it."""

    frame: pd.DataFrame
    fetched_at: datetime
    version: int
    changed_at: datetime
    derived: Derived
    size: int


@dataclass(eq=False)
class Flight:
    """A fetch under way."""

    began: float  # monotonic
    began_at: datetime
    received: int = 0
    announced: int | None = None
    landed: threading.Event = field(default_factory=threading.Event)
    good: Good | None = None  # what it brought, for those who wait, even if the store forgets it at once

    def on_progress(self, received: int, announced: int | None = None) -> None:
        self.received, self.announced = received, announced

    def progress(self, now: float) -> Progress:
        seconds = max(0.0, now - self.began)
        rate = self.received / seconds if seconds else 0.0
        return Progress(self.received, self.announced, self.began_at, seconds, rate)


@dataclass(eq=False)
class Entry:
    """A key. What is known about the API's speed and failures stays when the answer has to make room."""

    key: Hashable
    api: Hashable
    fetch: Fetch
    trouble: Trouble
    looks: Looks = field(default_factory=Looks)
    used: float = 0.0  # all times monotonic: when it was last asked for
    tried: float = -1.0  # when the last fetch was started
    began: float = 0.0  # when the last good fetch was,
    took: float = 0.0  # how long it took,
    renewed: float = 0.0  # and when its answer was stored
    good: Good | None = None
    flight: Flight | None = None
    refused: bool = False  # somebody was told why there is no answer; they are told so until one is there

    @property
    def rested(self) -> float:
        """When it may be fetched again, as far as it goes by the duration and failures of its own fetches."""
        return max(self.began + SHARE * self.took, self.trouble.until)

    def due(self, ttl: float) -> float:
        """When it is due for those who want it that fresh."""
        return self.rested if self.good is None else max(self.renewed + ttl, self.rested)

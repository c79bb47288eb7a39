"""An answer that another process fetched is as old as it is, and keeps the pace of that fetch."""

from __future__ import annotations

import pandas as pd

from gridrt_client.answer import OnProgress, SharedAnswer
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, answer, settled


class Elsewhere:
    """Fetches that another process has made: each is read at once."""

    def __init__(self, age: float, took: float) -> None:
        self.age, self.took, self.reads = age, took, 0

    def __call__(self, on_progress: OnProgress) -> SharedAnswer:
        self.reads += 1
        return SharedAnswer(**vars(answer(pd.DataFrame({"n": [self.reads]}))), age=self.age, took=self.took)


def assert_read_again_after(seconds: int, source: Elsewhere, store: SnapshotStore, clock: Clock) -> None:
    """Assert that an answer with a ttl of 30 s is read again a second after so many seconds, and not one before."""
    store.get("key", source, 30)
    clock.tick(seconds - 1)
    store.ask("key", source, 30)
    settled(store, "key")
    assert source.reads == 1
    clock.tick(2)
    store.ask("key", source, 30)
    settled(store, "key")
    assert source.reads == 2


def test_it_is_due_when_it_is_for_the_process_that_fetched_it(store: SnapshotStore, clock: Clock) -> None:
    assert_read_again_after(10, Elsewhere(age=20, took=0.5), store, clock)


def test_no_more_than_a_fifth_of_the_time_is_spent_on_it_by_all_processes(store: SnapshotStore, clock: Clock) -> None:
    assert_read_again_after(80, Elsewhere(age=0, took=20), store, clock)


def test_the_interval_is_the_shortest_that_was_asked_for(store: SnapshotStore, clock: Clock) -> None:
    source = Elsewhere(age=0, took=0)
    assert store.interval("key") is None
    store.get("key", source, FOREVER)
    assert store.interval("key") is None
    for ttl in (600, 10):
        store.ask("key", source, ttl)
    assert store.interval("key") == 10
    clock.tick(25)
    assert store.interval("key") == 600

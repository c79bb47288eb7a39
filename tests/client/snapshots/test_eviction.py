"""Memory is bounded: what is evicted, in which order, and that it is really freed."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gridrt_client.answer import Answer, FetchFunction, OnProgress
from gridrt_client.errors import UnavailableError
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, answer, settled

MB = 1_000_000


@pytest.fixture
def store(clock: Clock) -> Iterator[SnapshotStore]:
    made = SnapshotStore(max_bytes=10 * MB, clock=clock)
    yield made
    made.close()


Kept = list[weakref.ref[Any]]


@pytest.fixture
def kept() -> Kept:
    """All frames that were ever fetched."""
    return []


@pytest.fixture
def large(kept: Kept) -> Callable[[float], FetchFunction]:
    def of(megabytes: float) -> FetchFunction:
        def fetch(on_progress: OnProgress) -> Answer:
            frame = pd.DataFrame({"n": np.zeros(int(megabytes * MB / 8))})
            kept.append(weakref.ref(frame))
            return answer(frame)

        return fetch

    return of


Large = Callable[[float], FetchFunction]


def alive(kept: Kept) -> int:
    gc.collect()
    return sum(one() is not None for one in kept)


def there(store: SnapshotStore, keys: Iterable[str]) -> str:
    return "".join(key for key in keys if store.peek(key) is not None)


def test_the_least_recently_used_make_room_and_are_freed(store: SnapshotStore, large: Large, kept: Kept) -> None:
    for key in "abc":
        store.get(key, large(3), FOREVER)
    assert there(store, "abc") == "abc"
    store.get("a", large(3), FOREVER)
    store.get("d", large(3), FOREVER)
    settled(store, "d")
    assert there(store, "abcd") == "acd"
    store.get("e", large(6), FOREVER)
    settled(store, "e")
    assert there(store, "abcde") == "de"
    assert alive(kept) == 2
    store.set_max_bytes(7 * MB)
    assert there(store, "abcde") == "e"
    assert alive(kept) == 1
    store.close()
    assert alive(kept) == 0


def test_the_newest_stays_even_if_it_is_too_large_and_the_log_says_so_once(
    store: SnapshotStore, large: Large, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    store.get("small", large(1), FOREVER)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            store.get("large", large(30), 0)
            clock.tick(1)
    assert there(store, ["small", "large"]) == "large"
    assert [record.message for record in caplog.records if "GRIDRT_SNAPSHOT_BYTES" in record.message] == [
        "The newest answer takes 19.1 MiB more than GRIDRT_SNAPSHOT_BYTES and is kept"
    ]


def test_what_nobody_looks_at_goes_first(store: SnapshotStore, large: Large) -> None:
    store.get("looked at", large(4), 60)
    store.get("other", large(4), FOREVER)
    store.get("newest", large(4), 60)
    settled(store, "newest")
    assert [key for key in ("looked at", "other", "newest") if store.peek(key)] == ["looked at", "newest"]


def test_what_was_computed_goes_before_what_somebody_looks_at(store: SnapshotStore, large: Large) -> None:
    first, second = store.get("a", large(2.9), 60), store.get("b", large(2.9), 60)
    values = [weakref.ref(first.memo.get(turn, lambda: pd.Series(np.zeros(MB // 8)))) for turn in range(3)]
    assert alive(values) == 3
    second.memo.get("key", lambda: pd.Series(np.zeros(3 * MB // 8)))
    assert there(store, "ab") == "ab"
    # Of the one that was used for longest, the values that were.
    assert [one() is not None for one in values] == [False, False, True]
    assert second.memo.nbytes == pytest.approx(3 * MB, rel=0.01)


def test_what_was_computed_counts(store: SnapshotStore, large: Large, kept: Kept) -> None:
    store.get("a", large(3), FOREVER)
    snapshot = store.get("b", large(3), FOREVER)
    snapshot.memo.get("key", lambda: (np.zeros(5 * MB // 8), "more"))
    assert there(store, "ab") == "b"
    assert alive(kept) == 1


def test_what_is_under_way_is_kept(store: SnapshotStore, large: Large) -> None:
    held = Source()
    held.answer = large(1)(lambda received, announced: None).frame
    store.get("held", held, FOREVER)
    held.may_end.clear()
    assert store.get("held", held, 0, 0).refreshing
    for key in "abcd":
        store.get(key, large(6), FOREVER)
    settled(store, *"abcd")
    assert there(store, "abcd") == "d"
    assert store.peek("held") is not None
    held.may_end.set()
    settled(store, "held")


def test_what_had_to_make_room_is_not_fetched_more_often_than_its_share(
    store: SnapshotStore, large: Large, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[float] = []
    refusals: list[UnavailableError] = []

    def slow(on_progress: OnProgress) -> Answer:
        calls.append(clock.now)
        clock.tick(10)
        return large(6)(on_progress)

    with caplog.at_level(logging.WARNING):
        for second in range(120):
            for key in "ab":
                try:
                    store.ask(key, slow, 30)
                except UnavailableError as error:
                    refusals.append(error)
                settled(store, key)
            clock.tick(1 + second % 2)
    assert "GRIDRT_SNAPSHOT_BYTES" in caplog.text
    assert refusals
    assert all("make room" in str(error) and error.next_try is not None for error in refusals)
    # Two keys, each for a fifth of the time at most.
    assert len(calls) * 10 <= (clock.now - 1000) * 2 / 5 + 20


def test_a_key_that_nobody_asks_for_is_forgotten(store: SnapshotStore, large: Large, clock: Clock, kept: Kept) -> None:
    store.get("a", large(1), FOREVER)
    store.get("b", large(1), FOREVER)
    clock.tick(1000)
    store.get("b", large(1), FOREVER)
    clock.tick(801)
    # Looking without asking keeps nothing.
    store.peek("a")
    assert store.refresh() == pytest.approx(999)
    assert there(store, "ab") == "b"
    assert len(store) == 1
    clock.tick(1000)
    assert store.refresh() is None
    assert len(store) == 0
    assert alive(kept) == 0

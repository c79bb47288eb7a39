"""`retry_now` ends the pause after a failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridrt_client.errors import RateLimitedError, UnavailableError
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source


@pytest.fixture
def store(clock: Clock) -> Iterator[SnapshotStore]:
    made = SnapshotStore(backoff=600, longest_backoff=600, clock=clock)
    yield made
    made.close()


def test_a_person_need_not_wait_for_the_next_try(store: SnapshotStore, source: Source) -> None:
    source.failure = UnavailableError("down")
    for _ in range(2):
        with pytest.raises(UnavailableError):
            store.get("k", source, FOREVER)
    assert source.calls == 1
    source.failure = None
    store.retry_now("k")
    store.retry_now("never asked for")
    assert store.get("k", source, FOREVER).frame["n"].tolist() == [2]


def test_nobody_hurries_an_api_that_named_its_time(store: SnapshotStore, source: Source) -> None:
    source.failure = RateLimitedError("too many", retry_after=600)
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            store.get("k", source, FOREVER)
        store.retry_now("k")
    assert source.calls == 1

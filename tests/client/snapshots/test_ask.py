"""`ask` never waits: its results during a fetch, progress, and repeated equal answers."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from gridrt_client.answer import Answer, OnProgress
from gridrt_client.errors import RateLimitedError, UnavailableError
from gridrt_client.snapshots.snapshot import Snapshot
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, number, settled


@pytest.fixture
def store(clock: Clock) -> Iterator[SnapshotStore]:
    made = SnapshotStore(backoff=600, longest_backoff=600, clock=clock)
    yield made
    made.close()


def answered(store: SnapshotStore, source: Source, ttl: float = FOREVER) -> Snapshot:
    """What is there after the fetch that asking may start."""
    store.ask("key", source, ttl)
    settled(store, "key")
    snapshot = store.ask("key", source, FOREVER)
    assert snapshot is not None
    return snapshot


def test_there_is_nothing_until_the_first_answer_and_nobody_waits(store: SnapshotStore, source: Source) -> None:
    source.may_end.clear()
    for _ in range(20):
        assert store.ask("key", source, 60) is None
    source.may_end.set()
    settled(store, "key")
    snapshot = store.ask("key", source, 60)
    assert number(snapshot) == 1
    assert source.calls == 1


def test_progress_is_told_while_a_fetch_is_under_way(store: SnapshotStore, source: Source, clock: Clock) -> None:
    assert store.progress("key") is None
    source.progress = [(100, None), (1000, 4000)]
    source.may_end.clear()
    before = datetime.now(UTC)
    store.ask("key", source, 60)
    assert source.started.acquire(timeout=20)
    clock.tick(2)
    progress = store.progress("key")
    assert progress is not None
    assert (progress.received, progress.announced, progress.seconds, progress.rate) == (1000, 4000, 2, 500)
    assert before <= progress.started_at <= datetime.now(UTC)
    source.may_end.set()
    settled(store, "key")


def test_who_waits_for_a_turn_has_progress_too(clock: Clock, source: Source) -> None:
    store = SnapshotStore(max_fetches=1, clock=clock)
    source.may_end.clear()
    store.ask("one", source, 60)
    assert source.started.acquire(timeout=20)
    store.ask("other", source, 60)
    progress = store.progress("other")
    assert progress is not None
    assert (progress.received, progress.announced, progress.rate) == (0, None, 0)
    source.may_end.set()
    settled(store, "one", "other")
    store.close()


def test_the_first_failure_is_told_steadily_also_while_it_is_tried_again(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    source.failure = UnavailableError("down", status=503)
    assert store.ask("key", source, 60) is None
    settled(store, "key")
    before = datetime.now(UTC)
    with pytest.raises(UnavailableError, match="down") as caught:
        store.ask("key", source, 60)
    assert caught.value.next_try is not None
    assert before + timedelta(seconds=600) <= caught.value.next_try <= datetime.now(UTC) + timedelta(seconds=600)
    assert copy.copy(caught.value).next_try == caught.value.copy().next_try == caught.value.next_try
    assert source.calls == 1
    source.may_end.clear()
    clock.tick(600)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="down"):
            store.ask("key", source, 60)
    assert store.progress("key") is not None
    source.failure = None
    source.may_end.set()
    settled(store, "key")
    snapshot = store.ask("key", source, 60)
    assert snapshot is not None
    assert (number(snapshot), snapshot.error, snapshot.next_try) == (2, None, None)


def test_an_answer_says_when_the_next_one_is_due(store: SnapshotStore, source: Source, clock: Clock) -> None:
    def due_in(snapshot: Snapshot | None) -> float:
        assert snapshot is not None
        assert snapshot.due_at is not None
        return (snapshot.due_at - datetime.now(UTC)).total_seconds()

    paused = answered(store, source)
    assert (paused.due_at, paused.next_try) == (None, None)
    assert due_in(store.ask("key", source, 300)) == pytest.approx(300, abs=30)
    clock.tick(20)
    # The shortest of those who look counts, for all.
    assert due_in(store.ask("key", source, 100)) == pytest.approx(80, abs=30)
    assert due_in(store.peek("key")) == pytest.approx(80, abs=30)
    source.failure = RateLimitedError("busy", retry_after=700)
    clock.tick(80)
    store.ask("key", source, 100)
    settled(store, "key")
    failed = store.ask("key", source, 100)
    assert due_in(failed) == pytest.approx(700, abs=30)
    assert failed is not None
    assert failed.next_try is not None
    assert failed.due_at is not None
    assert abs(failed.next_try - failed.due_at) < timedelta(seconds=30)
    assert failed.error is not None
    assert failed.error.next_try == failed.next_try


def test_who_has_paused_starts_nothing(store: SnapshotStore, source: Source, clock: Clock) -> None:
    answered(store, source)
    for _ in range(3):
        clock.tick(500)
        assert number(store.ask("key", source, FOREVER)) == 1
        store.refresh()
    assert source.calls == 1


def test_the_same_answer_again_is_no_new_version(store: SnapshotStore, source: Source, clock: Clock) -> None:
    def frame(second: int, **changes: object) -> pd.DataFrame:
        made = pd.DataFrame(
            {"a": [1.0, None], "b": pd.Categorical(["x", None]), "o": pd.Series([2**70, None], dtype=object)}
        )
        made = made.assign(**changes)
        made.attrs = {"answered_at": f"2026-11-23T11:20:{second:02}+00:00", "report": ("nothing", {"left": "out"})}
        return made

    def next_answer(answer: pd.DataFrame) -> Snapshot:
        source.answer = answer
        clock.tick(10)
        return answered(store, source, 10)

    first = next_answer(frame(1))
    value = first.memo.get("key", lambda: ["computed"])
    same = next_answer(frame(5))
    assert (same.version, same.changed_at) == (first.version, first.answered_at)
    assert same.answered_at - first.answered_at == timedelta(seconds=4)
    assert same.to_frame().attrs["answered_at"] == "2026-11-23T11:20:05+00:00"
    assert same.memo.get("key", lambda: ["again"]) is value
    for changed in (frame(9, a=[1.0, 2.0]), frame(9, b=["x", "y"]), frame(9).head(1), frame(9, c=1)):
        newer = next_answer(changed)
        assert newer.version > same.version
        assert newer.changed_at == newer.answered_at
        assert newer.memo.get("key", lambda: ["again"]) == ["again"]
        assert next_answer(changed).version == newer.version
        same = newer
    other_report = frame(9, c=1)
    other_report.attrs["report"] = ("something", {"left": "out"})
    assert next_answer(other_report).version > same.version


def test_an_old_version_and_what_was_computed_from_it_are_freed(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    frames: list[weakref.ref[pd.DataFrame]] = []

    def fetch(on_progress: OnProgress) -> Answer:
        made = source(on_progress)
        frames.append(weakref.ref(made.frame))
        return made

    for _ in range(3):
        snapshot = store.get("key", fetch, 60)
        frames.append(weakref.ref(snapshot.memo.get("head", lambda frame=snapshot.frame: frame.head(1))))
        del snapshot
        clock.tick(60)
        settled(store, "key")
    store.ask("key", fetch, 60)
    settled(store, "key")
    gc.collect()
    assert [one() is not None for one in frames] == [False] * 6 + [True]

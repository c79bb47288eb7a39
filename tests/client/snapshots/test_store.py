"""The snapshot store with real threads, which wait on events and not on the clock where possible."""

from __future__ import annotations

import gc
import logging
import time
import traceback
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from gridrt_client.answer import Answer, OnProgress
from gridrt_client.errors import GridError, OutOfMemoryError, RateLimitedError, UnavailableError
from gridrt_client.snapshots.snapshot import Snapshot
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, answer, number, settled, until


@pytest.fixture
def store(clock: Clock) -> Iterator[SnapshotStore]:
    # A failure is remembered for longer than any test takes on a busy machine.
    made = SnapshotStore(max_entries=4, backoff=600, longest_backoff=600, clock=clock)
    yield made
    made.close()


def test_the_first_answer_is_waited_for_by_all_and_asked_for_once(store: SnapshotStore, source: Source) -> None:
    source.may_end.clear()
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(store.get, "key", source, 60, 0) for _ in range(20)]
        assert source.started.acquire(timeout=10)
        assert not any(future.done() for future in waiting)
        assert store.peek("key") is None
        source.may_end.set()
        snapshots = [future.result(10) for future in waiting]
    assert source.calls == 1
    assert {number(snapshot) for snapshot in snapshots} == {1}
    assert {snapshot.version for snapshot in snapshots} == {snapshots[0].version}


def test_a_fresh_answer_is_not_asked_for_again(store: SnapshotStore, source: Source) -> None:
    first = store.get("key", source, FOREVER)
    again = store.get("key", source, 60)
    assert source.calls == 1
    assert (again.version, again.error, again.failed_at, again.refreshing) == (first.version, None, None, False)
    assert abs(again.age()) < 5
    assert again.age(again.answered_at + timedelta(seconds=90)) == 90
    assert again.age(again.answered_at - timedelta(seconds=90)) == 0


def test_an_old_answer_is_served_while_it_is_renewed_once(store: SnapshotStore, source: Source) -> None:
    first = store.get("key", source, 60)
    source.may_end.clear()
    for _ in range(10):
        stale = store.get("key", source, 0, 0)
        assert (number(stale), stale.version, stale.refreshing) == (1, first.version, True)
    source.may_end.set()
    settled(store, "key")
    assert source.calls == 2
    newest = store.get("key", source, 60)
    assert number(newest) == 2
    assert newest.version > first.version
    assert newest.answered_at >= first.answered_at


def test_a_renewal_is_waited_for_as_long_as_wanted(store: SnapshotStore, source: Source) -> None:
    store.get("key", source, 60)
    source.may_end.clear()
    started = time.monotonic()
    assert number(store.get("key", source, 0, 0.05)) == 1
    assert 0.04 < time.monotonic() - started < 2
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.get, "key", source, 0, None)
        assert not waiting.done()
        source.may_end.set()
        assert number(waiting.result(10)) == 2
    assert source.calls == 2


def test_the_first_failure_reaches_all_who_wait_and_is_remembered_for_a_moment(
    store: SnapshotStore, source: Source
) -> None:
    source.failure = UnavailableError("down", status=503)
    source.may_end.clear()
    with ThreadPoolExecutor(10) as pool:
        waiting: list[Future[Snapshot]] = [pool.submit(store.get, "key", source, 60) for _ in range(10)]
        assert source.started.acquire(timeout=10)
        source.may_end.set()
        caught = [future.exception(10) for future in waiting]
    assert {type(error) for error in caught} == {UnavailableError}
    assert len({id(error) for error in caught}) == 10
    with pytest.raises(UnavailableError, match="down") as remembered:
        store.get("key", source, 60)
    assert remembered.value.status == 503
    assert store.peek("key") is None
    assert source.calls == 1


def test_after_a_failure_it_is_asked_again_and_all_is_well(store: SnapshotStore, source: Source, clock: Clock) -> None:
    source.failure = UnavailableError("down")
    for _ in range(2):
        with pytest.raises(UnavailableError, match="down"):
            store.get("key", source, FOREVER)
        clock.tick(600)
    source.failure = None
    first = store.get("key", source, FOREVER)
    assert (number(first), first.error) == (3, None)
    source.failure = UnavailableError("down")
    assert store.get("key", source, 0).error is not None
    source.failure = None
    clock.tick(600)
    good = store.get("key", source, 0)
    assert (number(good), good.error, good.failed_at, good.next_try) == (5, None, None, None)
    assert good.version > first.version


def test_a_remembered_error_does_not_grow_and_holds_no_frames(store: SnapshotStore, source: Source) -> None:
    source.failure = RateLimitedError("busy", retry_after=60)
    lengths = set()
    for _ in range(5):
        with pytest.raises(RateLimitedError) as caught:
            store.get("key", source, 60)
        lengths.add(len(traceback.extract_tb(caught.value.__traceback__)))
        assert caught.value.__context__ is None
    assert len(lengths) == 1
    assert source.calls == 1


def test_a_failed_renewal_keeps_the_answer_and_says_why_and_waits_before_the_next_try(
    store: SnapshotStore, source: Source
) -> None:
    first = store.get("key", source, 60)
    source.failure = UnavailableError("down")
    before = datetime.now(UTC)
    kept = store.get("key", source, 0, None)
    assert (number(kept), kept.version, kept.answered_at) == (1, first.version, first.answered_at)
    assert isinstance(kept.error, UnavailableError)
    assert kept.failed_at is not None
    assert before <= kept.failed_at <= datetime.now(UTC)
    for _ in range(20):
        store.get("key", source, 0, None)
    assert source.calls == 2


def test_an_unforeseen_error_leaves_nobody_waiting(
    store: SnapshotStore, source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source.failure = ZeroDivisionError("inner")
    with caplog.at_level(logging.ERROR), pytest.raises(GridError, match="could not be processed") as caught:
        store.get("key", source, FOREVER)
    assert "ZeroDivisionError" in str(caught.value)
    assert "Traceback" in caplog.text
    assert "source.py" in caplog.text
    # The text of an exception may quote the data.
    assert "inner" not in caplog.text
    source.failure = None
    clock.tick(600)
    store.get("key", source, FOREVER)
    source.failure = KeyError("inner")
    kept = store.get("key", source, 0, None)
    assert kept.error is not None
    assert "KeyError" in str(kept.error)


def test_too_little_memory_is_a_reason_and_the_last_answer_stays(
    store: SnapshotStore, source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first = store.get("key", source, FOREVER)
    source.failure = MemoryError()
    clock.tick(600)
    kept = store.get("key", source, 0, None)
    assert kept.version == first.version
    assert isinstance(kept.error, OutOfMemoryError)
    assert "give the process more memory" in str(kept.error)
    assert "Traceback" not in caplog.text


def test_a_frame_is_the_callers_own(store: SnapshotStore) -> None:
    def fetch(on_progress: OnProgress) -> Answer:
        frame = pd.DataFrame({"n": [1, 2], "o": pd.Series([2**70, None], dtype=object)})
        frame.attrs["answered_at"] = "2026-11-23T11:20:00+00:00"
        return answer(frame)

    mine = store.get("key", fetch, 60)
    own = mine.to_frame()
    own.loc[0, "n"] = 99
    own.loc[0, "o"] = "changed"
    own["more"] = 1
    own.attrs["answered_at"] = "changed"
    assert mine.frame.to_dict("list") == {"n": [1, 2], "o": [2**70, None]}
    theirs = store.get("key", fetch, 60)
    assert theirs.frame.to_dict("list") == {"n": [1, 2], "o": [2**70, None]}
    assert theirs.answered_at == datetime(2026, 11, 23, 11, 20, tzinfo=UTC)
    assert theirs.to_frame().attrs["answered_at"] == "2026-11-23T11:20:00+00:00"


def test_the_least_recently_used_are_forgotten(store: SnapshotStore, source: Source) -> None:
    for key in "abcd":
        store.get(key, source, 60)
    store.get("a", source, 60)
    newest = store.get("e", source, 60).version
    assert len(store) == 4
    assert store.peek("b") is None
    assert store.peek("a") is not None
    assert source.calls == 5
    # A version is not given a second time, even to a key that was forgotten.
    assert store.get("b", source, 60).version > newest


def test_forgotten_frames_are_freed(store: SnapshotStore) -> None:
    frames: list[weakref.ref[pd.DataFrame]] = []

    def fetch(on_progress: OnProgress) -> Answer:
        frame = pd.DataFrame({"n": [1]})
        frames.append(weakref.ref(frame))
        return answer(frame)

    for key in range(20):
        store.get(key, fetch, 60)

    def freed() -> bool:
        gc.collect()
        return sum(frame() is not None for frame in frames) <= 4

    until(freed)


def test_what_is_under_way_is_not_forgotten(store: SnapshotStore, source: Source) -> None:
    source.may_end.clear()
    with ThreadPoolExecutor(7) as pool:
        waiting = [pool.submit(store.get, key, source, 60) for key in range(6)]
        until(lambda: source.calls == 6)
        again = pool.submit(store.get, 0, source, 60)
        source.may_end.set()
        for future in [*waiting, again]:
            future.result(10)
    assert source.calls == 6
    assert len(store) == 4


def test_keys_do_not_wait_for_each_other_but_only_so_many_fetch_at_a_time() -> None:
    store, source = SnapshotStore(max_fetches=3, clock=Clock()), Source()
    quick = Source()
    source.may_end.clear()
    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(store.get, key, source, 60) for key in range(2)]
        until(lambda: source.calls == 2)
        assert number(store.get("quick", quick, 60)) == 1
        waiting += [pool.submit(store.get, key, source, 60) for key in range(2, 9)]
        until(lambda: source.calls == 3)
        source.may_end.set()
        for future in waiting:
            future.result(10)
    assert source.most_at_once == 3
    assert source.calls == 9
    store.close()


def test_close_ends_it(store: SnapshotStore, source: Source) -> None:
    store.get("key", source, 60)
    source.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.get, "other", source, 60)
        assert source.started.acquire(timeout=10)
        store.close()
        source.may_end.set()
        assert number(waiting.result(10)) == 2
    assert len(store) == 0
    assert store.peek("key") is None
    with pytest.raises(RuntimeError, match="closed"):
        store.get("key", source, 60)


def test_many_readers_and_renewals_at_once(store: SnapshotStore, source: Source) -> None:
    seen: dict[int, list[int]] = {}

    def read(reader: int) -> None:
        for turn in range(100):
            snapshot = store.get(turn % 3, source, 0, 0 if reader % 2 else None)
            seen.setdefault(reader * 3 + turn % 3, []).append(snapshot.version)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(8)))
    assert all(versions == sorted(versions) for versions in seen.values())
    assert source.most_at_once <= 3


def test_the_state_of_all_keys_is_known(store: SnapshotStore, source: Source, clock: Clock) -> None:
    failing = Source()
    failing.failure = UnavailableError("No")
    kept = store.get("kept", source, 60)
    with pytest.raises(UnavailableError):
        store.get("failing", failing, 60)
    source.may_end.clear()
    store.ask("first", source, FOREVER)
    until(lambda: source.calls == 2)
    good, bad, first = store.statuses()
    assert [one.key for one in (good, bad, first)] == ["kept", "failing", "first"]
    assert (good.records, good.size, good.answered_at, good.interval) == (1, kept.size, kept.answered_at, 60)
    assert (good.running, bad.running, first.running) == (False, False, True)
    assert (good.error, str(bad.error), first.error) == (None, "No. " + UnavailableError.default_advice, None)
    now = datetime.now(UTC)
    assert good.next_try is not None
    assert 55 < (good.next_try - now).total_seconds() <= 60
    assert bad.next_try is not None
    assert 590 < (bad.next_try - now).total_seconds() <= 600
    assert (bad.records, bad.answered_at, bad.took, first.records, first.interval) == (None, None, 0, None, None)
    # Nobody has asked for anything by looking.
    clock.tick(1)
    assert store.statuses()[0].interval == 60
    source.may_end.set()
    until(lambda: not any(one.running for one in store.statuses()))

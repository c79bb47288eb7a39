"""Background refreshes: only with demand, at its interval, and within their share of the time."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.answer import Answer, OnProgress
from gridrt_client.errors import GridTimeoutError, UnavailableError
from gridrt_client.snapshots._entry import Demand
from gridrt_client.snapshots._threads import Timer
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, number, settled, until


class Slow(Source):
    """One whose every call takes its time, by the clock of the test."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds = clock, seconds

    def __call__(self, on_progress: OnProgress) -> Answer:
        self.clock.tick(self.seconds)
        return super().__call__(on_progress)


def renewed(store: SnapshotStore) -> None:
    """What the timer does when it is time."""
    store.refresh()
    settled(store, "key")


def test_while_somebody_looks_the_new_answer_is_there_before_they_ask(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    store.get("key", source, 30)
    clock.tick(29)
    renewed(store)
    assert source.calls == 1
    clock.tick(1)
    renewed(store)
    snapshot = store.peek("key")
    assert (number(snapshot), source.calls) == (2, 2)


def test_nobody_looking_nothing_is_fetched(store: SnapshotStore, source: Source, clock: Clock) -> None:
    store.get("key", source, 30)
    for _ in range(100):
        clock.tick(10)
        renewed(store)
    # For twice the interval after the last look.
    assert source.calls == 3
    assert store.ask("key", source, 30) is not None
    settled(store, "key")
    assert source.calls == 4


def test_a_short_interval_is_looked_at_for_a_while_at_least(store: SnapshotStore, source: Source, clock: Clock) -> None:
    store.get("key", source, 2)
    for _ in range(60):
        clock.tick(1)
        renewed(store)
    assert source.calls == 1 + 15 // 2


def test_the_shortest_interval_counts_as_long_as_that_viewer_looks(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    calls = []
    for second in range(240):
        store.ask("key", source, 60)
        if 60 <= second < 120:
            store.ask("key", source, 10)
        renewed(store)
        clock.tick(1)
        calls.append(source.calls)
    assert (calls[59], calls[121]) == (1, 8)
    assert calls[239] - calls[139] <= 2


def test_who_asked_once_does_not_look(store: SnapshotStore, source: Source, clock: Clock) -> None:
    store.get("key", source, 0)
    store.get("key", source, FOREVER)
    clock.tick(100)
    renewed(store)
    assert source.calls == 1


def test_no_more_than_a_fifth_of_the_time_is_spent_fetching(store: SnapshotStore, clock: Clock) -> None:
    slow = Slow(clock, 7)
    began = clock.now
    for _ in range(400):
        store.ask("key", slow, 2)
        renewed(store)
        clock.tick(1)
    assert slow.calls >= 2
    assert slow.calls * 7 <= (clock.now - began) / 5 + 7
    # Also for those who want it now.
    calls = slow.calls
    store.get("key", slow, 0)
    store.get("key", slow, 0)
    assert slow.calls <= calls + 1


def test_it_says_when_a_slow_answer_is_due(store: SnapshotStore, clock: Clock) -> None:
    slow = Slow(clock, 40)
    snapshot = store.get("key", slow, 30)
    assert snapshot.due_at is not None
    # 200 s after the beginning, which is 40 s ago.
    assert (snapshot.due_at - snapshot.answered_at).total_seconds() == pytest.approx(160, abs=30)
    clock.tick(159)
    store.ask("key", slow, 30)
    assert slow.calls == 1
    clock.tick(1)
    store.ask("key", slow, 30)
    settled(store, "key")
    assert slow.calls == 2


@pytest.mark.parametrize("seconds", [20, 60, 300])
def test_a_slow_failure_of_a_renewal_rests_for_a_minute_at_most(
    store: SnapshotStore, clock: Clock, seconds: float
) -> None:
    slow = Slow(clock, seconds)
    store.get("key", slow, 30)
    slow.failure = GridTimeoutError("slow")
    clock.tick(4 * seconds)
    assert store.get("key", slow, 30).error is not None
    clock.tick(59)
    store.get("key", slow, 30)
    assert slow.calls == 2
    clock.tick(1)
    store.get("key", slow, 30)
    assert slow.calls == 3


def test_a_failed_renewal_is_tried_again_for_those_who_look(store: SnapshotStore, source: Source, clock: Clock) -> None:
    source.failure = UnavailableError("down")
    assert store.ask("key", source, 60) is None
    settled(store, "key")
    source.failure = None
    clock.tick(5)
    renewed(store)
    assert number(store.peek("key")) == 2


def test_the_store_renews_by_itself(source: Source) -> None:
    store = SnapshotStore()
    before = threading.active_count()
    store.ask("key", source, 1)
    until(lambda: source.calls >= 3)
    assert threading.active_count() <= before + 2
    store.close()
    settled(store, "key")
    until(lambda: store._timer._thread is None)


def test_a_store_that_nobody_uses_has_no_thread() -> None:
    before = threading.active_count()
    with_nothing = SnapshotStore()
    assert with_nothing.refresh() is None
    assert threading.active_count() == before


def test_the_timer_works_when_woken_and_ends_when_there_is_nothing_to_wait_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    delays: list[float | None] = [0.001, 0.001, None]
    worked: list[int] = []

    def work() -> float | None:
        worked.append(1)
        if len(worked) == 5:
            raise ValueError("unforeseen")
        return delays.pop(0) if delays else 1000

    timer = Timer(work)
    timer.wake()
    until(lambda: len(worked) == 3 and timer._thread is None)
    timer.wake()
    until(lambda: len(worked) == 4)
    timer.wake()
    until(lambda: "unforeseen" in caplog.text)
    # It goes on, and ends when told.
    timer.wake()
    until(lambda: len(worked) == 6)
    timer.close()
    until(lambda: timer._thread is None)
    timer.wake()
    assert timer._thread is None


@given(st.lists(st.tuples(st.sampled_from([0, 0.5, 1, 5, 7.5, 30, 3600, FOREVER]), st.floats(0, 100)), max_size=20))
def test_looks_are_those_of_the_last_while(asked: list[tuple[float, float]]) -> None:
    looks, now, model = Demand(), 0.0, []
    for ttl, pause in asked:
        looks.add(ttl, now)
        model.append((ttl, now))
        now += pause
        here = [ttl for ttl, at in model if 0 < ttl < FOREVER and now - at <= max(2 * ttl, 15)]
        assert looks.shortest(now) == (max(1, min(here)) if here else None)

"""Many keys at the same time: few threads, a bounded queue, and refreshes that go on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from gridrt_client.errors import BusyError, UnavailableError
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, number, settled, until


def fetch_threads() -> int:
    return sum(thread.name == "gridrt-fetch" for thread in threading.enumerate())


@pytest.fixture
def narrow_store(clock: Clock) -> Iterator[SnapshotStore]:
    """One fetch at a time, three that wait."""
    made = SnapshotStore(max_fetches=1, max_waiting=3, clock=clock)
    yield made
    made.close()


def test_threads_are_few_however_many_ask_and_go_when_there_is_nothing_to_do(
    store: SnapshotStore, source: Source
) -> None:
    source.may_end.clear()
    refused = 0
    for key in range(600):
        try:
            assert store.ask(key, source, 30) is None
        except BusyError:
            refused += 1
        if key == 7:
            # A thread that began late could take a job after the last refusal, and make room for that key.
            until(lambda: source.calls == 6)
    # Six run, or are just about to.
    assert 600 - 6 - 64 <= refused <= 600 - 64
    assert fetch_threads() <= 8
    assert source.calls <= 6
    source.may_end.set()
    settled(store, *range(600))
    until(lambda: fetch_threads() == 0)
    assert source.calls == 600 - refused


def test_who_is_one_too_many_is_told_when_to_come_back(narrow_store: SnapshotStore, source: Source) -> None:
    source.may_end.clear()
    for key in "abcd":
        assert narrow_store.ask(key, source, 30) is None
        if key == "a":
            assert source.started.acquire(timeout=20)
    for ask in (narrow_store.ask, narrow_store.get):
        with pytest.raises(BusyError, match=r"at the same moment\. Try again in a few seconds") as caught:
            ask("e", source, 30)
        assert caught.value.next_try is not None
        assert timedelta(0) < caught.value.next_try - datetime.now(UTC) <= timedelta(seconds=5)
    # Who is known already still gets what is there or on its way.
    assert narrow_store.ask("b", source, 30) is None
    source.may_end.set()
    settled(narrow_store, *"abcd")
    assert number(narrow_store.get("e", source, 30)) == 5


def test_very_first_answers_come_in_the_order_in_which_they_were_asked_for(
    narrow_store: SnapshotStore, source: Source
) -> None:
    source.may_end.clear()
    narrow_store.ask("a", source, FOREVER)
    assert source.started.acquire(timeout=20)
    for key in "dbc":
        narrow_store.ask(key, source, FOREVER)
    source.may_end.set()
    settled(narrow_store, *"abcd")
    assert [number(narrow_store.peek(key)) for key in "adbc"] == [1, 2, 3, 4]


def test_renewals_come_before_first_answers(narrow_store: SnapshotStore, source: Source, clock: Clock) -> None:
    narrow_store.get("old", source, 10)
    clock.tick(10)
    source.may_end.clear()
    assert narrow_store.ask("new", source, 10) is None
    until(lambda: source.calls == 2)
    assert narrow_store.ask("newer", source, 10) is None
    assert narrow_store.ask("old", source, 10) is not None
    source.may_end.set()
    settled(narrow_store, "old", "new", "newer")
    numbers = {key: number(narrow_store.peek(key)) for key in ("old", "new", "newer")}
    assert sorted(numbers.values()) == [2, 3, 4]
    assert numbers["old"] < numbers["newer"]


def test_first_answers_that_hang_keep_no_renewal_waiting(store: SnapshotStore, source: Source, clock: Clock) -> None:
    store.get("looked at", source, 10)
    hanging = Source()
    hanging.may_end.clear()
    for key in range(40):
        assert store.ask(key, hanging, 10) is None
    until(lambda: hanging.running == 6)
    for renewal in range(2, 5):
        clock.tick(10)
        store.refresh()
        settled(store, "looked at")
        assert number(store.ask("looked at", source, 10)) == renewal
    assert hanging.most_at_once == 6
    hanging.may_end.set()


def test_renewals_that_hang_keep_no_first_answer_waiting(store: SnapshotStore, source: Source, clock: Clock) -> None:
    hanging = Source()
    for key in range(20):
        store.get(key, hanging, 10)
    hanging.may_end.clear()
    clock.tick(10)
    store.refresh()
    until(lambda: hanging.running == 6)
    assert number(store.get("new", source, 10)) == 1
    assert hanging.most_at_once == 6
    hanging.may_end.set()


def test_what_nobody_asks_for_any_more_is_not_fetched(
    narrow_store: SnapshotStore, source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source.may_end.clear()
    narrow_store.ask("first", source, 60)
    assert source.started.acquire(timeout=20)
    narrow_store.ask("left", source, 60)
    narrow_store.ask("stays", source, 60)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(narrow_store.get, "waits", source, FOREVER)
        until(lambda: narrow_store.progress("waits") is not None)
        clock.tick(10.5)
        narrow_store.ask("stays", source, 60)
        with caplog.at_level(logging.DEBUG, "gridrt_client"):
            source.may_end.set()
            assert number(waiting.result(20)) == 3
            settled(narrow_store, "first", "left", "stays")
    assert narrow_store.peek("left") is None
    assert source.calls == 3
    assert [(one.levelname, "dropped" in one.getMessage()) for one in caplog.records] == [("DEBUG", True)]
    # Nobody is told that anything was wrong.
    assert narrow_store.ask("left", source, 60) is None
    settled(narrow_store, "left")
    assert number(narrow_store.ask("left", source, 60)) == 4


def test_what_was_dropped_does_not_go_ahead_for_others(
    narrow_store: SnapshotStore, source: Source, clock: Clock
) -> None:
    busy = Source()
    source.failure = UnavailableError("down")
    assert narrow_store.ask("a", source, 60, api="api") is None
    settled(narrow_store, "a")
    source.failure = None
    busy.may_end.clear()
    narrow_store.ask("busy", busy, 60)
    assert busy.started.acquire(timeout=20)
    clock.tick(5)
    # The one that would go ahead waits for its turn, until nobody wants it.
    with pytest.raises(UnavailableError):
        narrow_store.ask("a", source, 60, api="api")
    clock.tick(11)
    busy.may_end.set()
    settled(narrow_store, "a", "busy")
    assert source.calls == 1
    assert narrow_store.ask("b", source, 60, api="api") is None
    settled(narrow_store, "b")
    assert number(narrow_store.ask("b", source, 60, api="api")) == 2


def test_who_passes_by_does_not_push_out_what_is_looked_at(source: Source, clock: Clock) -> None:
    store = SnapshotStore(max_entries=5, clock=clock)
    for _ in range(3):
        for key in ("one", "two"):
            store.get(key, source, 120)
        clock.tick(10)
    known = {key: number(store.peek(key)) for key in ("one", "two")}
    for key in range(100):
        store.get(key, source, 120)
    assert {key: number(store.peek(key)) for key in ("one", "two")} == known
    assert len(store) == 5
    store.close()


def test_a_fetch_tells_since_when_it_is_wanted_also_while_it_waits(
    narrow_store: SnapshotStore, source: Source, clock: Clock
) -> None:
    first = narrow_store.get("old", source, 10)
    assert (first.refreshing, first.refreshing_since) == (False, None)
    source.may_end.clear()
    before = datetime.now(UTC)
    narrow_store.ask("one", source, 10)
    until(lambda: source.calls == 2)
    narrow_store.ask("two", source, 10)
    clock.tick(12)
    running, waiting = narrow_store.progress("one"), narrow_store.progress("two")
    assert running is not None
    assert waiting is not None
    assert (running.waiting, running.seconds, waiting.waiting, waiting.seconds) == (False, 12, True, 12)
    assert before <= running.began_at <= running.started_at <= waiting.began_at <= datetime.now(UTC)
    renewing = narrow_store.ask("old", source, 10)
    assert renewing is not None
    assert renewing.refreshing
    assert renewing.refreshing_since is not None
    assert waiting.began_at <= renewing.refreshing_since <= datetime.now(UTC)
    source.may_end.set()
    settled(narrow_store, "old")
    renewed = narrow_store.peek("old")
    assert renewed is not None
    assert renewed.refreshing_since is None

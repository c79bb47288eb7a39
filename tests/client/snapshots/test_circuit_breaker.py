"""All queries pause together after a failure of the API; a probe ends the pause."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gridrt_client import errors
from gridrt_client.errors import (
    BadQueryError,
    GridError,
    RateLimitedError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
)
from gridrt_client.snapshots.snapshot import Snapshot
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, number, settled, until

API = ("https://api", "tenant", "hash")
KEYS = "abcdef"


def ask(store: SnapshotStore, key: str, source: Source, ttl: float = FOREVER, api: object = API) -> Snapshot | None:
    """One look, after which whatever it started has ended."""
    try:
        return store.ask(key, source, ttl, api=api)  # type: ignore[arg-type]
    finally:
        settled(store, key)


def all_good(store: SnapshotStore, source: Source) -> None:
    for key in KEYS:
        assert ask(store, key, source) is None
    assert source.calls == len(KEYS)


def told(store: SnapshotStore, key: str, source: Source) -> GridError:
    with pytest.raises(GridError) as caught:
        store.ask(key, source, FOREVER, api=API)
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        errors.UnavailableError("x"),
        errors.TLSError("x"),
        errors.GridTimeoutError("x"),
        errors.RateLimitedError("x"),
        errors.UnauthorizedError("x"),
        errors.ForbiddenError("x"),
        errors.UnknownTenantError("x"),
        errors.RedirectedError("x"),
        errors.NotJSONError("x"),
        errors.NotAnArrayError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_says_something_about_the_api_keeps_all_queries_from_it(
    store: SnapshotStore, source: Source, error: GridError
) -> None:
    source.failure = error
    assert ask(store, "a", source) is None
    for _ in range(50):
        for key in KEYS:
            assert type(told(store, key, source)) is type(error)
    assert source.calls == 1
    # Another API is another matter.
    assert ask(store, "other", Source(), api="elsewhere") is None
    assert number(ask(store, "other", source, api="elsewhere")) == 1


@pytest.mark.parametrize(
    "error",
    [BadQueryError("x"), TooLargeError("x"), errors.InvalidQueryError("x"), KeyError("unforeseen")],
    ids=lambda error: type(error).__name__,
)
def test_what_says_something_about_one_query_keeps_only_that(
    store: SnapshotStore, source: Source, clock: Clock, error: Exception
) -> None:
    source.failure = error
    assert ask(store, "a", source) is None
    assert told(store, "a", source).next_try is not None
    source.failure = None
    assert ask(store, "b", source) is None
    assert number(ask(store, "b", source)) == 2
    told(store, "a", source)
    assert source.calls == 2
    clock.tick(5)
    told(store, "a", source)
    settled(store, "a")
    assert number(ask(store, "a", source)) == 3


def test_the_others_stay_as_they_are_and_show_the_error(store: SnapshotStore, source: Source, clock: Clock) -> None:
    all_good(store, source)
    source.failure = UnauthorizedError("refused")
    clock.tick(60)
    ask(store, "a", source, 60)
    failed = ask(store, "a", source)
    assert failed is not None
    for key in KEYS[1:]:
        stale = ask(store, key, source, 60)
        assert stale is not None
        assert isinstance(stale.error, UnauthorizedError)
        assert (stale.refreshing, stale.failed_at) == (False, failed.failed_at)
        assert stale.next_try is not None
        assert 0 < (stale.next_try - datetime.now(UTC)).total_seconds() <= 5
        assert stale.due_at is not None
        assert abs(stale.due_at - stale.next_try).total_seconds() < 30
    assert source.calls == len(KEYS) + 1


def test_after_the_pause_one_fetch_goes_ahead_and_its_success_lets_the_others_follow(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    all_good(store, source)
    source.failure = UnavailableError("down")
    clock.tick(60)
    ask(store, "a", source, 60)
    for key in KEYS:
        ask(store, key, source, 60)
    assert source.calls == len(KEYS) + 1
    source.failure = None
    source.may_end.clear()
    clock.tick(5)
    for _ in range(5):
        for key in KEYS:
            store.ask(key, source, 60, api=API)
        store.refresh()
    until(lambda: source.running == 1)
    assert source.calls == len(KEYS) + 2
    source.may_end.set()
    until(lambda: source.calls == 2 * len(KEYS) + 1)
    settled(store, *KEYS)
    for key in KEYS:
        snapshot = ask(store, key, source, 60)
        assert snapshot is not None
        assert (snapshot.error, snapshot.failed_at, snapshot.next_try) == (None, None, None)
        assert number(snapshot) > len(KEYS)
    assert source.calls == 2 * len(KEYS) + 1


def test_a_failure_of_the_one_that_went_ahead_makes_the_pause_longer(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    all_good(store, source)
    source.failure = UnavailableError("down")
    clock.tick(60)
    began, times = clock.now, [0.0]
    calls = source.calls
    for key in KEYS:
        ask(store, key, source, 60)
    assert source.calls == calls + 1
    for _ in range(300):
        clock.tick(1)
        before = source.calls
        for key in KEYS:
            ask(store, key, source, 60)
        if source.calls > before:
            assert source.calls == before + 1
            times.append(clock.now - began)
    assert times == [0, 5, 15, 35, 75, 135, 195, 255]


def test_while_there_is_nothing_to_show_the_pause_stays_short(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    source.failure = UnavailableError("down")
    assert ask(store, "a", source) is None
    for turn in range(1, 10):
        clock.tick(5)
        for key in KEYS:
            with pytest.raises(UnavailableError):
                ask(store, key, source)
            settled(store, *KEYS)
        assert source.calls == 1 + turn


def test_several_that_fail_together_are_one_failure(store: SnapshotStore, source: Source, clock: Clock) -> None:
    all_good(store, source)
    source.failure = UnavailableError("down")
    source.may_end.clear()
    clock.tick(60)
    for key in KEYS:
        store.ask(key, source, 60, api=API)
    until(lambda: source.running == len(KEYS))
    source.may_end.set()
    settled(store, *KEYS)
    failed = store.peek("a")
    assert failed is not None
    assert failed.next_try is not None
    assert (failed.next_try - datetime.now(UTC)).total_seconds() <= 5


def test_an_api_that_names_its_time_gets_it_from_all(store: SnapshotStore, source: Source, clock: Clock) -> None:
    source.failure = RateLimitedError("busy", retry_after=120)
    assert ask(store, "a", source) is None
    source.failure = None
    clock.tick(119)
    for key in KEYS:
        store.retry_now(key)
        assert isinstance(told(store, key, source), RateLimitedError)
    assert source.calls == 1
    clock.tick(1)
    # Who was refused is told so until there is an answer; for somebody new it is on its way.
    assert isinstance(told(store, "b", source), RateLimitedError)
    settled(store, "b")
    assert number(ask(store, "b", source)) == 2
    assert ask(store, "new", source) is None


def test_a_wish_that_comes_later_counts_too_but_not_beyond_reason(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    first, second = Source(), Source()
    first.failure = UnavailableError("down")
    second.failure = RateLimitedError("busy", retry_after=10_000)
    second.may_end.clear()
    assert store.ask("b", second, FOREVER, api=API) is None
    assert ask(store, "a", first) is None
    second.may_end.set()
    settled(store, "b")
    clock.tick(899)
    assert isinstance(told(store, "c", source), RateLimitedError)
    clock.tick(1)
    assert ask(store, "new", source) is None
    assert number(ask(store, "new", source)) == 1


def test_a_person_ends_the_pause_of_the_api_for_one_try(store: SnapshotStore, source: Source) -> None:
    source.failure = UnavailableError("down")
    assert ask(store, "a", source) is None
    told(store, "b", source)
    for calls in range(2, 5):
        store.retry_now("b")
        for key in ("b", "a", "c"):
            told(store, key, source) if key != "c" else None
            settled(store, "a", "b")
        assert source.calls == calls
    source.failure = None
    store.retry_now("a")
    assert number(store.get("a", source, FOREVER, api=API)) == 5


def test_a_query_that_fails_always_does_not_keep_the_others_waiting(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    bad = Source()
    all_good(store, source)
    ask(store, "bad", bad)
    bad.failure = UnavailableError("down")
    for _ in range(300):
        clock.tick(1)
        for key in KEYS:
            ask(store, key, source, 10)
        ask(store, "bad", bad, 10)
        settled(store, *KEYS, "bad")
    # Every other query every ten seconds but for short pauses, and the bad one about once a minute.
    assert source.calls > 0.6 * 30 * len(KEYS)
    assert 6 <= bad.calls <= 16


def test_what_began_before_the_failure_does_not_say_that_all_is_well(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    slow = Source()
    slow.may_end.clear()
    assert store.ask("slow", slow, FOREVER, api=API) is None
    source.failure = UnavailableError("down")
    assert ask(store, "a", source) is None
    slow.may_end.set()
    settled(store, "slow")
    assert isinstance(told(store, "b", source), UnavailableError)
    # What has just been answered needs no other answer yet.
    snapshot = ask(store, "slow", slow, 60)
    assert snapshot is not None
    assert (snapshot.error, snapshot.failed_at, snapshot.next_try) == (None, None, None)
    clock.tick(60)
    source.may_end.clear()
    assert store.ask("slow", slow, 60, api=API) is not None


def test_a_new_query_that_goes_ahead_is_on_its_way_and_not_refused(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    source.failure = UnavailableError("down")
    assert ask(store, "a", source) is None
    clock.tick(1000)
    source.failure = None
    source.may_end.clear()
    assert store.ask("b", source, 30, api=API) is None
    source.may_end.set()
    settled(store, "b")
    assert number(ask(store, "b", source)) == 2

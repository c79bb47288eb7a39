"""Several processes on one Redis: one fetches, the others read; without Redis each fetches for itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from gridrt_client import errors
from gridrt_client.answer import SharedAnswer
from tests.client.sharing.conftest import Replica
from tests.client.sharing.fetches import KEY, LOCK_SECONDS, TOKEN, Api, fetch
from tests.client.source import until
from tests.redis_server import RedisServer


def test_what_one_has_fetched_the_others_read(replica: Replica, api: Api) -> None:
    one, another = replica(), replica()
    first, second = fetch(one[0], api), fetch(another[0], api)
    assert api.calls == 1
    assert isinstance(second, SharedAnswer)
    pd.testing.assert_frame_equal(second.frame, first.frame)
    assert (second.report, second.answered_at, second.api_time) == (first.report, first.answered_at, first.api_time)
    assert 0 <= second.age < 5
    assert (one[1].status.own_fetches, one[1].status.shared_reads) == (1, 0)
    assert (another[1].status.own_fetches, another[1].status.shared_reads) == (0, 1)


def test_what_is_too_old_is_fetched_again(replica: Replica, api: Api) -> None:
    one, another = replica()[0], replica()[0]
    api.answered_at = timedelta(seconds=-10)
    fetch(one, api)
    assert isinstance(fetch(another, api, max_age=15), SharedAnswer)
    assert not isinstance(fetch(another, api, max_age=10), SharedAnswer)
    assert not isinstance(fetch(another, api, max_age=0), SharedAnswer)
    assert isinstance(fetch(one, api, max_age=float("inf")), SharedAnswer)
    assert api.calls == 3


def test_those_who_come_meanwhile_wait_for_the_one_who_fetches(replica: Replica, api: Api) -> None:
    api.may_end.clear()
    with ThreadPoolExecutor(5) as pool:
        fetches = [pool.submit(fetch, replica()[0], api) for _ in range(5)]
        # Longer than the lock lives without being renewed.
        time.sleep(LOCK_SECONDS + 0.5)
        assert api.calls == 1
        api.may_end.set()
        answers = [one.result() for one in fetches]
    assert api.calls == 1
    assert sum(isinstance(answer, SharedAnswer) for answer in answers) == 4


def test_a_lock_that_nobody_renews_expires(replica: Replica, api: Api, redis_server: RedisServer) -> None:
    api.may_end.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(fetch, replica()[0], api)
        until(lambda: api.calls == 1)
        (lock,) = redis_server.names("*:lock:*")
        redis_server.client.set(lock, "of a process that was killed", px=1500)
        second, began = pool.submit(fetch, replica()[0], api), time.monotonic()
        until(lambda: api.calls == 2)
        assert 1 < time.monotonic() - began < 4
        api.may_end.set()
        assert not isinstance(first.result(), SharedAnswer)
        assert not isinstance(second.result(), SharedAnswer)
    assert redis_server.names("*:lock:*") == []


def test_nobody_gets_what_belongs_to_another_key_token_or_schema(replica: Replica, api: Api) -> None:
    fetch(replica()[0], api)
    fetch(replica()[0], api, key=replace(KEY, answer=("https://api", "other", "events")))
    fetch(replica(token="other")[0], api)
    assert api.calls == 3


def test_redis_holds_nothing_in_clear(replica: Replica, api: Api, redis_server: RedisServer) -> None:
    fetch(replica()[0], api)
    api.failure = errors.RateLimitedError("Too many requests", status=429)
    with pytest.raises(errors.RateLimitedError):
        fetch(replica()[0], api, max_age=0)
    held = redis_server.everything()
    for text in (TOKEN, "https://api", "tenant", "captureId", "203.0.113.7", "Too many", "RateLimitedError"):
        assert text.encode() not in held
    assert all(0 < redis_server.client.pttl(name) <= 600_000 for name in redis_server.names())


def test_a_replaced_answer_is_kept_for_a_moment_only(replica: Replica, api: Api, redis_server: RedisServer) -> None:
    shared = replica()[0]
    for _ in range(5):
        fetch(shared, api, max_age=0)
    left = sorted(redis_server.client.pttl(name) for name in redis_server.names("*:answer:*"))
    assert len(left) == 6
    assert all(one <= 10_000 for one in left[:4])
    assert left[4] > 50_000


Change = Callable[[RedisServer, bytes, bytes], Any]
SPOILED: dict[str, Change] = {
    "header changed": lambda redis, header, frame: redis.client.setrange(header, 40, b"X"),
    "header cut": lambda redis, header, frame: redis.client.set(header, redis.client.get(header)[:-1]),
    "header of garbage": lambda redis, header, frame: redis.client.set(header, b"\x80\x04pickle" * 20),
    "header huge": lambda redis, header, frame: redis.client.set(header, b"x" * 5_000_000),
    "header without start": lambda redis, header, frame: redis.client.set(header, redis.client.get(header)[32:]),
    "frame changed": lambda redis, header, frame: redis.client.setrange(frame, 100, b"X"),
    "frame cut": lambda redis, header, frame: redis.client.set(frame, redis.client.get(frame)[:-1]),
    "frame gone": lambda redis, header, frame: redis.client.delete(frame),
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_was_spoiled_is_ignored_and_replaced(
    how: str, replica: Replica, api: Api, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(replica()[0], api)
    header, frame = sorted(redis_server.names("*:answer:*"), key=len)
    SPOILED[how](redis_server, header, frame)
    shared, link = replica()
    assert not isinstance(fetch(shared, api), SharedAnswer)
    assert isinstance(fetch(replica()[0], api), SharedAnswer)
    assert api.calls == 2
    assert redis_server.client.strlen(sorted(redis_server.names("*:answer:*"), key=len)[1]) < 20_000
    warned = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warned) == (0 if how == "frame gone" else 1)
    assert not link.status.is_alone


def test_an_answer_under_another_name_from_the_future_or_too_large_is_ignored(
    replica: Replica, api: Api, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    other = replace(KEY, answer="other")
    fetch(replica()[0], api)
    fetch(replica()[0], api, key=other)
    one, two = (name for name in redis_server.names("*:answer:*") if name.count(b":") == 3)
    redis_server.client.rename(one, two)
    for key in (KEY, other):
        assert not isinstance(fetch(replica()[0], api, key=key), SharedAnswer)
    assert "it was not sealed with this access token" in caplog.text
    assert not isinstance(fetch(replica(max_bytes=1000)[0], api), SharedAnswer)
    assert "larger than GRIDRT_MAX_BYTES" in caplog.text
    api.answered_at = timedelta(minutes=5)
    fetch(replica()[0], api, max_age=0)
    assert not isinstance(fetch(replica()[0], api), SharedAnswer)
    assert "the clocks of two computers differ" in caplog.text


SHARED_FAILURES = [
    errors.UnauthorizedError("The access token is not accepted", status=401),
    errors.RateLimitedError("Too many requests", status=429, retry_after=30.0, tries=4),
    errors.UnavailableError("The API has a problem", status=503),
    errors.GridTimeoutError("No answer in time"),
    errors.BadQueryError("The API refused \u202e the query\nwith a text", status=400),
]


@pytest.mark.parametrize("failure", SHARED_FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_of_the_api_is_met_once(failure: errors.GridError, replica: Replica, api: Api) -> None:
    api.failure = failure
    met: list[errors.GridError] = []
    for _ in range(3):
        with pytest.raises(type(failure)) as caught:
            fetch(replica()[0], api)
        met.append(caught.value)
    assert api.calls == 1
    assert met[1].status == failure.status
    assert met[1].tries == failure.tries
    assert "\u202e" not in str(met[1])
    assert str(met[1]).split()[:3] == str(failure).split()[:3]
    if failure.retry_after:
        assert met[2].retry_after == pytest.approx(30, abs=5)


def test_a_failure_counts_for_what_else_would_meet_it(replica: Replica, api: Api) -> None:
    elsewhere = replace(KEY, answer="other", endpoint="other")
    api.failure = errors.UnavailableError("The API has a problem", status=503)
    for key, calls in ((KEY, 1), (replace(KEY, answer="other"), 1), (elsewhere, 2)):
        with pytest.raises(errors.UnavailableError):
            fetch(replica()[0], api, key=key)
        assert api.calls == calls


@pytest.mark.parametrize(
    "failure",
    [errors.UnavailableError("No connection"), errors.ConnectTimeoutError("No connection"), errors.TLSError("TLS")],
)
def test_a_failure_that_may_be_this_computers_own_is_not_shared(
    failure: errors.GridError, replica: Replica, api: Api, redis_server: RedisServer
) -> None:
    api.failure = failure
    with pytest.raises(type(failure)):
        fetch(replica()[0], api)
    assert redis_server.names() == []
    api.failure = None
    fetch(replica()[0], api)
    assert api.calls == 2

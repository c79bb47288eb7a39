"""Several processes on one Redis: one fetches, the others read; without Redis each fetches for itself."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gridrt_client import errors
from gridrt_client.answer import Answer, OnProgress, SharedAnswer
from gridrt_client.decoding.decoder import decode
from gridrt_client.schema import EVENT
from gridrt_client.sharing.shared_fetch import SharedFetches, SharedKey
from tests.client.server import CERTIFICATE
from tests.client.sharing.conftest import KEY, LOCK_SECONDS, TOKEN, Replica
from tests.client.source import until
from tests.redis_server import PASSWORD, PASSWORD_IN_URL, RedisServer

RECORDS = [{"captureId": f"id-{n}", "str1": "Räksmörgås", "int1": 2**70 + n, "ip": "203.0.113.7"} for n in range(500)]


class Api:
    """What answers the fetches: counts them, waits, fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.failure: errors.GridError | None = None
        self.may_end = threading.Event()
        self.may_end.set()
        self.answered_at = timedelta(0)  # from now
        self._lock = threading.Lock()

    def __call__(self, on_progress: OnProgress) -> Answer:
        with self._lock:
            self.calls += 1
        assert self.may_end.wait(20)
        if self.failure is not None:
            raise self.failure.copy()
        now = datetime.now(UTC) + self.answered_at
        return Answer(*decode(json.dumps(RECORDS).encode(), EVENT), now, now + timedelta(hours=1))


@pytest.fixture
def api() -> Api:
    return Api()


def fetch(shared: SharedFetches, api: Api, max_age: float = 30.0, key: SharedKey = KEY) -> Answer:
    return shared.function(key, api, lambda: max_age)(lambda *_: None)


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


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_without_redis_each_goes_on_alone_and_returns_by_itself(
    replica: Replica, api: Api, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    (one, link), (another, _) = replica(), replica()
    fetch(one, api)
    assert not link.status.is_alone
    redis_server.kill()
    for _ in range(5):
        began = time.monotonic()
        fetch(one, api, max_age=0)
        assert time.monotonic() - began < 1
    assert link.status.is_alone
    assert link.status.reason == "can't be reached"
    assert warnings(caplog) == [
        "Redis can't be reached: until it works again, this process calls the API for itself",
    ]
    redis_server.start()
    until(lambda: not isinstance(fetch(one, api, max_age=0), SharedAnswer) and not link.status.is_alone)
    assert warnings(caplog)[1:] == ["Redis works again: answers of the API are shared"]
    calls = api.calls
    until(lambda: isinstance(fetch(another, api), SharedAnswer))
    assert api.calls <= calls + 1


def test_a_redis_that_hangs_costs_less_than_a_second_once(
    replica: Replica, api: Api, redis_server: RedisServer
) -> None:
    shared, link = replica(pause=2.0)
    fetch(shared, api)
    redis_server.halt()
    try:
        began = time.monotonic()
        fetch(shared, api)
        assert time.monotonic() - began < 1
        began = time.monotonic()
        fetch(shared, api)
        assert time.monotonic() - began < 0.2
        assert link.status.reason == "answers too slowly"
    finally:
        redis_server.resume()
    until(lambda: isinstance(fetch(shared, api), SharedAnswer))
    assert not link.status.is_alone


def test_a_full_redis_is_said_once_and_used_again_when_it_has_room(
    replica: Replica, api: Api, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    shared, link = replica()
    redis_server.client.config_set("maxmemory", 1)
    for _ in range(4):
        assert not isinstance(fetch(shared, api), SharedAnswer)
        time.sleep(0.25)
    assert link.status.reason == "is full"
    assert len(warnings(caplog)) == 1
    redis_server.client.config_set("maxmemory", 0)
    until(lambda: isinstance(fetch(shared, api), SharedAnswer))


def test_a_wrong_password_is_named_and_not_shown(
    replica: Replica, api: Api, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    shared, link = replica(redis_server.url.replace(PASSWORD_IN_URL, "wr0ng-s3cret"))
    with caplog.at_level(logging.DEBUG):
        fetch(shared, api)
    assert link.status.reason == "refuses the user or the password"
    assert "wr0ng-s3cret" not in caplog.text + repr(link) + repr(shared) + repr(link.status)
    assert PASSWORD not in caplog.text


def test_redis_that_dies_while_others_wait_leaves_each_alone(
    replica: Replica, api: Api, redis_server: RedisServer
) -> None:
    api.may_end.clear()
    with ThreadPoolExecutor(3) as pool:
        fetches: list[Future[Answer]] = [pool.submit(fetch, replica()[0], api) for _ in range(3)]
        until(lambda: api.calls == 1)
        time.sleep(0.3)
        redis_server.kill()
        until(lambda: api.calls == 3)
        api.may_end.set()
        assert not any(isinstance(one.result(), SharedAnswer) for one in fetches)


def test_over_tls_with_a_certificate_that_is_trusted(replica: Replica, api: Api, tmp_path: Path) -> None:
    server = RedisServer(tmp_path, CERTIFICATE)
    server.start()
    try:
        url = f"{server.url}?ssl_ca_certs={CERTIFICATE}"
        fetch(replica(url)[0], api)
        assert isinstance(fetch(replica(url)[0], api), SharedAnswer)
        # Nobody vouches for it without that file.
        shared, link = replica(server.url)
        fetch(shared, api)
        assert link.status.reason == "can't be reached"
    finally:
        server.kill()


def test_an_answer_that_can_not_be_stored_is_right_all_the_same(
    replica: Replica, api: Api, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(on_progress: OnProgress) -> Answer:
        found = api(on_progress)
        return replace(found, frame=found.frame.drop(columns="ip"))

    answer = replica()[0].function(KEY, odd, lambda: 30.0)(lambda *_: None)
    assert len(answer.frame) == len(RECORDS)
    assert redis_server.names() == []
    assert "could not be stored in Redis" in caplog.text


def test_redis_that_hangs_during_a_fetch_costs_less_than_a_second(
    replica: Replica, api: Api, redis_server: RedisServer
) -> None:
    api.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fetch, replica()[0], api)
        until(lambda: api.calls == 1)
        redis_server.halt()
        try:
            began = time.monotonic()
            api.may_end.set()
            running.result()
            assert time.monotonic() - began < 1.2
        finally:
            redis_server.resume()

"""Without Redis each process fetches for itself, soon, and returns to sharing by itself."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from gridrt_client.answer import Answer, OnProgress, SharedAnswer
from tests.client.server import CERTIFICATE
from tests.client.sharing.conftest import Replica
from tests.client.sharing.fetches import KEY, RECORDS, Api, fetch
from tests.client.source import until
from tests.redis_server import PASSWORD, PASSWORD_IN_URL, RedisServer


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

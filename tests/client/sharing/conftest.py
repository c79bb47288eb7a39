"""Fixtures: a Redis, and several processes' worth of connections to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gridrt_client.sharing._link import Link
from gridrt_client.sharing.shared_fetch import SharedFetches
from tests.client.sharing.fetches import LOCK_SECONDS, TOKEN, Api
from tests.redis_server import RedisServer


@pytest.fixture(scope="package")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_server(_redis: RedisServer) -> Iterator[RedisServer]:
    """A running Redis with nothing in it."""
    _redis.client.flushall()
    yield _redis
    if not _redis.runs:
        _redis.start()
    _redis.client.config_set("maxmemory", 0)


Replica = Callable[..., tuple[SharedFetches, Link]]


@pytest.fixture
def replica(redis_server: RedisServer) -> Iterator[Replica]:
    """What one process has: its shared fetches and its link."""
    links: list[Link] = []

    def make(
        url: str = redis_server.url, token: str = TOKEN, max_bytes: int = 1 << 30, pause: float = 0.2
    ) -> tuple[SharedFetches, Link]:
        link = Link(url, pause=pause, longest_pause=2 * pause)
        links.append(link)
        return SharedFetches(link, token, max_bytes=max_bytes, longest_wait=20, lock_seconds=LOCK_SECONDS), link

    yield make
    for link in links:
        link.client.close()


@pytest.fixture
def api() -> Api:
    return Api()

"""Connections of several processes to one Redis, each with a store of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st

from gridrt_client import EventsQuery, SessionsQuery, errors
from gridrt_client.connection import GridConnection
from gridrt_client.sharing import shared_fetch
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.server import Server, reply
from tests.client.sharing.fetches import TOKEN
from tests.redis_server import RedisServer

Process = Callable[..., GridConnection]


@pytest.fixture
def process(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """Return a connection as of a process of its own."""
    stores: list[SnapshotStore] = []
    monkeypatch.setattr(shared_fetch, "_links", {})
    st.cache_resource.clear()

    def make(server: Server, **changes: Any) -> GridConnection:
        settings = {"tenant_id": "tenant", "access_token": TOKEN, "base_url": server.url, "retries": 0}
        connection = GridConnection("grid", **{**settings, "redis_url": redis_server.url, **changes})
        stores.append(SnapshotStore(backoff=60))
        connection.store = stores[-1]  # type: ignore[misc]
        return connection

    yield make
    for store in stores:
        store.close()


def numbered() -> Server:
    return Server([reply(body=json.dumps([{"captureId": str(m)} for m in range(n)]).encode()) for n in range(1, 20)])


def test_processes_call_the_api_once_for_each_query(process: Process) -> None:
    with numbered() as server:
        for grid in (process(server), process(server), process(server)):
            assert len(grid.sessions()) == 1
            assert len(grid.events(spaceId="s")) == 2
            assert len(grid.events(spaceId="s", eventType="X")) == 0
            assert len(grid.latest_events("str1")) == 3
        assert len(server.seen) == 3
    assert shared_fetch.status() is not None


def test_another_tenant_token_or_server_shares_nothing(process: Process) -> None:
    with numbered() as server, numbered() as elsewhere:
        process(server).sessions()
        for changes in ({}, {"tenant_id": "other"}, {"access_token": "other"}, {"base_url": elsewhere.url}):
            process(server, **changes).sessions()
        assert (len(server.seen), len(elsewhere.seen)) == (3, 1)


def test_a_query_that_may_not_be_shared_never_reaches_redis(
    process: Process, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionsQuery, "shareable", False)
    with numbered() as server:
        assert [len(process(server).sessions()) for _ in range(2)] == [1, 2]
        assert redis_server.names() == []
        assert [len(process(server).snapshot(EventsQuery()).frame) for _ in range(2)] == [3, 3]


def test_a_refused_token_is_met_once_by_all_processes(process: Process) -> None:
    with Server([reply(401)]) as server:
        for query in (SessionsQuery(), EventsQuery(), SessionsQuery(spaceId="s")):
            with pytest.raises(errors.UnauthorizedError, match=r"The request for \w+ failed"):
                process(server).snapshot(query)
        assert len(server.seen) == 1

"""The Streamlit connection: settings from its sources, and one store for all viewers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from gridrt_client import EventsQuery, LatestEventsQuery, RealtimeClient, SessionsQuery, Settings, errors
from gridrt_client.connection import FORGET_CLEAR_AFTER, GridConnection
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.server import Exchange, Reply, Server, hang, reply
from tests.client.source import Clock, until

TYPE = "gridrt_client.connection.GridConnection"
FOREVER = float("inf")
TOKEN = "t0ken-that-nobody-may-see"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[SnapshotStore]:
    """A store and a cache of connections of each test's own."""
    own = SnapshotStore(backoff=60, clock=clock)
    monkeypatch.setattr(GridConnection, "store", own)
    st.cache_resource.clear()
    yield own
    st.cache_resource.clear()
    own.close()


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for a secrets file that Streamlit reads."""
    path = tmp_path / "secrets.toml"
    before = st.config.get_option("secrets.files")
    st.config.set_option("secrets.files", [str(path)])
    st.secrets._reset()
    yield path
    st.config.set_option("secrets.files", before)
    st.secrets._reset()


def connect(server: Server | None = None, **arguments: Any) -> GridConnection:
    if server is not None:
        arguments = {"tenant_id": "tenant", "access_token": TOKEN, "base_url": server.url, "retries": 0, **arguments}
    connection = st.connection("grid", type=TYPE, **arguments)
    assert isinstance(connection, GridConnection)
    return connection


def numbered() -> Server:
    """A server whose every answer has one record more than the one before."""
    return Server([reply(body=json.dumps([{"captureId": str(m)} for m in range(n)]).encode()) for n in range(1, 20)])


def test_without_any_secrets_file_arguments_are_enough(secrets: Path) -> None:
    assert not secrets.exists()
    with numbered() as server:
        grid = connect(server)
        assert grid.sessions()["captureId"].tolist() == ["0"]
        assert grid.settings.tenant_id == "tenant"


def test_without_any_configuration_it_says_what_is_missing(secrets: Path) -> None:
    with pytest.raises(errors.NotConfiguredError, match="GRIDRT_TENANT_ID and GRIDRT_ACCESS_TOKEN are not set"):
        connect()


def test_secrets_then_environment_then_arguments(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.write_text(
        f'[connections.grid]\ntype = "{TYPE}"\ntenant_id = "s"\naccess_token = "s-token"\nregion = "us"\nretries = 7\n'
    )
    grid = st.connection("grid")
    assert isinstance(grid, GridConnection)
    assert grid.settings.base_url == "https://api.omborigrid.com/regions/us/reports"
    assert (grid.settings.tenant_id, grid.settings.access_token, grid.settings.retries) == ("s", "s-token", 7)
    monkeypatch.setenv("GRIDRT_TENANT_ID", "e")
    grid.reset()
    assert grid.settings.tenant_id == "e"
    assert connect(tenant_id="a").settings.tenant_id == "a"
    assert connect(tenant_id="a").settings.access_token == "s-token"


def test_the_methods_answer_from_snapshots_that_all_viewers_share() -> None:
    with numbered() as server:
        one = connect(server)
        another = connect(server, refresh_seconds=60)
        assert one is not another
        assert len(one.events()) == 1
        assert len(another.events()) == 1
        assert len(one.events(spaceId="X")) == 2
        assert len(one.sessions()) == 3
        assert len(one.latest_events(["str1"])) == 4
        assert len(one.latest_events("str1")) == 4
        assert len(one.latest_events("str1", eventType="X")) == 5
        assert len(one.events(ttl=0)) == 6
        assert len(another.events()) == 6
    targets = [exchange.target.rpartition("/realtime/")[2] for exchange in server.seen]
    assert targets == [
        "event/tenants/tenant",
        "event/tenants/tenant?spaceId=X",
        "session/tenants/tenant",
        "latest-event/tenants/tenant?distinctColumns=str1",
        "latest-event/tenants/tenant?eventType=X&distinctColumns=str1",
        "event/tenants/tenant",
    ]


def test_nobody_gets_what_belongs_to_another_tenant_token_or_server() -> None:
    with numbered() as server, numbered() as elsewhere:
        connections = [
            connect(server),
            connect(server, tenant_id="other"),
            connect(server, access_token="other"),
            connect(elsewhere),
        ]
        for grid in connections:
            grid.sessions()
        assert len(server.seen) == 3
        assert len(elsewhere.seen) == 1
        keys = {grid.key(SessionsQuery()) for grid in connections}
    assert len(keys) == 4
    assert TOKEN not in repr(keys)


def test_snapshots_with_their_age_and_peeks() -> None:
    with numbered() as server:
        grid = connect(server)
        query = EventsQuery(spaceId="s")
        assert grid.peek(query) is None
        assert server.seen == []
        first = grid.snapshot(query)
        peeked = grid.peek(query)
        assert peeked is not None
        assert (peeked.version, len(peeked.frame)) == (first.version, 1)
        assert peeked.age() < 10
        assert grid.snapshot(query, ttl=0).version > first.version
        assert peeked.to_frame().attrs["report"].records == 1


def test_a_failure_is_no_empty_answer_and_the_api_is_left_alone(clock: Clock) -> None:
    body = json.dumps([{"captureId": "1"}]).encode()
    with Server([reply(body=body), reply(503)]) as server:
        grid = connect(server)
        assert len(grid.sessions(ttl=FOREVER)) == 1
        kept = grid.snapshot(SessionsQuery(), ttl=0)
        assert len(kept.frame) == 1
        assert isinstance(kept.error, errors.UnavailableError)
        for query in (SessionsQuery(spaceId="s"), SessionsQuery(deviceId="d")):
            with pytest.raises(errors.UnavailableError, match=r"request for sessions failed\. .*503") as caught:
                grid.snapshot(query, ttl=FOREVER)
            assert caught.value.next_try is not None
            with pytest.raises(errors.UnavailableError, match="503"):
                grid.ask(query, FOREVER)
            assert grid.peek(query) is None
        assert len(server.seen) == 2
        # Another credential is another matter.
        with pytest.raises(errors.UnavailableError, match="503"):
            connect(server, access_token="other").sessions(ttl=FOREVER)
        assert len(server.seen) == 3
        # And so is another endpoint.
        for query in (EventsQuery(), EventsQuery(spaceId="s")):
            with pytest.raises(errors.UnavailableError, match=r"request for events failed\. .*503"):
                grid.snapshot(query, ttl=FOREVER)
        assert len(server.seen) == 4
        clock.tick(60)
        with pytest.raises(errors.UnavailableError, match="503"):
            grid.snapshot(EventsQuery(), ttl=FOREVER)
        assert len(server.seen) == 5
        grid.retry_now(EventsQuery())
        with pytest.raises(errors.UnavailableError, match="503"):
            grid.snapshot(EventsQuery(), ttl=FOREVER)
        assert len(server.seen) == 6


def test_what_is_wrong_with_the_token_or_the_way_is_met_once_for_all_endpoints(clock: Clock) -> None:
    for failing in (reply(401), reply(403), reply(429), reply(302, Location="/login"), Exchange.reset):
        with Server([failing]) as server:
            grid = connect(server, access_token=f"token-{len(server.seen)}-{id(server)}")
            for query in (SessionsQuery(), EventsQuery(), LatestEventsQuery(distinctColumns=("str1",))):
                with pytest.raises(errors.GridError, match=r"^The request for sessions failed\. "):
                    grid.snapshot(query, ttl=FOREVER)
            assert len(server.seen) == 1


def test_what_is_wrong_with_one_endpoint_is_told_of_that_one_alone(clock: Clock) -> None:
    good = reply(body=b'[{"captureId": "1"}]')
    cut = reply(body=b'[{"captureId": "1"}', length=1000, Connection="close")
    for failing in (reply(500), reply(503), reply(404), reply(body=b"<html>"), reply(body=b"{}"), cut, hang):

        def answer(exchange: Exchange, failing: Reply = failing) -> None:
            (failing if "/event/" in exchange.target else good)(exchange)

        with Server([good, good, answer]) as server:
            grid = connect(server, read_timeout=0.2)
            assert len(grid.events(ttl=10)) == len(grid.sessions(ttl=10)) == 1
            clock.tick(10)
            stale = grid.snapshot(EventsQuery(), ttl=10)
            assert str(stale.error).startswith("The request for events failed. ")
            fresh = grid.snapshot(SessionsQuery(), ttl=10)
            assert (fresh.error, fresh.failed_at, fresh.next_try) == (None, None, None)
            assert fresh.answered_at > stale.answered_at
            assert len(grid.sessions(spaceId="new")) == 1


def test_a_page_asks_and_never_waits() -> None:
    began, may_end = threading.Event(), threading.Event()

    def slow(exchange: Exchange) -> None:
        began.set()
        assert may_end.wait(20)
        reply(body=b'[{"captureId": "1", "eventType": "A"}, {"captureId": "2"}]')(exchange)

    with Server([slow]) as server:
        grid = connect(server)
        query = EventsQuery(eventType="A", spaceId="s")
        assert grid.progress(query) is None
        assert grid.ask(query) is None
        assert began.wait(20)
        progress = grid.progress(query)
        assert progress is not None
        assert grid.ask(EventsQuery(spaceId="s"), ttl=5) is None
        may_end.set()
        until(lambda: grid.progress(query) is None)
        answer, whole = grid.ask(query), grid.ask(EventsQuery(spaceId="s"))
    assert answer is not None
    assert whole is not None
    assert (len(answer.frame), len(whole.frame)) == (1, 2)
    assert answer.version == whole.version
    assert [exchange.target.rpartition("/")[2] for exchange in server.seen] == ["tenant?spaceId=s"]
    # What is computed from a part is kept with the whole, but not mistaken for it.
    assert answer.memo.get("rows", lambda: len(answer.frame)) == 1
    assert whole.memo.get("rows", lambda: len(whole.frame)) == 2


def test_the_memory_for_answers_is_a_setting() -> None:
    with numbered() as server:
        grid = connect(server, snapshot_bytes=1)
        assert len(grid.events()) == 1
        assert len(grid.sessions()) == 2
        assert grid.peek(EventsQuery()) is None
        assert grid.peek(SessionsQuery()) is not None
        connect(server)
        assert len(grid.events(spaceId="s")) == 3
        assert grid.peek(SessionsQuery()) is not None


def test_a_query_that_the_api_would_refuse_is_refused_without_a_call() -> None:
    with numbered() as server:
        with pytest.raises(errors.InvalidQueryError):
            connect(server).events(interactionType="some")
        assert server.seen == []


def test_a_connection_works_on_after_reset_and_close() -> None:
    with numbered() as server:
        grid = connect(server)
        assert len(grid.sessions()) == 1
        grid.reset()
        grid.reset()
        assert len(grid.sessions()) == 1
        grid.close()
        assert len(grid.sessions(ttl=0)) == 2
        assert TOKEN not in repr(grid)


def test_personal_data_in_the_clear_is_a_snapshot_of_its_own_that_is_forgotten_soon(
    store: SnapshotStore, clock: Clock
) -> None:
    body = json.dumps(
        [{"captureId": "1", "clientId": "c", "eventType": "CONTACT_X", "str2": "me@example.com"}]
    ).encode()
    with Server([reply(body=body)]) as server:
        connection = connect(server)
        masked, clear = connection.events(ttl=FOREVER), connection.events(ttl=FOREVER, clear=True)
        assert clear[["clientId", "str2"]].iloc[0].tolist() == ["c", "me@example.com"]
        assert masked["clientId"].iloc[0].startswith("•••")
        assert masked["str2"].iloc[0].startswith("•••")
        query = EventsQuery()
        assert connection.peek(query) is not None
        assert connection.peek(query, clear=True) is not None
        assert len(server.seen) == 2
        clock.tick(FORGET_CLEAR_AFTER + 1)
        store.refresh()
        assert connection.peek(query) is not None
        assert connection.peek(query, clear=True) is None


def test_a_client_returns_what_came_unless_it_is_told_otherwise() -> None:
    body = json.dumps([{"captureId": "1", "clientId": "c"}]).encode()
    with Server([reply(body=body)]) as server:
        settings = Settings(tenant_id="t", access_token=TOKEN, base_url=server.url, pseudonym_key="k" * 16)
        with RealtimeClient(settings) as client, RealtimeClient(settings, personal_data="pseudonyms") as other:
            assert client.sessions()["clientId"].tolist() == ["c"]
            assert other.sessions()["clientId"].tolist() == other.events()["clientId"].tolist() != ["c"]
            assert "k" * 16 not in repr(other) + repr(settings)

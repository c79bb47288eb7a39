"""One drawing asks for each snapshot once, and knows what is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from dashboard.data.loader import Loader, Pending, Query
from gridrt_client.answer import Answer, DecodeReport
from gridrt_client.connection import GridConnection
from gridrt_client.errors import UnavailableError
from gridrt_client.queries import EventsQuery, SessionsQuery
from gridrt_client.schema import EVENT
from gridrt_client.snapshots.store import Snapshot

SESSIONS, EVENTS = SessionsQuery(), EventsQuery()


def snapshot(version: int = 1) -> Snapshot:
    now = datetime.now(UTC)
    answer = Answer(EVENT.empty(), DecodeReport(0, 0, {}, 0, {}, {}), now, now)
    values: dict[str, Any] = {**vars(answer), "version": version, "api_changed_at": now}
    names = [field.name for field in dataclasses.fields(Snapshot)]
    return Snapshot(**{name: values.get(name) for name in names})


class Connection:
    """A connection whose answers are given by query: a snapshot, None or an error."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {SESSIONS: answers.get("sessions"), EVENTS: answers.get("events")}
        self.asked: list[Query] = []
        self.retried: list[Query] = []
        self.clear: set[bool] = set()

    def ask(self, query: Query, ttl: float, *, clear: bool = False) -> Snapshot | None:
        self.asked.append(query)
        self.clear.add(clear)
        answer = self.answers[query]
        if isinstance(answer, Exception):
            raise answer
        return cast("Snapshot | None", answer)

    def wait(self, queries: Iterable[Query], seconds: float, *, clear: bool = False) -> None:
        """Answer everything that is waited for."""
        self.clear.add(clear)
        for query in queries:
            self.answers[query] = snapshot()

    def retry_now(self, query: Query, *, clear: bool = False) -> None:
        self.clear.add(clear)
        self.retried.append(query)


def loader_of(connection: Connection, patience: float = 0.0, *, clear: bool = False) -> Loader:
    return Loader(cast("GridConnection", connection), patience, clear=clear)


def test_each_snapshot_is_asked_for_once() -> None:
    connection = Connection(sessions=snapshot(), events=snapshot())
    loader = loader_of(connection, patience=1.0)
    loader.request([SESSIONS, EVENTS], 30.0)
    assert loader.used == {}
    first = loader.load([SESSIONS], 30.0)
    again = loader.load([SESSIONS, EVENTS], 30.0)
    assert again[0] is first[0]
    assert connection.asked == [SESSIONS, EVENTS]
    assert set(loader.used) == {SESSIONS, EVENTS}


def test_a_first_answer_is_waited_for_as_long_as_the_patience_lasts() -> None:
    assert loader_of(Connection(), patience=1.0).load([EVENTS], 30.0)
    loader = loader_of(Connection(sessions=snapshot()))
    with pytest.raises(Pending):
        loader.load([SESSIONS, EVENTS], 30.0)
    assert loader.is_pending()
    assert loader.used == {}
    assert loader.failures() == []


def test_a_failure_is_raised_each_time_and_can_be_tried_again() -> None:
    connection = Connection(sessions=snapshot(), events=UnavailableError("down"))
    loader = loader_of(connection)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="down"):
            loader.load([SESSIONS, EVENTS], 30.0)
    assert [error.message for error in loader.failures()] == ["down"]
    loader.retry_now()
    assert set(connection.retried) == {SESSIONS, EVENTS}


@pytest.mark.parametrize("clear", [False, True])
def test_personal_data_is_asked_for_as_the_loader_is_told(clear: bool) -> None:
    connection = Connection(sessions=snapshot())
    loader = loader_of(connection, patience=1.0, clear=clear)
    loader.load([SESSIONS, EVENTS], 30.0)
    loader.has_changed(30.0)
    loader.retry_now()
    assert connection.clear == {clear}


@pytest.mark.parametrize(
    ("newer", "changed"), [(snapshot(1), False), (snapshot(2), True), (UnavailableError("down"), True), (None, False)]
)
def test_a_view_has_changed_when_an_answer_has(newer: Any, changed: bool) -> None:
    connection = Connection(sessions=snapshot(1))
    loader = loader_of(connection)
    loader.load([SESSIONS], 30.0)
    connection.answers[SESSIONS] = newer
    assert loader.has_changed(30.0) == changed

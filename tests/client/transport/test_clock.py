"""The age of an answer goes by this computer's clock, its records by the API's, from its Date header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gridrt_client import RealtimeClient, Settings
from gridrt_client.errors import RateLimitedError
from gridrt_client.queries import EventsQuery
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.conftest import TOKEN
from tests.client.server import Exchange, Reply, Server, reply
from tests.client.source import Clock, answer
from tests.strict_server import Records, StrictServer

SECOND = timedelta(seconds=1)


def dated(ahead: timedelta, **headers: str) -> Reply:
    def answer(exchange: Exchange) -> None:
        date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
        reply(body=b'[{"captureId":"1"}]', Date=date, **headers)(exchange)

    return answer


def offset(answer: Reply) -> timedelta:
    """By how much the API's clock is ahead, by what the client makes of an answer."""
    with Server([answer]) as server:
        settings = Settings(tenant_id="t", access_token=TOKEN, base_url=server.url, retries=0)
        with RealtimeClient(settings) as client:
            before = datetime.now(UTC)
            attrs = client.events().attrs
    answered_at = datetime.fromisoformat(attrs["answered_at"])
    assert before <= answered_at <= datetime.now(UTC)
    api_time = datetime.fromisoformat(attrs["api_time"])
    assert answered_at.utcoffset() == api_time.utcoffset() == timedelta(0)
    return api_time - answered_at


@pytest.mark.parametrize("minutes", [10, -10, 0.2, -0.2, 60 * 24 * 400, -60 * 24 * 400])
def test_a_clock_that_is_off_is_told(minutes: float) -> None:
    assert abs(offset(dated(timedelta(minutes=minutes))) - timedelta(minutes=minutes)) < 3 * SECOND


@pytest.mark.parametrize("seconds", [0, 2, -3])
def test_clocks_that_agree_are_one(seconds: float) -> None:
    assert offset(dated(seconds * SECOND)) == timedelta(0)


def test_a_cache_says_how_old_its_answer_is() -> None:
    assert offset(dated(timedelta(minutes=-30), Age="1800")) == timedelta(0)
    assert abs(offset(dated(timedelta(minutes=-30), Age=" 600 ")) - timedelta(minutes=-20)) < 3 * SECOND
    for age in ("", "-5", "1e3", "x", "9" * 30, "1.5"):
        assert abs(offset(dated(timedelta(minutes=-30), Age=age)) - timedelta(minutes=-30)) < 3 * SECOND


@pytest.mark.parametrize(
    "date",
    [
        "",
        "now",
        "0",
        "Mon, 99 Nov 2026 12:00:00 GMT",
        "Mon, 23 Nov 99999 12:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "\xff\xfe",
        "x" * 10_000,
        "Mon, 23 Nov 2026 12:00:00 +9999",
    ],
    ids=lambda date: date[:30],
)
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    assert offset(reply(Date=date)) == timedelta(0)
    assert offset(reply()) == timedelta(0)


def test_other_forms_of_a_date_are_read() -> None:
    for written in ("Monday, 23-Nov-26 12:00:00 GMT", "Mon Nov 23 12:00:00 2026", "Mon, 23 Nov 2026 14:00:00 +0200"):
        found = datetime.now(UTC) + offset(reply(Date=written))
        assert abs(found - datetime(2026, 11, 23, 12, tzinfo=UTC)) < 3 * SECOND


def test_an_answer_that_took_long_may_be_dated_before_it_was_made() -> None:
    def slow(exchange: Exchange) -> None:
        date = format_datetime(datetime.now(UTC) - 4 * SECOND, usegmt=True)
        exchange.stopping.wait(1.5)
        reply(Date=date)(exchange)

    assert offset(slow) == timedelta(0)


@pytest.mark.parametrize("minutes", [0, 60, -60])
def test_a_time_to_come_back_is_one_of_the_apis_clock(minutes: float) -> None:
    def busy(exchange: Exchange) -> None:
        now = datetime.now(UTC) + timedelta(minutes=minutes)
        date, until = format_datetime(now, usegmt=True), format_datetime(now + 90 * SECOND, usegmt=True)
        reply(429, Date=date, Retry_After=until)(exchange)

    with Server([busy]) as server:
        settings = Settings(tenant_id="t", access_token=TOKEN, base_url=server.url, retries=0)
        with RealtimeClient(settings) as client, pytest.raises(RateLimitedError) as caught:
            client.events()
    assert caught.value.retry_after == 90


def test_a_snapshot_has_both_clocks(store: SnapshotStore, clock: Clock) -> None:
    records = Records(datetime.now(UTC), events=[{"captureId": "1"}])
    with StrictServer(records, TOKEN) as server:
        settings = Settings(tenant_id=server.tenant_id, access_token=TOKEN, base_url=server.base_url)
        with RealtimeClient(settings) as client:

            def fetch(_: object) -> object:
                return client.fetch(EventsQuery())

            server.clock_offset = timedelta(minutes=10)
            first = store.get("key", fetch, 30)  # type: ignore[arg-type]
            assert abs(first.clock_offset - timedelta(minutes=10)) < 3 * SECOND
            assert first.api_time - first.answered_at == first.clock_offset
            assert first.api_changed_at == first.api_time
            assert first.changed_at == first.answered_at
            assert first.age() < 60
            clock.tick(30)
            server.clock_offset = timedelta(minutes=-3)
            again = store.get("key", fetch, 30)  # type: ignore[arg-type]
            assert (again.version, again.changed_at) == (first.version, first.changed_at)
            assert again.api_changed_at == first.api_changed_at
            assert abs(again.clock_offset - timedelta(minutes=-3)) < 3 * SECOND
            assert again.answered_at > first.answered_at
            assert again.to_frame().attrs["api_time"] == again.api_time.isoformat()
            assert again.to_frame().attrs["answered_at"] == again.answered_at.isoformat()
            clock.tick(30)
            server.clock_offset = timedelta(0)
            records.events.append({"captureId": "2"})
            newer = store.get("key", fetch, 30)  # type: ignore[arg-type]
            assert newer.version > first.version
            assert newer.api_time == newer.answered_at == newer.api_changed_at == newer.changed_at
            assert newer.clock_offset == timedelta(0)


def test_what_tells_no_time_goes_by_this_computers(store: SnapshotStore) -> None:
    import pandas as pd

    snapshot = store.get("key", lambda _: answer(pd.DataFrame({"n": [1]})), 30)
    assert snapshot.api_time == snapshot.answered_at == snapshot.api_changed_at
    assert snapshot.clock_offset == timedelta(0)

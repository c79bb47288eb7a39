"""The judge is judged: the strict server's checks, filters and counts, on records small enough to see through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strict_server import Counts, Records, StrictServer, dates, nasty
from tests.strict_server.server import FAILURES

NOW = datetime(2026, 11, 23, 12, 20, tzinfo=UTC)
TOKEN = "the-only-token"


def session(sessionId: str | None, **known: Any) -> dict[str, Any]:
    return {"sessionId": sessionId, "captureId": f"capture-of-{sessionId}", "spaceId": "a", **known}


def event(captureId: str | None, sessionId: str, eventType: str = "SEARCH", **known: Any) -> dict[str, Any]:
    moment = {"eventTime": "2026-11-23T12:10:00Z"}
    return {
        "captureId": captureId,
        "sessionId": sessionId,
        "eventType": eventType,
        "interaction": True,
        **moment,
        **known,
    }


SMALL = Records(
    NOW,
    sessions=[
        session("one", deviceId="kiosk", latitude=59.3, longitude=18.0),
        session("two", spaceId="b", latitude=0, longitude=0.0),
        session("two", captureId="told again", sessionCreated=1_795_000_000_000, spaceId="b", latitude=91, longitude=1),
        session(None, captureId="nameless"),
        "junk",
    ],
    events=[
        event("1", "one"),
        event("1", "one"),
        event("2", "one", "PURCHASE", int1=0.1, str2="EUR"),
        event("3", "two", "PURCHASE", int1=0.2, str2="EUR", eventTime="2026-11-23T11:50:00Z"),
        event("4", "two", "PURCHASE", int1=2**53 + 1, str2="SEK", interaction=False),
        event("5", "two", "MONITOR_GATE", int1=0, str1="gate", eventTime="2026-11-23T12:00:00Z"),
        event("6", "two", "MONITOR_GATE", int1=1, str1="gate", eventTime="2026-11-23T13:05:00+01:00"),
        event("7", "stranger", eventTime="2026-11-24T00:00:00Z"),
        event(None, "stranger", eventTime="yesterday"),
        None,
    ],
)


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(SMALL, TOKEN) as running:
        yield running


def ask(server: StrictServer, word: str, query: str = "", method: str = "GET", **headers: str) -> tuple[int, Any]:
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.netloc, timeout=10)
    path = f"{url.path}/v2/realtime/{word}/tenants/{server.tenant_id}?{query}"
    sent = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "test", **headers}
    connection.request(method, path.rstrip("?"), headers={name: value for name, value in sent.items() if value})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if answer.status == 200 else body


def test_requests_of_the_contract_are_answered_without_a_complaint(server: StrictServer) -> None:
    assert ask(server, "session") == (200, SMALL.sessions)
    assert ask(server, "event") == (200, SMALL.events)
    status, rows = ask(server, "latest-event", "distinctColumns=str1,deviceId&eventType=MONITOR_GATE")
    assert (status, [row["captureId"] for row in rows]) == (200, ["6"])
    assert rows[0]["spaceId"] == "b"
    assert server.violations == []
    assert [request.path.split("/")[6] for request in server.requests] == ["session", "event", "latest-event"]


@pytest.mark.parametrize(
    ("query", "captured"),
    [
        ("spaceId=a", ["1", "1", "2"]),
        ("deviceId=kiosk&eventType=PURCHASE", ["2"]),
        ("interactionType=nonInteractive", ["4"]),
        ("interactionType=interactive&spaceId=b", ["3", "5", "6"]),
        ("installationId=unknown", []),
    ],
)
def test_events_are_filtered_through_their_session(server: StrictServer, query: str, captured: list[str]) -> None:
    status, rows = ask(server, "event", query)
    assert (status, [row["captureId"] for row in rows]) == (200, captured)


@pytest.mark.parametrize(
    ("word", "query", "complaint"),
    [
        ("session", "eventType=A", "eventType is not a parameter of session"),
        ("session", "spaceId=", "spaceId is empty"),
        ("session", "spaceId=a&spaceId=b", "spaceId is given more than once"),
        ("event", "interactionType=INTERACTIVE", "interactionType is INTERACTIVE"),
        ("event", "since=1", "since is not a parameter of event"),
        ("event", "spaceId=%ff", "spaceId is not UTF-8"),
        ("latest-event", "", "distinctColumns is missing"),
        ("latest-event", "distinctColumns=str6", "distinctColumns has 'str6'"),
        ("latest-event", "distinctColumns=str1,str1", "distinctColumns names a column twice"),
        ("latest-event", "distinctColumns=str1&distinctColumns=str2", "distinctColumns is given more than once"),
    ],
)
def test_other_queries_get_400(server: StrictServer, word: str, query: str, complaint: str) -> None:
    assert ask(server, word, query)[0] == 400
    assert [violation.split(": ", 1)[1] for violation in server.violations] == [complaint]


@pytest.mark.parametrize(
    ("status", "complaint", "how"),
    [
        (401, "the bearer token is missing or wrong", {"Authorization": "Bearer other"}),
        (401, "the bearer token is missing or wrong", {"Authorization": f"bearer {TOKEN}"}),
        (400, "the User-Agent names no program", {"User-Agent": "python-requests/2.34.2"}),
        (400, "it sends cookies", {"Cookie": "a=b"}),
        (400, "Accept is text/html", {"Accept": "text/html"}),
        (400, "a GET has a body", {"Content-Length": "1"}),
        (404, "there is no such path", {"word": "sessions"}),
        (405, "only GET is allowed", {"method": "POST"}),
    ],
)
def test_other_requests_are_refused(server: StrictServer, status: int, complaint: str, how: dict[str, str]) -> None:
    assert ask(server, **{"word": "session", **how})[0] == status
    assert [violation.split(": ", 1)[1] for violation in server.violations] == [complaint]


@pytest.mark.parametrize("failure", FAILURES)
def test_it_fails_on_demand_and_recovers(server: StrictServer, failure: str) -> None:
    server.failure = failure
    if failure in ("html", "nothing"):
        with pytest.raises(json.JSONDecodeError):
            ask(server, "session")
    else:
        assert ask(server, "session")[0] == FAILURES[failure][0]
    server.failure = None
    assert ask(server, "session")[0] == 200
    assert server.violations == []


def test_counts_of_everything() -> None:
    counts = Counts(SMALL)
    assert (counts.sessions, counts.events, counts.interactive, counts.interactive_share) == (3, 8, 7, "88%")
    assert counts.active(NOW) == 1  # the one at 11:50 was active half an hour ago, no longer less
    assert counts.active(NOW - timedelta(seconds=1)) == 2
    assert counts.revenue == {"EUR": Decimal("0.3")}
    assert counts.by_type == {"SEARCH": 3, "PURCHASE": 3, "MONITOR_GATE": 2}
    assert counts.by_time(NOW) == {"inside": 6, "before": 0, "after": 1, "undated": 1}
    assert counts.location == {"located": 1, "missing": 1, "out_of_range": 1, "zero": 0, "polar": 0}
    assert counts.latest_by_status("str1") == {1: 1}


def test_counts_of_a_choice() -> None:
    assert (Counts(SMALL, spaceId="b").sessions, Counts(SMALL, spaceId="b").events) == (1, 4)
    assert (Counts(SMALL, eventType="SEARCH").sessions, Counts(SMALL, eventType="SEARCH").events) == (1, 3)
    only = Counts(SMALL, spaceId="b", interactionType="nonInteractive")
    assert (only.sessions, only.events, only.interactive) == (1, 1, 0)
    assert Counts(SMALL, deviceId="unknown").interactive_share == "—"


@given(st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)), st.sampled_from(dates.WAYS))
def test_a_date_is_read_as_it_was_written_to_the_second(ago: timedelta, way: Any) -> None:
    moment = NOW - ago
    read = dates.read(way(moment))
    assert read is not None
    assert (
        timedelta(0)
        <= abs(moment - datetime.fromtimestamp(0, UTC) - timedelta(microseconds=read))
        < timedelta(seconds=1)
    )


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2024-04-12T07:55:23.3720000Z", 1_712_908_523_372_000),
        ("2024-04-12T09:55:23.3720009+02:00", 1_712_908_523_372_000),
        ("Mon Nov 23 2026 12:20:00 GMT+0100 (Central European Standard Time)", 1_795_432_800_000_000),
        (1_795_432_800_123, 1_795_432_800_123_000),
        ("0002-01-01T00:00:00.0000000Z", -62_104_060_800_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000),
    ],
)
def test_dates_of_the_contract(text: Any, micros: int) -> None:
    assert dates.read(text) == micros


@pytest.mark.parametrize("value", [*dates.UNREADABLE, None])
def test_what_is_no_date_is_not_read_as_one(value: Any) -> None:
    assert dates.read(value) is None


def test_nasty_records_hold_what_they_promise_and_are_json() -> None:
    records = nasty(NOW)
    assert json.loads(json.dumps([records.sessions, records.events])) == [records.sessions, records.events]
    counts = Counts(records)
    assert counts.sessions > 200
    assert counts.events > 2000
    assert 10 < counts.active(NOW) == counts.active(NOW + timedelta(minutes=14)) < 60
    assert min(counts.location.values()) > 5
    assert min(counts.by_time(NOW).values()) >= 3
    assert set(counts.latest_by_status("str1,str2,deviceId")) >= {0, 1, -1, 7, None}
    assert counts.revenue["JPY"] == 2**53 + 3
    assert nasty(NOW) == records
    assert len(nasty(NOW, spaces=500).sessions) == len(records.sessions) + 500


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=10), timedelta(hours=-30)])
def test_its_clock_may_be_another(server: StrictServer, ahead: timedelta) -> None:
    assert server.clock_offset == timedelta(0)
    server.clock_offset = ahead
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.netloc, timeout=10)
    connection.request("GET", url.path)
    dates = connection.getresponse().headers.get_all("Date")
    connection.close()
    assert dates is not None
    (date,) = dates
    assert abs(parsedate_to_datetime(date) - datetime.now(UTC) - ahead) < timedelta(seconds=3)

"""What the three endpoints answer, compared with a count over the raw JSON."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.emulator.program import TENANT, TOKEN, Emulator, Record

VENDOR_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}0000Z")
TEXT = ("tenantId", "sessionId", "dataResidency", "ip", "captureId")
COMMON: dict[str, Any] = {**dict.fromkeys(TEXT, str), "clientId": str}
SESSION = COMMON | dict.fromkeys(
    ("sessionCreated", "environment", "country", "spaceId", "appId", "appVersion", "installationVersion",
     "installationId", "deviceId"), str,
) | dict.fromkeys(("locationAccuracy", "latitude", "longitude"), (int, float))  # fmt: skip
EVENT = (
    COMMON
    | dict.fromkeys(("eventTime", "eventType", "productId", "categoryId"), str)
    | {"interaction": bool, "stateful": bool, "public": (int, float)}
    | {f"str{number}": str for number in range(1, 6)}
    | {f"int{number}": (int, float) for number in range(1, 6)}
)
LATEST = EVENT | dict.fromkeys(("spaceId", "installationId", "deviceId"), str)
REQUIRED_OF_SESSIONS = {
    *TEXT, "sessionCreated", "environment", "country", "spaceId", "appId", "installationId",
}  # fmt: skip


def capture_ids(records: list[Record]) -> Counter[str]:
    return Counter(record["captureId"] for record in records)


def sessions_by_id(emulator: Emulator) -> dict[str, Record]:
    return {record["sessionId"]: record for record in emulator.records("session")}


def check(records: list[Record], fields: dict[str, Any], required: set[str]) -> None:
    assert records
    for record in records:
        assert required <= record.keys() <= fields.keys(), record
        for name, value in record.items():
            assert isinstance(value, fields[name]), (name, value)


def test_sessions_have_the_contract_s_fields(plain: Emulator) -> None:
    records = plain.records("session")
    check(records, SESSION, REQUIRED_OF_SESSIONS)
    for record in records:
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", record["sessionId"])
        assert VENDOR_DATE.fullmatch(record["sessionCreated"])
        assert record["tenantId"] == TENANT
        assert record["dataResidency"] == "EU"
        # A device has no client id, and a person's phone no device id.
        assert ("deviceId" in record) != ("clientId" in record)
        assert ("latitude" in record) == ("longitude" in record) == ("locationAccuracy" in record)
    assert {"PROD", "QA"} <= {record["environment"] for record in records}
    assert max(capture_ids(records).values()) == 1


def test_events_have_the_contract_s_fields(plain: Emulator) -> None:
    records = plain.records("event")
    check(records, EVENT, {*TEXT, "eventTime", "eventType", "interaction"})
    assert all(VENDOR_DATE.fullmatch(record["eventTime"]) for record in records)
    assert max(capture_ids(records).values()) == 1


def test_latest_events_also_say_where(plain: Emulator) -> None:
    records = plain.records("latest-event", "distinctColumns=str1,str2,str3,int1,deviceId")
    check(records, LATEST, {*TEXT, "eventTime", "eventType", "interaction", "spaceId", "installationId"})


def test_everything_is_of_the_past_24_hours(plain: Emulator) -> None:
    for endpoint, field in (("session", "sessionCreated"), ("event", "eventTime")):
        dates = [record[field] for record in plain.records(endpoint)]
        # A record takes up to a second to arrive.
        assert "2026-11-22T11:59:59" < min(dates) < "2026-11-22T12:30"
        assert "2026-11-23T11:30" < max(dates) <= "2026-11-23T12:00:00"


@pytest.mark.parametrize("endpoint", ["session", "event", "latest-event"])
@pytest.mark.parametrize("world", ["plain", "odd"])
@pytest.mark.parametrize("field", ["spaceId", "installationId", "deviceId"])
def test_filters_by_place(request: pytest.FixtureRequest, world: str, endpoint: str, field: str) -> None:
    emulator: Emulator = request.getfixturevalue(world)
    more = "&distinctColumns=str1,str2,str3,int1,int2,deviceId" if endpoint == "latest-event" else ""
    known = sessions_by_id(emulator)
    everything = emulator.records(endpoint, more.lstrip("&"))
    value = Counter(s[field] for s in known.values() if s.get(field)).most_common()[1][0]
    found = emulator.records(endpoint, f"{field}={quote(value)}{more}")
    assert found
    for record in found:
        # Some began before the window: then the session isn't in the list to compare with.
        assert known.get(record["sessionId"], {field: value})[field] == value
    if endpoint != "latest-event":
        expected = [r for r in everything if known.get(r["sessionId"], {}).get(field) == value]
        left = capture_ids(found) - capture_ids(expected)
        assert capture_ids(expected) - capture_ids(found) == Counter()
        assert {r["captureId"] for r in found if r["sessionId"] not in known} == set(left)
    else:
        assert all(record[field] == value for record in found)


def test_every_event_is_in_one_space_or_of_an_unknown_session(odd: Emulator) -> None:
    known = sessions_by_id(odd)
    everything = capture_ids(odd.records("event"))
    # The store's sessions of a day may all have begun before the window, hence the spaces of latest-event.
    latest = odd.records("latest-event", "distinctColumns=deviceId,str1,str2,int1")
    spaces = {s["spaceId"] for s in (*known.values(), *latest) if "spaceId" in s}
    assert len(spaces) == 44
    in_spaces: Counter[str] = Counter()
    for space in spaces:
        in_spaces += capture_ids(odd.records("event", f"spaceId={space}"))
    assert in_spaces - everything == Counter()
    nowhere = everything - in_spaces
    assert nowhere
    by_id = {record["captureId"]: record for record in odd.records("event")}
    assert all(by_id[captureId]["sessionId"] not in known for captureId in nowhere)


@pytest.mark.parametrize("world", ["plain", "odd"])
def test_filters_by_type_and_interaction(request: pytest.FixtureRequest, world: str) -> None:
    emulator: Emulator = request.getfixturevalue(world)
    everything = emulator.records("event")
    types = Counter(record["eventType"] for record in everything)
    assert {"PURCHASE", "RATING", "MONITOR_SESAME_DEVICE_STATUS", "CART_ADD", "DETECT_MOOD"} <= types.keys()
    for eventType in types:
        found = emulator.records("event", f"eventType={quote(eventType, safe='')}")
        assert found == [record for record in everything if record["eventType"] == eventType]
    assert emulator.records("event", "eventType=purchase") == []
    assert emulator.records("event", "interactionType=all") == everything
    for name, wanted in (("interactive", True), ("nonInteractive", False)):
        found = emulator.records("event", f"interactionType={name}")
        assert found == [record for record in everything if record["interaction"] is wanted]
    both = emulator.records("event", "interactionType=nonInteractive&eventType=CONTENT_VIEW")
    assert both == [r for r in everything if r["eventType"] == "CONTENT_VIEW" and not r["interaction"]]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("distinctColumns=str1", ("str1",)),
        ("distinctColumns=int1", ("int1",)),
        ("distinctColumns=str5,int4", ("str5", "int4")),
        ("distinctColumns=str1,str2,int1", ("str1", "str2", "int1")),
        ("distinctColumns=str1&distinctColumns=str2&distinctColumns=int1", ("str1", "str2", "int1")),
        ("distinctColumns=str1,str2&distinctColumns=int1", ("str1", "str2", "int1")),
        ("distinctColumns=int1&eventType=RATING", ("int1",)),
        ("distinctColumns=int1,str1&interactionType=nonInteractive", ("int1", "str1")),
    ],
)
def test_the_newest_of_each_combination(plain: Emulator, query: str, columns: tuple[str, ...]) -> None:
    # Vendor dates sort as text.
    newest: dict[tuple[Any, ...], str] = {}
    for record in plain.records("event"):
        if "RATING" in query and record["eventType"] != "RATING":
            continue
        if "nonInteractive" in query and record["interaction"]:
            continue
        combination = tuple(record.get(column) for column in columns)
        newest[combination] = max(newest.get(combination, ""), record["eventTime"])
    found: dict[tuple[Any, ...], str] = {}
    for record in plain.records("latest-event", query):
        combination = tuple(record.get(column) for column in columns)
        assert combination not in found, "twice the same combination"
        found[combination] = record["eventTime"]
    assert {key: date for key, date in found.items() if key in newest} == newest
    # What is older than the window is there only where the window has nothing.
    assert all(date < "2026-11-22T12:00:00" for key, date in found.items() if key not in newest)


def test_combinations_with_the_device(plain: Emulator) -> None:
    known = sessions_by_id(plain)
    found = plain.records("latest-event", "distinctColumns=deviceId,str1")
    latest = {(r.get("deviceId"), r.get("str1")): r["eventTime"] for r in found}
    assert len(latest) == len(found)
    for event in plain.records("event"):
        if event["sessionId"] in known:
            key = (known[event["sessionId"]].get("deviceId"), event.get("str1"))
            assert latest[key] >= event["eventTime"]


def test_some_things_have_been_silent_for_more_than_24_hours(plain: Emulator) -> None:
    records = plain.records("latest-event", "distinctColumns=str1,str2,deviceId&eventType=MONITOR_SESAME_DEVICE_STATUS")
    silent = [record for record in records if record["eventTime"] < "2026-11-22T12:00:00"]
    assert len(silent) == 2
    assert {record["deviceId"] for record in silent} == {"device-oslo-karl-johans-gate-gateway-1"}
    assert all("2026-11-22T01" < record["eventTime"] < "2026-11-22T06" for record in silent)
    (device,) = {record["deviceId"] for record in silent}
    assert plain.records("event", f"deviceId={device}") == []
    assert len(plain.records("latest-event", f"distinctColumns=str1,str2&deviceId={device}")) == 2
    assert {record["int1"] for record in records} >= {0, 1, -1}


def test_newest_first(plain: Emulator) -> None:
    dates = [record["eventTime"] for record in plain.records("latest-event", "distinctColumns=str1,str2,deviceId")]
    assert dates == sorted(dates, reverse=True)


def raw(emulator: Emulator, encoding: str) -> tuple[dict[str, str], bytes]:
    parts = urlsplit(emulator.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Accept-Encoding": encoding} if encoding else {})
    try:
        connection.request("GET", f"/regions/eu/reports/v2/realtime/event/tenants/{TENANT}", headers=headers)
        response = connection.getresponse()
        return {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def test_gzip_where_it_is_taken(plain: Emulator) -> None:
    headers, plain_body = raw(plain, "")
    assert "content-encoding" not in headers
    assert headers["content-length"] == str(len(plain_body))
    for encoding in ("gzip", "deflate, gzip;q=0.5", "*"):
        headers, body = raw(plain, encoding)
        assert headers["content-encoding"] == "gzip"
        assert headers["vary"] == "Accept-Encoding"
        assert gzip.decompress(body) == plain_body
        assert len(body) < len(plain_body) / 2
    for encoding in ("identity", "gzip;q=0", "br", "gzip;q=0.0"):
        headers, body = raw(plain, encoding)
        assert "content-encoding" not in headers
        assert body == plain_body


def test_answers_are_compact_utf8_json(plain: Emulator) -> None:
    response = plain.ask("session")
    assert response.headers["Content-Type"] == "application/json"
    assert "server" not in response.headers
    parsed = json.loads(response.content.decode("utf-8"))
    assert response.content == json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode()


def test_an_answer_about_nothing_is_an_empty_array(plain: Emulator) -> None:
    assert plain.ask("session", "spaceId=nowhere").content == b"[]"
    assert plain.ask("event", "deviceId=%00").content == b"[]"
    assert plain.ask("latest-event", "eventType=nothing&distinctColumns=str1").content == b"[]"


@pytest.mark.parametrize("query", ["", "spaceId=nowhere"])
@pytest.mark.parametrize("token", [TOKEN, "wrong"])
def test_the_date_of_an_answer_is_that_of_its_world(plain: Emulator, token: str, query: str) -> None:
    answer = plain.ask("event", query, token=token)
    assert answer.headers["Date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert answer.raw.headers.getlist("Date") == [answer.headers["Date"]]


def test_a_clock_that_moves_on_moves_the_date(shared: Emulator) -> None:
    date = parsedate_to_datetime(shared.ask("session").headers["Date"])
    assert abs(date - datetime.now(UTC)) < timedelta(seconds=3)

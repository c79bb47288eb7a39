"""Signals in the shape in which the vendor's client sends them, and in all the shapes that are refused."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from gridrt_emulator.tenants import QUIET_TENANT, QUIET_TOKEN
from tests.emulator.program import TENANT, Emulator

JS_DATE = "Mon Nov 23 2026 12:20:00 GMT+0100 (Central European Standard Time)"
SESSION = {
    "c": TENANT, "d": JS_DATE, "f": "DEV", "g": "EU", "m": "SE", "n": 12.5, "o": 59.33, "p": 18.06,
    "h": "space-lab", "i": "app-lab", "j": "1.0.0", "k": "installation-lab", "l": "3", "q": "device-lab-1",
}  # fmt: skip
PURCHASE = {
    "c": TENANT, "h": "space-lab", "t": JS_DATE, "g": "EU", "s": "PURCHASE", "u": True,
    "ac": "T1", "ad": "SEK", "ae": "CLUB15", "x": 1234.5, "y": 246.9, "z": 0,
}  # fmt: skip


@pytest.fixture
def sessionId() -> str:
    return str(uuid.uuid4())


def of_session(emulator: Emulator, sessionId: str, endpoint: str = "event", query: str = "") -> list[dict[str, Any]]:
    return [record for record in emulator.records(endpoint, query) if record["sessionId"] == sessionId]


def test_a_session_is_served(shared: Emulator, sessionId: str) -> None:
    response = shared.signal("session", SESSION | {"b": sessionId})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    (record,) = of_session(shared, sessionId, "session", "spaceId=space-lab")
    assert record.pop("captureId")
    assert record == {
        "tenantId": TENANT, "sessionId": sessionId, "sessionCreated": JS_DATE, "environment": "DEV",
        "dataResidency": "EU", "country": "SE", "spaceId": "space-lab", "appId": "app-lab", "appVersion": "1.0.0",
        "installationVersion": "3", "installationId": "installation-lab", "deviceId": "device-lab-1", "ip": "127.0.0.1",
        "locationAccuracy": 12.5, "latitude": 59.33, "longitude": 18.06,
    }  # fmt: skip


def test_of_two_sessions_with_one_id_the_newer_stays(shared: Emulator, sessionId: str) -> None:
    shared.signal("session", SESSION | {"b": sessionId})
    shared.signal("event", PURCHASE | {"b": sessionId})
    shared.signal("session", SESSION | {"b": sessionId, "h": "space-moved", "j": "1.0.1"})
    (record,) = of_session(shared, sessionId, "session")
    assert (record["spaceId"], record["appVersion"]) == ("space-moved", "1.0.1")
    assert len(of_session(shared, sessionId, "event", "spaceId=space-moved")) == 1
    assert of_session(shared, sessionId, "event", "spaceId=space-lab") == []


@pytest.mark.parametrize("event_first", [True, False])
def test_events_are_joined_with_their_session(shared: Emulator, sessionId: str, event_first: bool) -> None:
    signals = [("session", SESSION | {"b": sessionId}), ("event", PURCHASE | {"b": sessionId})]
    for kind, body in reversed(signals) if event_first else signals:
        assert shared.signal(kind, body).status_code == 200
    query = "deviceId=device-lab-1&installationId=installation-lab&spaceId=space-lab"
    (record,) = of_session(shared, sessionId, "event", f"{query}&eventType=PURCHASE&interactionType=interactive")
    assert record.pop("captureId")
    assert record == {
        "tenantId": TENANT, "sessionId": sessionId, "dataResidency": "EU", "ip": "127.0.0.1", "eventTime": JS_DATE,
        "eventType": "PURCHASE", "interaction": True, "int1": 1234.5, "int2": 246.9, "int3": 0,
        "str1": "T1", "str2": "SEK", "str3": "CLUB15",
    }  # fmt: skip
    assert of_session(shared, sessionId, "event", f"{query}&interactionType=nonInteractive") == []
    assert of_session(shared, sessionId, "event", "deviceId=device-lab-2") == []
    latest = shared.records("latest-event", f"{query}&distinctColumns=str1,deviceId&eventType=PURCHASE")
    assert [(r["spaceId"], r["installationId"], r["deviceId"]) for r in latest] == [
        ("space-lab", "installation-lab", "device-lab-1")
    ]


def test_an_event_of_an_unknown_session_is_where_it_says(shared: Emulator, sessionId: str) -> None:
    shared.signal("event", PURCHASE | {"b": sessionId, "h": "space-alone"})
    assert len(of_session(shared, sessionId, "event", "spaceId=space-alone")) == 1
    (record,) = shared.records("latest-event", "spaceId=space-alone&distinctColumns=deviceId")
    assert record["spaceId"] == "space-alone"
    assert "installationId" not in record
    assert "spaceId" not in of_session(shared, sessionId)[0]


def test_an_event_of_one_of_the_world_s_sessions(shared: Emulator) -> None:
    session = next(record for record in shared.records("session") if record["ip"] != "127.0.0.1")
    shared.signal("event", PURCHASE | {"b": session["sessionId"], "s": "HELLO_WORLD"})
    (record,) = shared.records("event", f"spaceId={session['spaceId']}&eventType=HELLO_WORLD")
    assert record["sessionId"] == session["sessionId"]


def test_the_newest_posted_event_wins(shared: Emulator, sessionId: str) -> None:
    shared.signal("session", SESSION | {"b": sessionId, "q": "device-clock"})
    for time, status in (
        ("2026-11-23T10:00:00Z", 1),
        (1795428000000 - 7_200_000, 0),
        ("2026-11-23T09:00:00+01:00", -1),
    ):
        body = PURCHASE | {"b": sessionId, "s": "MONITOR_X", "t": time, "x": status}
        assert shared.signal("event", body).status_code == 200
    (record,) = shared.records("latest-event", "distinctColumns=str1&deviceId=device-clock")
    assert record["int1"] == 1


def test_the_answer_to_an_identified_contact(shared: Emulator, sessionId: str) -> None:
    contact = {"b": sessionId, "c": TENANT, "g": "EU", "s": "CONTACT_IDENTIFY", "u": True, "ac": "email", "t": JS_DATE}
    answers = [shared.signal("event", contact | {"ad": f"{name}@example.com"}).json() for name in ("a", "b", "a")]
    ids = [answer["contactId"] for answer in answers]
    assert ids[0] == ids[2] != ids[1]
    assert "example.com" not in json.dumps(answers)
    assert [record["str2"] for record in of_session(shared, sessionId)] == [f"{n}@example.com" for n in ("a", "b", "a")]


def test_a_client_is_taken(shared: Emulator) -> None:
    client = {"c": TENANT, "r": str(uuid.uuid4()), "ah": JS_DATE, "aj": "Mozilla/5.0", "g": "EU", "av": 1920}
    assert shared.signal("client", client).status_code == 200


def test_unknown_keys_nulls_and_the_client_s_own_capture_id(shared: Emulator, sessionId: str) -> None:
    body = PURCHASE | {"b": sessionId, "a": "mine", "e": "203.0.113.9", "zz": {"deep": [1]}, "undefined": 1, "r": None}
    assert shared.signal("event", body).status_code == 200
    (record,) = of_session(shared, sessionId)
    assert record["captureId"] != "mine"
    assert record["ip"] == "127.0.0.1"
    assert not {"zz", "undefined", "clientId"} & record.keys()


def test_a_state(shared: Emulator, sessionId: str) -> None:
    state = {"b": sessionId, "c": TENANT, "s": "QUEUE", "u": False, "ba": True, "bb": 60000, "x": 3, "t": JS_DATE}
    shared.signal("event", state)
    (record,) = of_session(shared, sessionId)
    assert (record["stateful"], record["public"], record["int1"]) == (True, 60000, 3)


def test_a_date_that_can_t_be_read_is_served_as_it_came(shared: Emulator, sessionId: str) -> None:
    shared.signal("event", PURCHASE | {"b": sessionId, "t": "yesterday"})
    shared.signal("event", {key: value for key, value in PURCHASE.items() if key != "t"} | {"b": sessionId})
    dates = [record["eventTime"] for record in of_session(shared, sessionId)]
    assert dates[0] == "yesterday"
    assert dates[1].endswith("0000Z")


@pytest.mark.parametrize(
    ("kind", "body", "word"),
    [
        ("event", b"", "JSON"),
        ("event", b"{", "JSON"),
        ("event", b"\xff\xfe", "JSON"),
        ("event", b'{"b": NaN}', "JSON"),
        ("event", [], "object"),
        ("event", "text", "object"),
        ("event", None, "object"),
        ("event", PURCHASE, "b (sessionId)"),
        ("event", {"b": "s", "s": "X"}, "c (tenantId)"),
        ("event", {"b": "s", "c": TENANT}, "s (eventType)"),
        ("event", PURCHASE | {"b": ""}, "b (sessionId)"),
        ("event", PURCHASE | {"b": 7}, "not text"),
        ("event", PURCHASE | {"b": "s", "s": ["X"]}, "not text"),
        ("event", PURCHASE | {"b": "s", "u": "true"}, "true or false"),
        ("event", PURCHASE | {"b": "s", "u": 1}, "true or false"),
        ("event", PURCHASE | {"b": "s", "x": "7"}, "x (int1)"),
        ("event", PURCHASE | {"b": "s", "x": True}, "x (int1)"),
        ("event", PURCHASE | {"b": "s", "ad": {"a": 1}}, "ad (str2)"),
        ("event", PURCHASE | {"b": "s", "t": True}, "t (eventTime)"),
        ("event", PURCHASE | {"b": "s", "ac": "x" * 9000}, "8192"),
        ("event", PURCHASE | {"b": "s", "c": "nobody"}, "not a tenant"),
        ("session", SESSION, "b (sessionId)"),
        ("session", SESSION | {"b": "s", "o": "59.3"}, "o (latitude)"),
        ("session", SESSION | {"b": "s", "c": "nobody"}, "not a tenant"),
        ("client", {"r": "x"}, "c (tenantId)"),
    ],
)
def test_bad_signals_are_refused_and_not_stored(shared: Emulator, kind: str, body: Any, word: str) -> None:
    def posted() -> list[int]:
        return [sum(r["ip"] == "127.0.0.1" for r in shared.records(endpoint)) for endpoint in ("session", "event")]

    before = posted()
    response = shared.signal(kind, body)
    assert response.status_code == 400
    assert word in response.json()["error"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert posted() == before


def test_text_of_all_kinds_comes_back_unchanged(shared: Emulator, sessionId: str) -> None:
    texts = {"ac": "<b>&\"'\\", "ad": "=1+1", "ae": "日本語 👩‍👩‍👧", "af": "a\r\n\tb\u2028", "ag": "},{"}
    assert shared.signal("event", PURCHASE | {"b": sessionId} | texts).status_code == 200
    (record,) = of_session(shared, sessionId)
    assert [record[f"str{number}"] for number in range(1, 6)] == list(texts.values())


def test_an_oversized_body(shared: Emulator) -> None:
    for size in (64 * 1024 + 1, 1_000_000):
        response = shared.signal("event", b"{" + b" " * (size - 2) + b"}")
        assert response.status_code == 413
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert shared.signal("event", b"{" + b" " * (64 * 1024 - 2) + b"}").status_code == 400


def test_an_oversized_chunked_body_is_refused_while_it_comes(shared: Emulator) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(7):
            yield b" " * 10_000

    assert shared.signal("event", b"").status_code == 400
    parts = urlsplit(shared.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        head = "POST /regions/eu/signals/v1/event HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        for chunk in chunks():
            connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        # The end of the body never comes; the answer does.
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_of_a_good_size(shared: Emulator, sessionId: str) -> None:
    parts = urlsplit(shared.url)
    body = json.dumps(PURCHASE | {"b": sessionId}).encode()
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        head = b"POST /regions/eu/signals/v1/event HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        middle = len(body) // 2
        for part in (body[:middle], body[middle:]):
            head += f"{len(part):x}\r\n".encode() + part + b"\r\n"
        connection.sendall(head + b"0\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert len(of_session(shared, sessionId)) == 1


def test_a_browser_s_preflight(shared: Emulator) -> None:
    headers = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
    response = shared.signal("event", b"", method="OPTIONS", headers=headers)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]


def test_what_is_not_there(shared: Emulator) -> None:
    assert shared.signal("contact", PURCHASE).status_code == 404
    assert shared.signal("event", PURCHASE | {"b": "s"}, region="us").status_code == 404
    assert shared.signal("event", b"", method="GET").status_code == 405


def test_tenants_are_kept_apart(shared: Emulator, sessionId: str) -> None:
    body = {"b": sessionId, "c": QUIET_TENANT}
    assert shared.signal("session", SESSION | body).status_code == 200
    assert shared.signal("event", PURCHASE | body).status_code == 200
    assert of_session(shared, sessionId) == of_session(shared, sessionId, "session") == []
    quiet = {"tenant": QUIET_TENANT, "token": QUIET_TOKEN}
    assert [record["sessionId"] for record in shared.records("session", **quiet)] == [sessionId]
    assert [record["eventType"] for record in shared.records("event", "spaceId=space-lab", **quiet)] == ["PURCHASE"]

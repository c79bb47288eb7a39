"""Each fault as a client meets it on the wire, and the control endpoint."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from gridrt_emulator.control import is_loopback
from gridrt_emulator.faults import KINDS, BadFaultError, Fault, parse_fault
from tests.emulator.program import TENANT, TOKEN, Emulator, running

PATH = f"/regions/eu/reports/v2/realtime/event/tenants/{TENANT}"


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    """The shared one, its faults cleared before and after."""
    assert shared.control("DELETE").json() == {"faults": []}
    yield shared
    assert shared.control("DELETE").json() == {"faults": []}


def connect(emulator: Emulator, timeout: float = 10) -> HTTPConnection:
    parts = urlsplit(emulator.url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)


def get(connection: HTTPConnection, path: str = PATH) -> Any:
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
    return connection.getresponse()


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "429", "500", "502", "503", "504"])
def test_statuses(emulator: Emulator, status: str) -> None:
    emulator.control("POST", {"fault": status})
    response = emulator.ask("event")
    assert response.status_code == int(status)
    assert response.json()["status"] == int(status)
    assert response.json()["error"]
    assert ("WWW-Authenticate" in response.headers) == (status == "401")
    assert ("Retry-After" in response.headers) == (status == "429")


@pytest.mark.parametrize(("fault", "seconds"), [("429", "30"), ("429:7", "7"), ("503:2", "2")])
def test_how_long_to_wait(emulator: Emulator, fault: str, seconds: str) -> None:
    emulator.control("POST", {"fault": fault})
    assert emulator.ask("event").headers["Retry-After"] == seconds


def test_a_dropped_connection(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "drop"})
    connection = connect(emulator)
    with pytest.raises(ConnectionResetError):
        get(connection)
    connection.close()
    with pytest.raises(requests.ConnectionError):
        emulator.ask("session")


def test_a_truncated_answer(emulator: Emulator) -> None:
    whole = len(emulator.ask("event", headers={"Accept-Encoding": "identity"}).content)
    emulator.control("POST", {"fault": "truncated"})
    connection = connect(emulator)
    response = get(connection)
    assert response.status == 200
    announced = int(response.headers["Content-Length"])
    assert announced == pytest.approx(whole, rel=0.1)
    with pytest.raises(IncompleteRead) as failure:
        response.read()
    connection.close()
    assert len(failure.value.partial) == announced // 2
    assert failure.value.partial.startswith(b'[{"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(failure.value.partial)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        emulator.ask("event")


def test_a_truncated_gzip_answer(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "truncated"})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        emulator.ask("event", headers={"Accept-Encoding": "gzip"})


def test_a_hanging_request_leaves_others_alone(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "hang*1"})
    connection = connect(emulator, timeout=0.7)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        get(connection)
    assert time.monotonic() - began >= 0.6
    assert emulator.ask("event").status_code == 200
    connection.close()


def test_a_slow_answer_is_whole(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "slow:1.2*1"})
    connection = connect(emulator)
    began = time.monotonic()
    response = get(connection)
    first = time.monotonic() - began
    body = response.read()
    took = time.monotonic() - began
    connection.close()
    assert first < 0.5
    assert 1.1 < took < 4
    assert isinstance(json.loads(body), list)


def test_a_sign_in_page(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "html"})
    response = emulator.ask("event")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.text.startswith("<!doctype html>")


def test_a_wrong_shape(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "wrong-shape"})
    assert isinstance(emulator.ask("event").json(), dict)


def test_a_redirect(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "redirect"})
    response = emulator.ask("event")
    assert response.status_code == 302
    assert urlsplit(response.headers["Location"]).hostname == "sign-in.invalid"


def test_a_huge_answer(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "huge:3"})
    response = emulator.ask("event")
    assert "Content-Length" not in response.headers
    assert len(response.content) == pytest.approx(3 * 1024 * 1024, rel=0.01)
    assert len(response.json()) == 3


def test_a_client_that_leaves_a_huge_answer(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "huge:60000*1"})
    connection = connect(emulator)
    response = get(connection)
    assert len(response.read(100_000)) == 100_000
    connection.close()
    response.close()
    began = time.monotonic()
    assert emulator.ask("event").status_code == 200
    assert time.monotonic() - began < 5


def test_the_newest_fitting_fault_wins(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "500"})
    emulator.control("POST", {"fault": "503*2@event"})
    emulator.control("POST", {"kind": "429", "argument": 1, "count": 1, "endpoint": "latest-event"})
    assert emulator.control().json()["faults"] == [
        {"kind": "500", "argument": 0, "count": None, "endpoint": None},
        {"kind": "503", "argument": 0, "count": 2, "endpoint": "event"},
        {"kind": "429", "argument": 1, "count": 1, "endpoint": "latest-event"},
    ]
    assert emulator.ask("session").status_code == 500
    assert [emulator.ask("event").status_code for _ in range(3)] == [503, 503, 500]
    assert [emulator.ask("latest-event", "distinctColumns=str1").status_code for _ in range(2)] == [429, 500]
    assert emulator.control("PUT", {"fault": "404"}).json()["faults"][0]["kind"] == "404"
    assert len(emulator.control().json()["faults"]) == 1
    assert emulator.ask("session").status_code == 404


def test_faults_strike_reports_only(emulator: Emulator) -> None:
    emulator.control("POST", {"fault": "500"})
    assert requests.get(f"{emulator.url}/_emulator/health", timeout=10).json()["ready"] is True
    signal = {"b": "s", "c": TENANT, "s": "RATING"}
    assert emulator.signal("event", signal).status_code == 200


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"fault": "explode"}, "explode"),
        ({"fault": "500@sessions"}, "sessions"),
        ({"fault": "500:1"}, "no argument"),
        ({"fault": "slow:x"}, "KIND"),
        ({"fault": "slow:1.2.3"}, "1.2.3"),
        ({"fault": "slow:99999"}, "3600"),
        ({"fault": "drop*0"}, "count"),
        ({"kind": "drop", "count": True}, "count"),
        ({"kind": "drop", "count": 1.5}, "count"),
        ({"kind": "slow", "argument": "1"}, "argument"),
        ({"kind": 500}, "500"),
        ({"kind": "drop", "endpoint": ["event"]}, "endpoint"),
        ({"kind": "drop", "colour": "red"}, "colour"),
        ({}, "None"),
        ([], "object"),
        ("drop", "object"),
    ],
)
def test_bad_faults(emulator: Emulator, body: Any, word: str) -> None:
    response = emulator.control("POST", body)
    assert response.status_code == 400
    assert word in response.json()["error"]
    assert emulator.control().json() == {"faults": []}


def test_bad_bodies_of_the_control_endpoint(emulator: Emulator) -> None:
    url, json_body = f"{emulator.url}/_emulator/faults", {"Content-Type": "application/json; charset=utf-8"}
    assert requests.post(url, data=b"{", headers=json_body, timeout=10).status_code == 400
    assert requests.post(url, data=b" " * 5000, headers=json_body, timeout=10).status_code == 413
    assert requests.patch(url, timeout=10).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},  # an app under test, too
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.test"},
        {"Host": "127.0.0.1.evil.test:8400"},
        {"Host": "192.0.2.1:8400"},
        {"Host": ""},
    ],
    ids=str,
)
def test_a_website_controls_no_faults(emulator: Emulator, method: str, headers: dict[str, str]) -> None:
    url, json_body = f"{emulator.url}/_emulator/faults", {"Content-Type": "application/json"}
    emulator.control("POST", {"fault": "404@session"})
    refused = requests.request(method, url, json={"fault": "500"}, headers=json_body | headers, timeout=10)
    assert refused.status_code == 403
    assert "404" not in refused.text
    assert [fault["kind"] for fault in emulator.control().json()["faults"]] == ["404"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_can_send_is_no_fault(emulator: Emulator, kind: str) -> None:
    url = f"{emulator.url}/_emulator/faults"
    for method in ("POST", "PUT"):
        refused = requests.request(method, url, data=b'{"fault": "500"}', headers={"Content-Type": kind}, timeout=10)
        assert refused.status_code == 415
    preflight = {"Origin": "https://evil.test", "Access-Control-Request-Method": "PUT"}
    assert requests.options(url, headers=preflight, timeout=10).status_code == 405
    assert emulator.control().json() == {"faults": []}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_programs_and_pages_of_the_emulator_control_faults(emulator: Emulator, name: str) -> None:
    own = {"Host": f"{name}:8400", "Origin": f"http://{name}:8400", "Sec-Fetch-Site": "same-origin"}
    url = f"{emulator.url}/_emulator/faults"
    assert requests.put(url, json={"fault": "500*1@event"}, headers=own, timeout=10).status_code == 200
    assert len(emulator.control().json()["faults"]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_written(kind: str) -> None:
    assert parse_fault(f"{kind}*3@session") == Fault(kind, parse_fault(kind).argument, 3, "session")


@pytest.mark.parametrize("text", ["", ":", "*1", "@event", "drop@", "drop*", "drop*-1", "drop event", "429:", "429:-1"])
def test_what_is_not_a_fault(text: str) -> None:
    with pytest.raises(BadFaultError):
        parse_fault(text)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True), ("127.8.9.10", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False), ("192.0.2.1", False), ("::ffff:192.0.2.1", False), ("", False), ("localhost", False),
    ],
)  # fmt: skip
def test_who_is_on_the_same_computer(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def own_address() -> str | None:
    """An address of this computer that isn't loopback, if it has one; asking for a route sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        host: str = probe.getsockname()[0]
        return host


def test_faults_from_the_command_line_and_control_from_elsewhere() -> None:
    with running("--fault", "401*1", "--fault", "html@session", "--host", "0.0.0.0") as emulator:  # noqa: S104 - so that others can reach it
        port = urlsplit(emulator.url).port
        local = Emulator(emulator.process, f"http://127.0.0.1:{port}")
        assert local.ask("session").headers["Content-Type"].startswith("text/html")
        assert [local.ask("event").status_code for _ in range(2)] == [401, 200]
        address = own_address()
        if address is not None:
            elsewhere = Emulator(emulator.process, f"http://{address}:{port}")
            assert elsewhere.ask("event").status_code == 200
            for method in ("GET", "POST", "DELETE"):
                assert elsewhere.control(method, {"fault": "drop"}).status_code == 403
        assert len(local.control().json()["faults"]) == 1


def test_hanging_and_slow_requests_don_t_keep_it_alive() -> None:
    with running("--fault", "hang@event", "--fault", "slow:600@session") as emulator:
        hanging, slow = connect(emulator), connect(emulator)
        hanging.request("GET", PATH, headers={"Authorization": f"Bearer {TOKEN}"})
        assert get(slow, PATH.replace("/event/", "/session/")).status == 200
        began = time.monotonic()
        emulator.process.terminate()
        with pytest.raises((ConnectionResetError, RemoteDisconnected)):
            hanging.getresponse()
        emulator.process.wait(10)
        assert time.monotonic() - began < 5
        hanging.close()
        slow.close()

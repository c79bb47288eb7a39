"""Dates, bounds and checks that are easier to see in the parts than over HTTP."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from gridrt_emulator import inbox as inbox_module
from gridrt_emulator.answers import join_pieces, takes_gzip
from gridrt_emulator.clock import DAY, HOUR, Clock, parse_instant
from gridrt_emulator.dates import iso_date, js_date, read_date, vendor_date
from gridrt_emulator.inbox import Inbox
from gridrt_emulator.queries import Query
from gridrt_emulator.rows import combine, encode, key
from tests.emulator.program import CLOCK

NOW = parse_instant(CLOCK)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T12:20:00.3720000Z",
        "2026-11-23T12:20:00.372Z",
        "2026-11-23T13:20:00.372000+01:00",
        "2026-11-23T17:50:00.372+05:30",
        1795436400372,
        1795436400372.0,
    ],
)
def test_dates_are_read(value: Any) -> None:
    assert read_date(value) == 1795436400372


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("Mon Nov 23 2026 12:20:00 GMT+0100 (Central European Standard Time)", "2026-11-23T11:20:00+00:00"),
        ("Mon Nov 23 2026 12:20:00 GMT-0330", "2026-11-23T15:50:00+00:00"),
        ("Sat Aug 01 2026 00:00:00 GMT+0545 (GMT+05:45)", "2026-07-31T18:15:00+00:00"),
        ("2026-11-23", "2026-11-23T00:00:00+00:00"),
        ("2026-11-23T12:20:00", "2026-11-23T12:20:00+00:00"),
    ],
)
def test_dates_in_words(value: str, instant: str) -> None:
    assert read_date(value) == datetime.fromisoformat(instant).timestamp() * 1000


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "Invalid Date", True, None, [], float("inf"), float("nan"), 1e300,
     "Mon Foo 23 2026 12:20:00 GMT+0100",
     "Mon Nov 31 2026 12:20:00 GMT+0100", "Mon Nov 23 0000 12:20:00 GMT+0100", "Mon Nov 23 2026 12:20:00 GMT+9900"],
)  # fmt: skip
def test_what_is_no_date(value: Any) -> None:
    assert read_date(value) is None


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("month", [1, 7])
def test_dates_that_are_written_are_read(zone: str, month: int) -> None:
    instant = parse_instant(f"2026-{month:02d}-15T23:59:07Z")
    assert read_date(js_date(instant, zone)) == instant
    assert read_date(vendor_date(instant + 372)) == instant + 372
    assert all(read_date(iso_date(instant, digits, name)) == instant for digits in (0, 3, 6) for name in (zone, None))


def test_dates_as_others_write_them() -> None:
    assert vendor_date(1712908523372) == "2024-04-12T07:55:23.3720000Z"
    moment = parse_instant("2026-11-23T11:20:00Z")
    assert js_date(moment, "Europe/Stockholm") == "Mon Nov 23 2026 12:20:00 GMT+0100 (Central European Standard Time)"
    assert js_date(moment, "Asia/Kolkata") == "Mon Nov 23 2026 16:50:00 GMT+0530 (India Standard Time)"
    assert js_date(moment, "America/Sao_Paulo") == "Mon Nov 23 2026 08:20:00 GMT-0300 (GMT-03:00)"


def test_clocks() -> None:
    frozen, moving = Clock(NOW, frozen=True), Clock(NOW)
    assert frozen.now() == frozen.now() == NOW
    assert NOW <= moving.now() <= moving.now() < NOW + 60_000
    fast = Clock(NOW, speed=1000)
    before = fast.now()
    time.sleep(0.02)
    assert fast.now() - before >= 20_000


def test_keys_tell_values_apart() -> None:
    values = [None, "", "0", "1", 0, 1, -1, -2, 1.5, 2**53, 2**53 + 1, 10**30, "a", "A"]
    keys = [key(value) for value in values]
    # Text and numbers never stand in one column.
    texts, numbers = keys[:4] + keys[-2:], [keys[0], *keys[4:-2]]
    assert len(set(texts)) == len(texts)
    assert len(set(numbers)) == len(numbers)
    assert key(2) == key(2.0)
    assert combine([1, 2]) != combine([2, 1])
    assert combine([0, 1]) != combine([1, 0])


def test_numbers_of_any_size_are_encoded() -> None:
    assert encode({"int4": 2**70, "str1": "Å"}) == '{"int4":1180591620717411303424,"str1":"Å"}'.encode()


@pytest.mark.parametrize("size", [1, 5, 100])
def test_arrays_in_chunks(size: int) -> None:
    for count in range(4):
        chunks = list(join_pieces([b"{}"] * count, size))
        assert b"".join(chunks) == b"[" + b",".join([b"{}"] * count) + b"]"
    assert len(list(join_pieces([b"{}"] * 3, 1))) == 4


@pytest.mark.parametrize(
    ("header", "takes"),
    [("gzip", True), ("GZIP", True), ("br;q=1, gzip;q=0.1", True), ("*", True), ("gzip; q=0", False), ("", False),
     ("deflate", False), ("xgzip", False), ("gzip;q=0.000", False)],
)  # fmt: skip
def test_accept_encoding(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes


def posted(inbox: Inbox, number: int, **changes: Any) -> None:
    record = {
        "captureId": f"c{number}",
        "sessionId": "s",
        "eventType": "MONITOR_X",
        "interaction": False,
        "int1": number,
    }
    inbox.add_event(record | changes, inbox.now, None)


def newest(inbox: Inbox, *columns: str) -> list[bytes]:
    found: dict[int, tuple[int, int, bytes]] = {}
    inbox.add_latest(Query(distinctColumns=columns), found)
    return [record for _, _, record in found.values()]


def test_posted_records_go_after_24_hours_but_the_newest_of_a_state_stays() -> None:
    inbox = Inbox(NOW, lambda _: None)
    inbox.add_session({"sessionId": "s", "spaceId": "a", "deviceId": "d"})
    for number in (1, 2):
        posted(inbox, number, int1=7)
        inbox.advance(inbox.now + HOUR)
    inbox.advance(NOW + DAY - 1)
    assert (len(inbox.sessions(Query())), len(inbox.events(Query()))) == (1, 2)
    inbox.advance(NOW + DAY)
    assert (inbox.sessions(Query()), len(inbox.events(Query()))) == ([], 1)
    inbox.advance(NOW + 3 * DAY)
    assert inbox.events(Query()) == []
    (record,) = newest(inbox, "int1")
    assert b'"captureId":"c2"' in record


def test_posted_records_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "_MOST_SESSIONS", 10)
    monkeypatch.setattr(inbox_module, "_MOST_EVENTS", 20)
    monkeypatch.setattr(inbox_module, "_MOST_ARCHIVED", 5)
    inbox = Inbox(NOW, lambda _: None)
    for number in range(100):
        inbox.add_session({"sessionId": f"s{number}"})
        posted(inbox, number)
    assert len(inbox.sessions(Query())) == 10
    assert len(inbox.events(Query())) == 20
    assert len(newest(inbox, "int1")) == 25
    assert b'"s99"' in bytes(inbox.sessions(Query())[-1])

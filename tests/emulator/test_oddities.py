"""Odd records, as many as asked, and in none of them anybody real."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from functools import cache

import pytest

from gridrt_emulator.queries import Query
from gridrt_emulator.world import Size
from tests.emulator.program import Record
from tests.emulator.worlds import make, records

DOCUMENTATION = [
    ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
FICTION = re.compile(r"\+46701740\d{3}|\+614915701\d\d|\+1(202|312|415)55501\d\d|\+447700900\d{3}")


@cache
def odd() -> tuple[list[Record], list[Record]]:
    """Sessions and events of a day with nothing but oddities."""
    store = make(size=Size(6_000, oddities=1))
    return records(store, "sessions"), records(store)


@pytest.mark.parametrize("share", [0, 0.005, 1])
def test_nobody_real_is_in_it(share: float) -> None:
    store = make(size=Size(5_000, oddities=share))
    for record in (*records(store, "sessions"), *records(store)):
        assert any(ipaddress.ip_address(record["ip"]) in net for net in DOCUMENTATION)
        if record.get("eventType") == "CONTACT_IDENTIFY":
            match record["str1"]:
                case "email":
                    assert record["str2"].endswith("@example.com")
                case "phone":
                    assert FICTION.fullmatch(record["str2"])
                case other:
                    assert other == "client_id"


def test_oddities_of_events_are_all_there() -> None:
    sessions, events = odd()
    known = {session["sessionId"] for session in sessions}
    dates = [event["eventTime"] for event in events]
    text = [date for date in dates if isinstance(date, str)]
    assert any(isinstance(date, int) for date in dates)
    for pattern in (
        r"\w{3} \w{3} \d\d \d{4} [\d:]{8} GMT[+-]\d{4} \(.+\)", r"[\d-]+T[\d:]{8}Z", r"[\d-]+T[\d:]{8}\.\d{3}Z",
        r"[\d-]+T[\d:]{8}\.\d{6}Z", r"[\d-]+T[\d:]{8}\.\d{7}Z", r".+[+-]\d\d:\d\d", "Invalid Date|",
    ):  # fmt: skip
        assert any(re.fullmatch(pattern, date) for date in text), pattern
    assert any(date > "2026-11-24" for date in text if date.startswith("20")), "from the future"
    assert any("2025-" < date < "2026-11-22T11" for date in text if date.startswith("20")), "too old"
    ids = Counter(event["captureId"] for event in events)
    assert max(ids.values()) == 2
    assert any(event["sessionId"] not in known for event in events)
    values = [event["int4"] for event in events if event.get("int4") is not None]
    assert any(isinstance(value, int) and value > 2**53 for value in values)
    assert any(isinstance(value, float) and value % 1 for value in values)
    assert any(event["clientId"] is None for event in events if "clientId" in event)
    assert any("eventCaptureTime" in event for event in events)
    assert any(not re.fullmatch("[A-Z_]+", event["eventType"]) for event in events)
    texts = {event[name] for event in events for name in ("str3", "str5") if isinstance(event.get(name), str)}
    assert {"=1+1", "<b>bold</b>", "},{"} <= texts
    vendor = [date for date in text if re.fullmatch(r".+\.\d{7}Z", date)]
    assert vendor != sorted(vendor), "out of order"


def test_oddities_of_sessions_are_all_there() -> None:
    sessions, _ = odd()
    assert any((s.get("latitude"), s.get("longitude")) == (0, 0) for s in sessions)
    assert any(abs(s["latitude"]) > 90 for s in sessions if s.get("latitude"))
    assert any(abs(s["longitude"]) > 180 for s in sessions if s.get("longitude"))
    assert max(Counter(s["captureId"] for s in sessions).values()) == 2
    assert any(not isinstance(s["sessionCreated"], str) for s in sessions)
    assert any("GMT" in str(s["sessionCreated"]) for s in sessions)
    assert any("deviceId" in s and s["deviceId"] is None for s in sessions)


def test_about_half_a_percent_is_odd_unless_asked() -> None:
    events = records(make(size=Size(20_000)))
    usual_date = re.compile(r"2026-11-2[23]T[\d:]{8}\.\d{3}0000Z")
    strange = sum(not usual_date.fullmatch(str(event["eventTime"])) for event in events)
    assert 3 < strange < 100
    assert Size().oddities == 0.005


def test_no_key_is_there_twice() -> None:
    store = make(size=Size(2_000, oddities=1))
    latest = [record for _, _, record in store.latest(Query(distinctColumns=("str1", "int1", "str3"))).values()]
    for piece in (*store.sessions(Query()), *store.events(Query()), *latest):

        def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
            assert len(dict(found)) == len(found)
            return dict(found)

        json.loads(b"[" + bytes(piece) + b"]", object_pairs_hook=pairs)

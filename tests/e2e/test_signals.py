"""Signals that an app posts to the emulator are on the dashboard after the next refresh."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.e2e.conftest import EMULATED_TENANT, StartDashboard, Visit
from tests.e2e.programs import Program


def post(emulator: Program, kind: str, signal: dict[str, object]) -> None:
    """Post a signal like the vendor's client: shortened keys, JSON as plain text, no authentication."""
    connection = HTTPConnection(urlsplit(emulator.url).netloc, timeout=10)
    headers = {"Content-Type": "text/plain;charset=UTF-8"}
    connection.request("POST", f"/regions/eu/signals/v1/{kind}", json.dumps(signal).encode(), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read())[0] == 200
    connection.close()


def test_posted_signals_appear(emulator: Program, start_dashboard: StartDashboard, visit: Visit) -> None:
    base_url = f"{emulator.url}/regions/eu/reports"
    with start_dashboard(base_url, EMULATED_TENANT, GRIDRT_REFRESH_SECONDS="2") as program:
        viewer = visit(program, "/?spaceId=space-under-test")
        expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("spaceId = space-under-test")
        session = str(uuid.uuid4())
        now = datetime.now(UTC)
        known: dict[str, object] = {"b": session, "c": EMULATED_TENANT, "g": "EU"}
        post(
            emulator,
            "session",
            {
                **known,
                "d": now.isoformat(),
                "f": "DEV",
                "h": "space-under-test",
                "i": "app-under-test",
                "j": "1.0",
                "k": "installation-under-test",
                "m": "SE",
                "o": 59.33,
                "p": 18.06,
                "q": "device-under-test",
            },
        )
        # new Date().toString(), as the browser client stamps events
        stamp = now.strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")
        for number in range(3):
            post(emulator, "event", {**known, "s": "APP_UNDER_TEST", "t": stamp, "u": True, "x": number})
        expect(viewer.key("metric_events")).to_contain_text("3", timeout=30_000)
        expect(viewer.key("metric_active_sessions").locator("[data-testid=stMetricValue]")).to_have_text("1")
        viewer.settle()
        assert viewer.number("metric_events") == 3
        assert viewer.number("metric_sessions") == 1
        viewer.go("Events")
        _, rows = viewer.csv("export_events")
        assert sorted(row["int1"] for row in rows) == ["0", "1", "2"]
        assert {row["eventType"] for row in rows} == {"APP_UNDER_TEST"}

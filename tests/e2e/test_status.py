"""The page Status in a browser: reached by its link, it refreshes itself and leaves the filters of the link alone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import table_text
from tests.e2e.conftest import TOKEN, Visit
from tests.e2e.programs import Program


def test_it_is_reached_by_its_link_and_refreshes_itself(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events?from=now-12h&eventType=PURCHASE")
    viewer.go("Status")
    fetches = table_text.read(viewer, viewer.key("status_fetches"))
    assert {"events", "sessions"} <= {row["Endpoint"] for row in fetches}
    assert {row["Scope"] for row in fetches if row["Endpoint"] == "sessions"} >= {"everything"}
    assert any(row["Pages"] not in ("", "0") for row in fetches)
    settings = table_text.read(viewer, viewer.key("status_settings"))
    assert {"GRIDRT_MAX_SESSIONS", "GRIDRT_SIGN_IN"} <= {row["Setting"] for row in settings}
    runs = viewer.page.get_by_text(re.compile(r"runs for \d"))
    before = runs.inner_text()
    expect(runs).not_to_have_text(before, timeout=130_000 if "min" in before else 15_000)
    assert TOKEN.encode() not in viewer.received()
    viewer.go("Events")
    assert viewer.query()["eventType"] == ["PURCHASE"]
    assert viewer.query()["from"] == ["now-12h"]


def test_it_fits_a_phone(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/status", dark=True, phone=True)
    expect(viewer.page.get_by_role("heading", name="Settings")).to_be_attached()
    expect(viewer.key("status_fetches").locator("canvas").first).to_be_visible()
    assert viewer.page.evaluate("document.documentElement.scrollWidth") <= 390

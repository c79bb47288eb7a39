"""Times, statuses and unusual values in links are read exactly and kept; unusable ones are named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import PATHS, Viewer
from tests.strict_server import Counts, StrictServer


@pytest.fixture(scope="module")
def on_odd_values(
    start_dashboard: StartDashboard, start_strict: Callable[..., StrictServer]
) -> Iterator[tuple[Program, StrictServer]]:
    """A dashboard on records with values that can be mistaken for others."""
    with start_strict(sessions=30) as server:
        odd = ("", " ", "SEARCH ", " SEARCH", "SEA\u202eRCH", "SEARCH\u200b", "a\tb", "SEARCH")
        template = next(row for row in server.records.sessions if isinstance(row, dict) and row.get("sessionId"))
        for number, value in enumerate(odd):
            session = {**template, "sessionId": f"odd-{number}", "captureId": f"s-{number}", "spaceId": value}
            event = {"sessionId": f"odd-{number}", "eventTime": template["sessionCreated"], "interaction": True}
            server.records.sessions.append(session)
            server.records.events.append({**event, "captureId": f"e-{number}", "eventType": value})
        with start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program:
            yield program, server


@pytest.mark.parametrize(
    ("typed", "linked"),
    [
        ("3h", "now-3h"),
        ("2026-11-23T12:20+01:00", "2026-11-23T11:20:00Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
    ],
)
def test_what_is_typed_as_a_time_is_in_the_link_as_it_is_read(reader: Viewer, typed: str, linked: str) -> None:
    viewer = reader.open("/events")
    box = viewer.opened("custom_range").locator(".st-key-from_input input")
    box.fill(typed)
    box.press("Enter")
    expect(box).to_have_value(linked)
    viewer.settle()
    assert viewer.query()["from"] == [linked]
    viewer.assert_drawn()


FAR = (
    "from=1700-01-01", "from=0001-01-01", "to=9999-12-31", "from=2262-04-12", "from=0001-01-01T00:00%2B14:00",
    "from=999999d", "from=1900-01-01&to=9999-12-31T23:59:59Z", "to=1900-01-01", "from=now&to=now", "page=99999999999",
)  # fmt: skip


@pytest.mark.parametrize("view", ["events"])
def test_no_time_of_a_link_is_too_far_away(reader: Viewer, view: str) -> None:
    for query in FAR:
        viewer = reader.open(f"{PATHS[view]}?{query}")
        viewer.assert_drawn()
        expect(viewer.page.locator("[data-testid=stMain]")).not_to_contain_text("could not be drawn")


def test_a_range_is_cut_to_the_24_hours_and_says_so(reader: Viewer) -> None:
    viewer = reader.open("/events?from=1900-01-01")
    expect(viewer.key("range_notes")).to_contain_text("begins before the past 24 hours")
    expect(viewer.key("event_histogram")).to_contain_text("per 30 min")
    viewer.open("/events?from=1900-01-01&to=1900-01-02")
    expect(viewer.key("range_notes")).to_contain_text("lies before the past 24 hours")
    expect(viewer.key("event_table")).to_have_count(0)
    viewer.key("whole_day").get_by_role("button").click()
    expect(viewer.key("event_table")).to_be_visible()
    viewer.open("/events?from=now-2h&to=now-5h")
    expect(viewer.key("range_notes")).to_contain_text("ends before it begins")


def test_a_relative_range_stays_relative(reader: Viewer) -> None:
    viewer = reader.open("/events?from=now-3h")
    viewer.assert_drawn()
    expect(viewer.key("event_histogram")).to_contain_text("per 5 min")
    assert viewer.query() == {"from": ["now-3h"]}


def test_the_status_and_the_rows_that_are_shown_are_in_the_link(on_strict: Program, visit: Visit) -> None:
    viewer = visit(on_strict, "/latest")
    viewer.key("tile_offline").get_by_role("button").click()
    viewer.settle()
    viewer.key("rows").get_by_role("radio").filter(has_text="all latest events").click()
    viewer.settle()
    assert viewer.query() == {"status": ["offline"], "rows": ["all"]}
    viewer.page.reload()
    viewer.settle()
    assert viewer.query() == {"status": ["offline"], "rows": ["all"]}
    expect(viewer.key("rows").locator("[aria-checked=true]")).to_contain_text("all latest events")
    expect(viewer.key("tile_offline")).to_contain_text("✓")
    viewer.page.go_back()
    viewer.settle()
    assert viewer.query() == {"status": ["offline"]}
    expect(viewer.key("rows").locator("[aria-checked=true]")).to_contain_text("monitoring")
    viewer.go("Events")
    viewer.page.go_back()
    viewer.settle()
    assert viewer.query() == {"status": ["offline"]}


def test_a_status_that_nothing_has_is_kept_and_explained(reader: Viewer) -> None:
    viewer = reader.open("/latest?status=On+fire")
    viewer.assert_drawn()
    expect(viewer.key("status")).to_contain_text("On fire: 0")
    assert viewer.query() == {"status": ["On fire"]}


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("PURCH", "PURCHASE"),
        ("no such type", "no such type"),
        ('"PURCH"', "PURCH"),
    ],
)
def test_enter_takes_the_first_match(reader: Viewer, typed: str, chosen: str) -> None:
    viewer = reader.open("/events")
    viewer.choose("eventType", typed)
    assert viewer.query() == {"eventType": [chosen]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("eventType", one) for one in ("", " ", "SEARCH ", "SEA\u202eRCH", "a\tb")),
        *(("spaceId", one) for one in (" SEARCH", "SEARCH\u200b")),
    ],
)
def test_any_value_can_be_seen_and_filtered_by_exactly(
    on_odd_values: tuple[Program, StrictServer], visit: Visit, name: str, value: str
) -> None:
    program, server = on_odd_values
    viewer = visit(program, f"/?{urlencode({name: json.dumps(value)})}")
    viewer.assert_drawn()
    counts = Counts(server.records, **{name: value})
    assert counts.events > 0
    assert viewer.number("metric_events") == counts.events
    assert viewer.number("metric_sessions") == counts.sessions
    assert "not in the data" not in viewer.text()
    if value:
        viewer.open(f"/?{urlencode({name: value})}")
        assert viewer.number("metric_events") == counts.events

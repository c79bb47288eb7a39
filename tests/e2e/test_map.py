"""A click on the map lists who is there; a session opens with its facts and its events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.strict_server import Records, StrictServer

PLACE = {"latitude": 59.33, "longitude": 18.07}


def three_at_one_place() -> Records:
    now = datetime.now(UTC)
    made = (now - timedelta(hours=1)).isoformat()
    sessions = [
        {
            "sessionId": f"session-{number}",
            "captureId": f"s{number}",
            "sessionCreated": made,
            "spaceId": "store",
            **PLACE,
        }
        for number in range(3)
    ]
    nowhere = {"sessionId": "session-nowhere", "captureId": "s9", "sessionCreated": made, "spaceId": "store"}
    event = {"eventTime": made, "eventType": "SEARCH", "interaction": True}
    events = [{**event, "sessionId": f"session-{number}", "captureId": f"e{number}"} for number in range(3)]
    return Records(now, [*sessions, nowhere], events)


def test_a_click_on_a_bubble_lists_its_sessions(start_dashboard: StartDashboard, visit: Visit) -> None:
    with (
        StrictServer(three_at_one_place(), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program,
    ):
        viewer = visit(program, "/sessions")
        expect(viewer.key("unlocated")).to_contain_text("1 of 4")
        canvas = viewer.key("session_map").locator("canvas").first
        expect(canvas).to_be_visible()
        box = canvas.bounding_box()
        assert box is not None
        # The view is fitted to the one bubble: it is in the middle. Once it can be pointed at, it can be clicked.
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        viewer.pointed_at("3 sessions", x, y, tries=40)
        chosen = viewer.page.locator("[data-testid=stMain]").filter(has_text="3 sessions at the chosen place")
        for _ in range(3):
            # As long as a finger takes: on a busy machine the map misses a click that is over at once.
            viewer.page.mouse.click(x, y, delay=150)
            viewer.page.wait_for_timeout(2_000)
            if chosen.count():
                break
        expect(chosen).to_be_visible()
        viewer.settle()
        link = viewer.page.url.removeprefix(program.url)
        _, rows = visit(program, link).csv("export_sessions")
        assert {row["sessionId"] for row in rows} == {"session-0", "session-1", "session-2"}
        viewer.key("all_places").get_by_role("button").click()
        expect(viewer.page.locator("[data-testid=stMain]")).not_to_contain_text("at the chosen place")
        assert server.violations == []


def test_a_session_opens_with_its_facts_and_events(start_dashboard: StartDashboard, visit: Visit) -> None:
    with (
        StrictServer(three_at_one_place(), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program,
    ):
        viewer = visit(program, "/sessions?sessionId=session-1")
        viewer.assert_drawn()
        facts = viewer.key("facts").locator("canvas table")
        expect(facts.filter(has_text="sessionCreated")).to_have_count(1)
        expect(facts.filter(has_text="SEARCH")).to_have_count(1)

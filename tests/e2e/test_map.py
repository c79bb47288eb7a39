"""A click on the map lists the sessions there; a session opens with its fields and its events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer, far_away
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


@pytest.fixture(scope="module")
def program(start_dashboard: StartDashboard) -> Iterator[Program]:
    with (
        StrictServer(three_at_one_place(), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as started,
    ):
        yield started
        assert server.violations == []


def test_a_click_on_a_bubble_lists_its_sessions(program: Program, visit: Visit) -> None:
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


def test_a_session_opens_with_its_facts_and_events(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/sessions?sessionId=session-1")
    viewer.assert_drawn()
    facts = viewer.key("facts").locator("canvas table")
    expect(facts.filter(has_text="sessionCreated")).to_have_count(1)
    expect(facts.filter(has_text="SEARCH")).to_have_count(1)


LOSE = """() => {
    const canvas = document.querySelector('.st-key-session_map canvas')
    canvas.lost = true
    canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()
}"""
ANOTHER = """() => {
    const found = document.querySelectorAll('.st-key-session_map:not([data-retained=true]) canvas')
    return found.length === 1 && !found[0].lost && !found[0].getContext('webgl2').isContextLost()
}"""


def centre(viewer: Viewer) -> tuple[float, float]:
    canvas = viewer.key("session_map").locator("canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_map_that_is_lost_is_drawn_anew_as_it_was(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/sessions?at=at+59.33000,18.07000&colour=country")
    assert viewer.pointed_at("3 sessions", *centre(viewer), tries=40)
    link = viewer.query()
    for _ in range(4):
        viewer.page.evaluate(LOSE)
        viewer.page.wait_for_function(ANOTHER)
        assert viewer.pointed_at("3 sessions", *centre(viewer), tries=40)
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("3 sessions at the chosen place")
    assert viewer.query() == link


def test_a_map_that_is_lost_far_from_the_server_is_drawn_anew_once(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/sessions?at=at+59.33000,18.07000", before=far_away())
    assert viewer.pointed_at("3 sessions", *centre(viewer), tries=40)
    link = viewer.query()
    viewer.page.evaluate(LOSE)
    for _ in range(8):
        # As often as it is looked at again, the server is notified again.
        viewer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        viewer.page.wait_for_timeout(150)
    viewer.page.wait_for_function(ANOTHER)
    viewer.page.evaluate("document.querySelector('.st-key-session_map canvas').kept = true")
    viewer.page.wait_for_timeout(2_500)
    assert viewer.page.evaluate("document.querySelector('.st-key-session_map canvas').kept")
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("3 sessions at the chosen place")
    assert viewer.query() == link


def test_a_map_that_is_lost_while_nobody_looks_is_drawn_anew_later(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/sessions?refresh=off")
    assert viewer.pointed_at("3 sessions", *centre(viewer), tries=40)
    looked_at = """(state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
        document.dispatchEvent(new Event('visibilitychange'))
    }"""
    viewer.page.evaluate(looked_at, "hidden")
    viewer.page.evaluate(LOSE)
    viewer.page.wait_for_timeout(3_000)
    assert not viewer.page.evaluate(ANOTHER)
    viewer.page.evaluate(looked_at, "visible")
    viewer.page.wait_for_function(ANOTHER)
    assert viewer.pointed_at("3 sessions", *centre(viewer), tries=40)


def test_fitting_brings_the_map_back_from_where_it_was_moved_to(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/sessions")
    x, y = centre(viewer)
    assert viewer.pointed_at("3 sessions", x, y, tries=40)
    viewer.page.mouse.move(x, y + 60)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x - 120, y + 60, steps=6)
    viewer.page.wait_for_timeout(300)  # or it would be flung
    viewer.page.mouse.up()
    assert not viewer.pointed_at("3 sessions", x, y, tries=4)
    viewer.key("fit").get_by_role("button").click()
    viewer.settle()
    assert viewer.pointed_at("3 sessions", x, y, tries=12)


def test_back_fits_the_map_to_the_scope_before(start_dashboard: StartDashboard, visit: Visit) -> None:
    records = three_at_one_place()
    elsewhere = {"spaceId": "kiosk", "latitude": -33.9, "longitude": 151.2}
    records.sessions.append({**records.sessions[0], "sessionId": "far", "captureId": "far", **elsewhere})
    with (
        StrictServer(records, TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program,
    ):
        viewer = visit(program, "/sessions?spaceId=store")
        assert viewer.pointed_at("3 sessions", *centre(viewer), tries=40)
        viewer.go("Now")
        viewer.key("clear_all").get_by_role("button").click()
        expect(viewer.key("clear_all")).to_have_count(0)
        viewer.choose("spaceId", "kiosk")
        viewer.go("Sessions")
        assert viewer.pointed_at("1 session", *centre(viewer), tries=12)
        for title in ("Now", "Now", "Now", "Sessions"):
            viewer.back(title)
        assert viewer.query() == {"spaceId": ["store"]}
        assert viewer.pointed_at("3 sessions", *centre(viewer), tries=12)

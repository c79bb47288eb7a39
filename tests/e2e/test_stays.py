"""A refresh with new records moves nothing that is being read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer, far_away
from tests.strict_server import Records, StrictServer

STORE = {"spaceId": "store", "latitude": 59.33, "longitude": 18.07}
ELSEWHERE = {"spaceId": "kiosk", "latitude": 59.60, "longitude": 18.90}
FILLS = ".js-plotly-plot .js-fill"
WIDE = "[data-title='Close fullscreen']"
# Looks at every frame just before it is painted.
_WATCH = """([part, width]) => {
    window.blank = 0
    const look = () => {
        const seen = [...document.querySelectorAll(part)].some((one) => one.checkVisibility({ opacityProperty: true,
            visibilityProperty: true }) && one.getBoundingClientRect().width > width)
        if (!seen) window.blank += 1
        requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
}"""


def session(name: str, age: timedelta, **more: Any) -> dict[str, Any]:
    made = (datetime.now(UTC) - age).isoformat()
    return {"sessionId": name, "captureId": f"s-{name}", "sessionCreated": made, **STORE, **more}


def event(name: str, age: timedelta, **more: Any) -> dict[str, Any]:
    made = (datetime.now(UTC) - age).isoformat()
    told = {"eventType": "SEARCH", "interaction": True, "sessionId": "visit-0"}
    return {"captureId": name, "eventTime": made, **told, **more}


@pytest.fixture
def server() -> Iterator[StrictServer]:
    sessions = [session(f"visit-{n}", timedelta(minutes=5 + n)) for n in range(250)]
    events = [event(f"event-{n}", timedelta(minutes=5 + n), int1=n) for n in range(250)]
    with StrictServer(Records(datetime.now(UTC), sessions, events), TOKEN) as started:
        yield started


@pytest.fixture
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="2") as started:
        yield started


def arrive(server: StrictServer) -> None:
    """Add records in another place."""
    server.records.sessions.append(session("new", timedelta(0), **ELSEWHERE))
    server.records.events.append(event("new", timedelta(0), sessionId="new", eventType="PURCHASE"))


def mark(viewer: Viewer, *parts: str) -> None:
    """Mark elements, so that `assert_same` can tell whether they have been replaced."""
    viewer.page.evaluate("(parts) => parts.forEach((part) => { document.querySelector(part).marked = true })", parts)


def assert_same(viewer: Viewer, *parts: str) -> None:
    found = viewer.page.evaluate("(parts) => parts.map((part) => document.querySelector(part)?.marked === true)", parts)
    assert found == [True] * len(parts), dict(zip(parts, found, strict=True))


def scroller(viewer: Viewer, key: str) -> Locator:
    """Return the scroller of the table under a key, or of the last one in a container."""
    return viewer.key(key).locator(".dvn-scroller").last


def scrolled(viewer: Viewer, key: str) -> int:
    top: int = scroller(viewer, key).evaluate("(scroller) => scroller.scrollTop")
    return top


def scroll(viewer: Viewer, key: str, pixels: int) -> None:
    scroller(viewer, key).scroll_into_view_if_needed()
    scroller(viewer, key).hover()
    viewer.page.mouse.wheel(0, pixels)
    viewer.page.wait_for_timeout(500)


def first_rows(viewer: Viewer, table: str) -> str:
    """Return a screenshot of the top of the table."""
    return str(viewer.key(table).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()"))


def test_the_map_stays_where_it_was_moved_to(program: Program, server: StrictServer, visit: Visit) -> None:
    viewer = visit(program, "/sessions")
    canvas = viewer.key("session_map").locator("canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert viewer.pointed_at("250 sessions", x, y, tries=12)
    viewer.page.mouse.move(x, y + 80)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x - 100, y + 80, steps=5)
    viewer.page.mouse.move(x - 200, y + 80, steps=5)
    viewer.page.wait_for_timeout(300)
    viewer.page.mouse.up()
    assert viewer.pointed_at("250 sessions", x - 200, y, tries=12)
    mark(viewer, ".st-key-session_map canvas")
    arrive(server)
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("of 251 sessions")
    viewer.settle()
    assert viewer.pointed_at("250 sessions", x - 200, y, tries=12)
    assert_same(viewer, ".st-key-session_map canvas")


def test_the_chosen_time_range_stays(program: Program, server: StrictServer, visit: Visit) -> None:
    start = (datetime.now(UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%MZ")
    viewer = visit(program, f"/events?from={start}")
    link = viewer.query()
    chart = viewer.key("event_histogram")
    expect(chart.locator(".scatterlayer .js-fill").first).to_be_attached()
    mark(viewer, ".st-key-event_table canvas")
    viewer.page.evaluate(_WATCH, [f".st-key-event_histogram {FILLS}", 0])
    axis = "(plot) => plot._fullLayout.xaxis.range[0]"
    before = chart.locator(".js-plotly-plot").evaluate(axis)
    arrive(server)
    expect(chart.locator(".scatterlayer .trace")).to_have_count(2)
    viewer.settle()
    assert chart.locator(".js-plotly-plot").evaluate(axis) == before
    assert viewer.query() == link
    assert_same(viewer, ".st-key-event_table canvas")
    assert viewer.page.evaluate("window.blank") == 0


def test_a_figure_stays_in_full_screen(program: Program, server: StrictServer, visit: Visit) -> None:
    viewer = visit(program, "/events")
    chart = viewer.key("event_histogram")
    expect(chart.locator(FILLS)).to_have_count(1)
    chart.hover()
    chart.locator("[data-title=Fullscreen]").click()
    wide = chart.locator(WIDE)
    expect(wide).to_be_attached()
    viewer.page.evaluate(_WATCH, [".st-key-event_histogram .main-svg", 1200])
    arrive(server)
    expect(chart.locator(FILLS)).to_have_count(2)
    viewer.settle()
    assert viewer.page.evaluate("window.blank") == 0
    wide.click()
    expect(wide).to_have_count(0)
    expect(viewer.key("event_table")).to_be_visible()


@pytest.mark.parametrize(
    ("view", "table", "noun"), [("/events", "event_table", "event"), ("/sessions", "session_table", "session")]
)
@pytest.mark.parametrize("page", [1, 2])
def test_a_table_stays_where_it_was_scrolled_to(
    program: Program, server: StrictServer, visit: Visit, view: str, table: str, noun: str, page: int
) -> None:
    parameter = {"/events": "page", "/sessions": "session_page"}[view]
    viewer = visit(program, f"{view}?{parameter}={page}" if page > 1 else view)
    scroll(viewer, table, 600)
    top, shown = scrolled(viewer, table), first_rows(viewer, table)
    assert top > 300
    mark(viewer, f".st-key-{table} canvas")
    arrive(server)
    newer = viewer.page.get_by_role("button", name=f"Show 1 newer {noun}")
    expect(newer).to_be_visible()
    viewer.settle()
    assert scrolled(viewer, table) == top
    assert first_rows(viewer, table) == shown
    assert_same(viewer, f".st-key-{table} canvas")
    newer.click()
    viewer.settle()
    expect(newer).to_have_count(0)
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text(f"1 to 100 of 251 {noun}s")


@pytest.mark.parametrize(
    ("view", "noun"), [("/events?captureId=event-30", "event"), ("/sessions?sessionId=visit-0", "session")]
)
def test_an_open_row_stays_open_and_chosen(
    program: Program, server: StrictServer, visit: Visit, view: str, noun: str
) -> None:
    viewer = visit(program, view)
    expect(viewer.key("facts")).to_be_visible()
    scroll(viewer, "facts", 120)
    link, top = viewer.query(), scrolled(viewer, "facts")
    assert top > 0
    mark(viewer, ".st-key-facts", ".st-key-facts canvas")
    arrive(server)
    expect(viewer.page.get_by_role("button", name=f"Show 1 newer {noun}")).to_be_visible()
    viewer.settle()
    assert viewer.query() == link
    assert scrolled(viewer, "facts") == top
    assert_same(viewer, ".st-key-facts", ".st-key-facts canvas")


def test_a_refresh_with_nothing_new_sends_no_figure(program: Program, server: StrictServer, visit: Visit) -> None:
    viewers = {view: visit(program, view) for view in ("/", "/sessions", "/events", "/latest")}
    calls, before = len(server.requests), {view: len(viewer.received()) for view, viewer in viewers.items()}
    viewers["/"].page.wait_for_timeout(9_000)
    intervals = sum("/session/" in request.path for request in server.requests[calls:])
    assert intervals >= 2
    for view, viewer in viewers.items():
        assert 0 < len(viewer.received()) - before[view] < 10_000 * intervals, view


def test_a_click_is_not_undone_by_a_refresh(
    server: StrictServer, start_dashboard: StartDashboard, visit: Visit
) -> None:
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as program:
        viewer = visit(program, "/events", before=far_away())
        for turn in range(6):
            arrive(server)
            page = "21"[turn % 2]
            viewer.key("page").get_by_role("button", name=re.compile(rf"\b{page}$")).first.click()
            # Neither a multiple of the interval nor of the delay.
            viewer.page.wait_for_timeout(1_500 + turn * 230 % 700)
            assert viewer.query().get("page", ["1"]) == [page]

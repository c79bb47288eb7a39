"""Streamlit's search and sort are off in tables with pages, and work in tables with all rows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer

PAGED = [("/", "event_feed"), ("/events", "event_table"), ("/sessions", "session_table"), ("/latest", "latest_table")]
MENU = "[data-testid=stDataFrameColumnMenu]"


def rows(table: Locator) -> list[str]:
    """Return the first rows as a screen reader gets them."""
    found = table.locator("canvas table tbody tr")
    expect(found.first).to_be_attached()
    return found.all_inner_texts()[:5]


def header(viewer: Viewer, table: Locator) -> dict[str, float]:
    table.scroll_into_view_if_needed()
    viewer.page.wait_for_timeout(500)
    box = table.locator(".dvn-scroller").first.bounding_box()
    assert box is not None
    return {**box, "y": box["y"] + 15}


@pytest.mark.parametrize(("view", "key"), PAGED)
def test_a_page_of_a_table_cannot_be_sorted_or_searched(
    on_emulator: Program, visit: Visit, view: str, key: str
) -> None:
    viewer = visit(on_emulator, view)
    table = viewer.key(key)
    before, place = rows(table), header(viewer, table)
    for x in range(60, 460, 8):
        viewer.page.mouse.click(place["x"] + x, place["y"])
    viewer.page.wait_for_timeout(500)
    assert viewer.page.locator(MENU).count() == 0
    assert rows(table) == before
    assert viewer.query() == {}
    expect(table.get_by_role("button", name="Search")).to_have_count(0)
    expect(table.get_by_role("button", name="Fullscreen")).to_have_count(1)
    viewer.page.mouse.click(place["x"] + 200, place["y"] + 50)
    viewer.page.keyboard.press("Control+f")
    viewer.page.wait_for_timeout(500)
    assert table.locator(".gdg-search-bar").count() == 0


def test_a_column_can_still_be_widened(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events")
    table = viewer.key("event_table")
    place = header(viewer, table)
    before = rows(table)
    edges = []
    for x in range(60, 400):
        viewer.page.mouse.move(place["x"] + x, place["y"])
        cursors = table.locator("*").evaluate_all("(all) => all.map((one) => getComputedStyle(one).cursor)")
        if "col-resize" in cursors:
            edges.append(x)
            break
    assert edges
    wide = "(scroller) => scroller.scrollWidth"
    width = table.locator(".dvn-scroller").evaluate(wide)
    viewer.page.mouse.down()
    viewer.page.mouse.move(place["x"] + edges[0] + 80, place["y"], steps=5)
    viewer.page.mouse.up()
    viewer.page.wait_for_timeout(500)
    assert table.locator(".dvn-scroller").evaluate(wide) > width + 50
    # What ended it was no click, and nothing goes on being widened.
    viewer.page.mouse.move(place["x"] + edges[0] + 300, place["y"], steps=5)
    assert table.locator(".dvn-scroller").evaluate(wide) < width + 150
    assert [row[:40] for row in rows(table)] == [row[:40] for row in before]  # those in view are told


def test_a_row_can_be_chosen_after_a_press_on_the_header(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events")
    place = header(viewer, viewer.key("event_table"))
    viewer.page.mouse.click(place["x"] + 150, place["y"])
    viewer.page.mouse.click(place["x"] + 16, place["y"] + 38)
    viewer.page.wait_for_url("**captureId=**")
    expect(viewer.key("facts")).to_be_visible()


def test_counts_sort_as_numbers(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events")
    viewer.page.locator("[data-testid=stSidebar] .st-key-counts_eventType button").first.click()
    table = viewer.key("counts_table_eventType")
    expect(table).to_be_visible()
    viewer.page.wait_for_timeout(2_000)  # it moves into its place
    place = header(viewer, table)
    viewer.page.mouse.click(place["x"] + 260, place["y"])
    viewer.page.wait_for_timeout(800)
    last = table.locator("canvas table tbody tr td:last-child").all_inner_texts()
    counts = [int(number.replace(",", "")) for number in last]
    assert counts == sorted(counts)
    assert len(str(counts[0])) < 3

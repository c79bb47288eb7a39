"""The views of stores in a browser: rows, bubbles and drags lead where they should, and the wheel scrolls the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.dashboard.ui.test_stores import TOKEN as DAY_TOKEN
from tests.dashboard.ui.test_stores import day
from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer

HEADER, ROW = 35, 35
RANK_X, STORE_X = 60, 160


@pytest.fixture(scope="module")
def shops(start_dashboard: StartDashboard) -> Iterator[Program]:
    assert DAY_TOKEN != TOKEN
    with StrictServer(day(), TOKEN) as server, start_dashboard(server.base_url, server.tenant_id) as program:
        yield program


def table_of(viewer: Viewer, key: str = "store_table") -> tuple[Locator, dict[str, Any]]:
    canvas = viewer.key(key).locator("canvas").first
    canvas.scroll_into_view_if_needed()
    viewer.page.wait_for_timeout(300)
    box = canvas.bounding_box()
    assert box is not None
    return canvas, dict(box)


def click_row(viewer: Viewer, row: int, x: int = STORE_X) -> None:
    _, box = table_of(viewer)
    viewer.page.mouse.click(box["x"] + x, box["y"] + HEADER + ROW * row + 15)


def test_a_row_of_now_opens_the_store_and_keeps_the_range(visit: Visit, shops: Program) -> None:
    viewer = visit(shops, "/?from=now-12h&tz=UTC")
    click_row(viewer, 0, RANK_X)
    viewer.settle()
    assert "/store" not in viewer.page.url
    click_row(viewer, 0)
    expect(viewer.page.locator("h1", has_text="Store")).to_be_visible()
    viewer.settle()
    assert viewer.query()["spaceId"] == ["north"]
    assert viewer.query()["from"] == ["now-12h"]
    expect(viewer.key("store_drops")).to_contain_text("Purchases fell from 4 to 0")
    expect(viewer.key("store_drops")).to_contain_text("gate 7 was offline")
    viewer.assert_drawn()


def test_a_drag_over_the_day_of_a_store_sets_the_range(visit: Visit, shops: Program) -> None:
    viewer = visit(shops, "/store?spaceId=north&tz=UTC")
    figure = viewer.key("store_day").locator(".nsewdrag").first
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    assert box is not None
    viewer.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 30, steps=5)
    viewer.page.mouse.up()
    expect(viewer.page).to_have_url(re.compile("from=20"))
    viewer.settle()
    assert viewer.query()["spaceId"] == ["north"]
    viewer.assert_drawn()


def test_a_bubble_filters_by_its_store_and_a_second_click_removes_that(visit: Visit, shops: Program) -> None:
    viewer = visit(shops, "/stores?area=65,25,5")
    viewer.page.wait_for_timeout(2_000)
    box = viewer.key("store_map").locator("canvas").last.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert viewer.pointed_at("north", x, y, 20)
    viewer.page.mouse.click(x, y)
    expect(viewer.page).to_have_url(re.compile("spaceId=north"))
    viewer.settle()
    expect(viewer.key("filter_chips")).to_contain_text("north")
    viewer.page.wait_for_timeout(1_000)
    box = viewer.key("store_map").locator("canvas").last.bounding_box()
    assert box is not None
    viewer.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(viewer.page).not_to_have_url(re.compile("spaceId=north"))


def test_a_row_of_stores_filters_and_the_map_keeps_all_stores(visit: Visit, shops: Program) -> None:
    viewer = visit(shops, "/stores")
    click_row(viewer, 1)
    expect(viewer.page).to_have_url(re.compile("spaceId=south"))
    viewer.settle()
    expect(viewer.page.get_by_text("1 to 2 of 2 stores")).to_be_visible()
    viewer.go("Now")
    assert viewer.query()["spaceId"] == ["south"]


def test_the_wheel_scrolls_the_page_until_the_map_is_clicked(visit: Visit, shops: Program) -> None:
    viewer = visit(shops, "/stores")
    viewer.page.set_viewport_size({"width": 1280, "height": 500})
    viewer.page.wait_for_timeout(1_500)
    box = viewer.key("store_map").locator("canvas").last.bounding_box()
    assert box is not None
    main = viewer.page.locator("[data-testid=stMain]")

    def scrolled() -> float:
        return float(main.evaluate("element => element.scrollTop"))

    viewer.page.mouse.move(box["x"] + 20, box["y"] + 60)
    viewer.page.mouse.wheel(0, 120)
    viewer.page.wait_for_timeout(700)
    assert scrolled() > 50
    main.evaluate("element => element.scrollTo(0, 0)")
    viewer.page.mouse.click(box["x"] + 20, box["y"] + 60)
    viewer.page.wait_for_timeout(500)
    before = scrolled()
    viewer.page.mouse.wheel(0, 120)
    viewer.page.wait_for_timeout(700)
    assert scrolled() == before


def test_a_click_on_a_pile_zooms_in_and_lists_its_stores(visit: Visit, start_dashboard: StartDashboard) -> None:
    records = day()
    for number in range(3):
        place = {"latitude": 10.0 + number / 50, "longitude": 100.0}
        made = {"sessionCreated": records.sessions[0]["sessionCreated"], "spaceId": f"near {number}"}
        records.sessions.append({"sessionId": f"n{number}", "captureId": f"n{number}", **made, **place})
    with StrictServer(records, TOKEN) as server, start_dashboard(server.base_url, server.tenant_id) as program:
        viewer = visit(program, "/stores?area=10,100,2")
        viewer.page.wait_for_timeout(2_000)
        box = viewer.key("store_map").locator("canvas").last.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert viewer.pointed_at("3 stores", x, y, 20)
        viewer.page.mouse.click(x, y)
        expect(viewer.page).not_to_have_url(re.compile("area=10(,|%2C)100(,|%2C)2$"))
        expect(viewer.page.get_by_text("1 to 3 of 3 stores")).to_be_visible()
        viewer.settle()
        assert "spaceId" not in viewer.query()
        viewer.page.get_by_role("button", name="Show all stores").click()
        expect(viewer.page.get_by_text("1 to 5 of 5 stores")).to_be_visible()

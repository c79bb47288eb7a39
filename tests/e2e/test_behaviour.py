"""The Behaviour view and the page of a session in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.ui.behaviour_panels import PANELS
from tests.e2e.conftest import Visit
from tests.e2e.programs import Program


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, True)], ids=["light", "dark-phone"])
def test_each_panel_is_drawn(visit: Visit, on_emulator: Program, dark: bool, phone: bool) -> None:
    viewer = visit(on_emulator, f"/analytics?panel={next(iter(PANELS))}", dark=dark, phone=phone)
    for number, (panel, key) in enumerate(PANELS.items()):
        if number:
            viewer.open(f"/analytics?panel={panel}")
        viewer.assert_drawn()
        expect(viewer.key(key).locator("[data-testid=stDataFrame]").first).to_be_visible()


def test_the_export_of_the_funnel_has_its_steps(visit: Visit, on_emulator: Program) -> None:
    viewer = visit(on_emulator, "/analytics")
    name, rows = viewer.csv("export_funnel")
    assert name.startswith("funnel_")
    assert [row["step"] for row in rows] == ["CATEGORY_VIEW", "PRODUCT_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE"]
    sessions = [int(row["sessions"]) for row in rows]
    assert sessions == sorted(sessions, reverse=True)
    assert sessions[-1] > 0


def test_tabs_are_in_the_link_and_back_returns(visit: Visit, on_emulator: Program) -> None:
    viewer = visit(on_emulator, "/analytics")
    viewer.page.get_by_role("tab", name="Searches").click()
    viewer.settle()
    assert viewer.query()["panel"] == ["Searches"]
    viewer.page.go_back()
    viewer.settle()
    assert "panel" not in viewer.query()
    expect(viewer.key("funnel_bars")).to_be_visible()


def test_from_an_abandoned_cart_to_its_session_and_back(visit: Visit, on_emulator: Program) -> None:
    viewer = visit(on_emulator, "/analytics?panel=Carts")
    table = viewer.key("abandoned_table").bounding_box()
    assert table is not None
    # The first row's checkbox: the table is a canvas.
    viewer.page.mouse.click(table["x"] + 18, table["y"] + 52)
    viewer.settle()
    session = viewer.query()["abandoned"]
    viewer.page.get_by_role("link", name="Open the session").first.click()
    expect(viewer.page.locator("h1", has_text="Session")).to_be_visible()
    viewer.settle()
    assert viewer.query()["sessionId"] == session
    expect(viewer.key("session_timeline")).to_be_visible()
    viewer.page.go_back()
    viewer.settle()
    assert viewer.query() == {"panel": ["Carts"], "abandoned": session}

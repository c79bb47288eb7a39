"""What a viewer does by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.viewer import Viewer


def tab_to(viewer: Viewer, key: str, kind: str, most: int = 150) -> None:
    """Press Tab until the focus is on a kind of element in the one of a key."""
    for _ in range(most):
        viewer.page.keyboard.press("Tab")
        if viewer.key(key).locator(f"{kind}:focus").count():
            return
    raise AssertionError(f"Tab does not reach the {kind} of {key}")


def choose_by_keyboard(viewer: Viewer) -> None:
    """Set the time range and a filter, remove the filter by its chip, and open Share, without a mouse."""
    keyboard = viewer.page.keyboard
    tab_to(viewer, "time_range", "button")
    for _ in range(6):
        if viewer.page.locator(":focus").inner_text() == "3 h":
            break
        keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(viewer.page).to_have_url(re.compile("from=now-3h"))
    viewer.settle()
    tab_to(viewer, "eventType", "input")
    keyboard.type("purch")
    keyboard.press("Enter")
    expect(viewer.key("chip_eventType_0")).to_contain_text("PURCHASE")
    keyboard.press("Escape")
    viewer.settle()
    tab_to(viewer, "chip_eventType_0", "button")
    keyboard.press("Enter")
    expect(viewer.key("chip_eventType_0")).to_have_count(0)
    viewer.settle()
    assert "eventType" not in viewer.query()
    tab_to(viewer, "share", "button")
    keyboard.press("Enter")
    expect(viewer.page.get_by_test_id("stPopoverBody")).to_contain_text("Link")
    keyboard.press("Escape")
    expect(viewer.page.get_by_test_id("stPopoverBody")).to_have_count(0)

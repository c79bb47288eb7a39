"""Touch: a finger scrolls the page over every element, and taps and sideways moves still work."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer

Points = list[tuple[float, float]]
STEPS = 12
PARTS = {
    "/": ("minute_bars", "event_feed"),
    "/events": ("event_histogram", "event_values", "event_table"),
    "/sessions": ("session_map", "session_table"),
    "/latest": ("latest_table",),
}


def touch(viewer: Viewer, *fingers: tuple[float, float, float, float]) -> None:
    """Move fingers over the screen in steps, each from x and y by a number of pixels."""
    session = viewer.context.new_cdp_session(viewer.page)
    for step in range(STEPS + 1):
        points = [
            {"x": x + across * step / STEPS, "y": y + down * step / STEPS, "id": number}
            for number, (x, y, across, down) in enumerate(fingers)
        ]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": points})
        viewer.page.wait_for_timeout(16)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()
    viewer.page.wait_for_timeout(800)


def top(viewer: Viewer) -> float:
    """Return how far the page is scrolled, in pixels."""
    return float(viewer.page.locator("[data-testid=stMain]").evaluate("(main) => main.scrollTop"))


def middle(viewer: Viewer, key: str) -> tuple[float, float]:
    """Scroll the element of a key to the middle of the screen; return its middle, or that of its upper part."""
    part = viewer.key(key)
    expect(part).to_be_visible()
    box = None
    for _ in range(40):
        part.evaluate("(part) => part.scrollIntoView({ block: 'center' })")
        viewer.page.wait_for_timeout(400)
        before, box = box, part.bounding_box()
        if box == before:
            break  # what stands above it has its height
    assert box is not None
    return box["x"] + box["width"] * 0.6, box["y"] + min(box["height"], 400) / 2


def scrolled(viewer: Viewer, key: str) -> float:
    """Return how far a table itself is scrolled, in pixels."""
    return float(viewer.key(key).locator(".dvn-scroller").first.evaluate("(scroller) => scroller.scrollTop"))


@pytest.mark.parametrize("view", PARTS)
def test_a_swipe_up_or_down_scrolls_the_page(on_emulator: Program, visit: Visit, view: str) -> None:
    viewer = visit(on_emulator, view, phone=True)
    for key in PARTS[view]:
        x, y = middle(viewer, key)
        link, before = viewer.page.url, top(viewer)
        touch(viewer, (x, y, 0, 200))
        down = top(viewer)
        assert down < before - 100, key
        box = viewer.key(key).bounding_box()
        assert box is not None
        touch(viewer, (x, max(box["y"], 250) + 40, 0, -200))
        assert top(viewer) > down + 100, key
        assert viewer.page.url == link


def test_a_table_that_was_tapped_scrolls_and_hands_over_to_the_page_at_its_end(
    on_emulator: Program, visit: Visit
) -> None:
    viewer = visit(on_emulator, "/events", phone=True)
    x, y = middle(viewer, "event_table")
    viewer.page.touchscreen.tap(x, y)
    chosen = viewer.page.locator(".st-key-event_table:focus-within")
    expect(chosen).to_have_count(1)
    before = top(viewer)
    touch(viewer, (x, y, 0, -150))
    assert scrolled(viewer, "event_table") > 80
    assert top(viewer) == before
    for _ in range(3):
        touch(viewer, (x, y, 0, 250))
    assert scrolled(viewer, "event_table") == 0
    assert top(viewer) < before - 100


def test_a_finger_moves_a_table_to_the_side(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events", phone=True)
    x, y = middle(viewer, "event_table")
    touch(viewer, (x, y, -150, 0))
    assert viewer.key("event_table").locator(".dvn-scroller").evaluate("(scroller) => scroller.scrollLeft") > 80


def test_a_tap_on_a_bar_filters(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events", phone=True)
    middle(viewer, "event_values")
    box = viewer.key("event_values").locator(".point path").nth(1).bounding_box()
    assert box is not None
    viewer.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    viewer.page.wait_for_url("**eventType=**")


def test_a_finger_that_moves_to_the_side_selects_a_range(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events", phone=True)
    x, y = middle(viewer, "event_histogram")
    before = top(viewer)
    touch(viewer, (x - 60, y, 120, 6))
    viewer.page.wait_for_url("**from=**to=**")
    assert top(viewer) == before


def test_fingers_move_the_map_to_the_side_and_zoom_it_alone(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/sessions", phone=True)
    x, y = middle(viewer, "session_map")
    canvas = viewer.key("session_map").locator("canvas").first
    before, pictures = top(viewer), [canvas.screenshot()]
    for fingers in ([(x, y, -100, 0)], [(x - 20, y, -60, 0), (x + 20, y, 60, 0)]):
        touch(viewer, *fingers)  # type: ignore[arg-type]
        pictures.append(canvas.screenshot())
    assert len(set(pictures)) == 3
    assert top(viewer) == before
    assert viewer.page.evaluate("visualViewport.scale") == 1

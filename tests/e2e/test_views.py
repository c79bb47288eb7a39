"""Every page on the emulator, light, dark and on a phone; navigation between pages and back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import PATHS

DRAWN = {
    "live": (
        "metric_active_sessions",
        "metric_sessions",
        "metric_events",
        "metric_interactive_share",
        "metric_devices",
    ),
    "sessions": ("session_map", "session_table"),
    "events": ("event_histogram", "event_table"),
    "latest": ("latest_table",),
}
LOOKS: dict[str, dict[str, Any]] = {"dark": {"dark": True}, "phone": {"width": 390}}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("view", PATHS)
def test_a_view_draws(on_emulator: Program, visit: Visit, view: str, look: str) -> None:
    viewer = visit(on_emulator, PATHS[view], **LOOKS[look])
    viewer.assert_drawn()
    expect(viewer.key("freshness")).to_contain_text("updated")
    expect(viewer.key("freshness")).to_contain_text("Europe/Stockholm")
    for key in DRAWN[view]:
        expect(viewer.key(key)).to_be_visible()
    background = viewer.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert (sum(int(part) for part in background[4:-1].split(",")[:3]) < 3 * 64) == ("dark" in look)
    wider = viewer.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"the page is {wider} px wider than the screen"


def test_the_map_is_really_drawn(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/sessions")
    # The outline and the bubbles are one canvas: a blank one has a single colour.
    viewer.page.wait_for_function(
        """async () => {
            const canvas = document.querySelector('.st-key-session_map canvas')
            if (!canvas) return false
            const bitmap = await createImageBitmap(canvas)
            const copy = new OffscreenCanvas(bitmap.width, bitmap.height)
            const context = copy.getContext('2d')
            context.drawImage(bitmap, 0, 0)
            const data = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)
            return new Set(data).size > 5
        }""",
        timeout=20_000,
    )


def test_the_histogram_has_areas_and_the_width_of_its_bins_is_told(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events")
    areas = viewer.key("event_histogram").locator(".scatterlayer .js-fill")
    expect(areas.first).to_be_attached()
    assert 2 <= areas.count() <= 9
    expect(viewer.key("event_histogram")).to_contain_text("per 30 min")


def test_filters_go_from_view_to_view_and_back_steps_through_them(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/?interactionType=interactive&tz=Asia%2FTokyo")
    interactive = viewer.number("metric_events")
    viewer.go("Events")
    assert viewer.query() == {"interactionType": ["interactive"], "tz": ["Asia/Tokyo"]}
    expect(viewer.key("event_table")).to_be_visible()
    viewer.go("Devices")
    assert viewer.query()["tz"] == ["Asia/Tokyo"]
    viewer.back("Events")
    assert viewer.query() == {"interactionType": ["interactive"], "tz": ["Asia/Tokyo"]}
    viewer.back("Now")
    assert viewer.number("metric_events") == interactive
    expect(viewer.key("freshness")).to_contain_text("Asia/Tokyo (UTC+9)")


def test_back_and_forward_keep_what_was_chosen_on_each_view(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events?from=now-6h")
    viewer.choose("eventType", "PURCHASE")
    assert viewer.query() == {"from": ["now-6h"], "eventType": ["PURCHASE"]}
    viewer.go("Now")
    viewer.choose("eventType", "SEARCH")
    both = viewer.number("metric_events")
    viewer.key("clear_all").get_by_role("button").click()
    expect(viewer.key("clear_all")).to_have_count(0)
    viewer.settle()
    steps = [
        ("Now", "/?eventType=PURCHASE&eventType=SEARCH&from=now-6h"),
        ("Now", "/?eventType=PURCHASE&from=now-6h"),
        ("Events", "/events?from=now-6h&eventType=PURCHASE"),
        ("Events", "/events?from=now-6h"),
    ]
    for title, link in steps:
        viewer.page.go_back()
        expect(viewer.page).to_have_url(on_emulator.url + link)
        viewer.at(title)
    expect(viewer.key("filter_chips")).to_have_count(0)
    for title, link in reversed(steps[:-1]):
        viewer.page.go_forward()
        expect(viewer.page).to_have_url(on_emulator.url + link)
        viewer.at(title)
    assert viewer.number("metric_events") == both


@pytest.mark.parametrize("view", ["live", "events"])
def test_reloading_shows_the_same_view(on_emulator: Program, visit: Visit, view: str) -> None:
    viewer = visit(on_emulator, f"{PATHS[view]}?interactionType=nonInteractive")
    title = viewer.page.locator("h1").inner_text()
    viewer.page.reload()
    viewer.settle()
    assert viewer.page.locator("h1").inner_text() == title
    assert viewer.query() == {"interactionType": ["nonInteractive"]}


def test_a_drag_over_the_histogram_zooms_and_one_click_goes_back(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events")
    expect(viewer.key("event_histogram").locator(".scatterlayer .js-fill").first).to_be_attached()
    box = viewer.key("event_histogram").locator(".nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    viewer.page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
    viewer.page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    viewer.page.mouse.up()
    viewer.page.wait_for_url("**from=**to=**")
    viewer.settle()
    viewer.assert_drawn()
    expect(viewer.key("event_histogram")).to_contain_text("per 10 min")
    viewer.key("whole_day").get_by_role("button").click()
    expect(viewer.key("event_histogram")).to_contain_text("per 30 min")
    viewer.settle()
    assert viewer.query() == {}
    viewer.page.go_back()
    expect(viewer.key("event_histogram")).to_contain_text("per 10 min")
    viewer.page.go_back()
    expect(viewer.key("event_histogram")).to_contain_text("per 30 min")


def test_pausing_is_in_the_link(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/")
    viewer.key("pause").get_by_role("button").click()
    expect(viewer.key("freshness")).to_contain_text("paused")
    assert viewer.query() == {"refresh": ["off"]}
    viewer.key("pause").get_by_role("button").click()
    expect(viewer.key("freshness")).to_contain_text("every 10 min")
    assert viewer.query() == {}

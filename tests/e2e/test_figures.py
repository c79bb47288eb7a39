"""Figures in the browser: labels of axes, and bins that the time range cuts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import Records, StrictServer

MODES = ("count", "percent", "log")


def few(most: int) -> Records:
    """Return events: each type once, and one of them this often within two minutes, in as many sessions."""
    now = datetime.now(UTC)
    sessions = [
        {"sessionId": f"s{number}", "captureId": f"s{number}", "sessionCreated": (now - timedelta(hours=3)).isoformat()}
        for number in range(most)
    ]
    events = [
        {
            "sessionId": f"s{number}",
            "captureId": f"e{number}",
            "eventTime": (now - timedelta(minutes=10, seconds=number % 50)).isoformat(),
            "eventType": "SEARCH",
            "interaction": True,
        }
        for number in range(most)
    ]
    return Records(now, sessions, events)


@pytest.fixture(scope="module", params=[1, 2, 3, 7])
def sparse(request: pytest.FixtureRequest, start_dashboard: StartDashboard) -> Iterator[Program]:
    with (
        StrictServer(few(request.param), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program,
    ):
        yield program


def labels(viewer: Viewer, key: str) -> list[str]:
    found = viewer.key(key).locator(".ytick text")
    expect(found.first).to_be_attached()
    return found.all_text_contents()


def assert_whole_and_distinct(told: list[str]) -> None:
    assert len(told) == len(set(told)) <= 8, told
    assert all(re.fullmatch(r"\d{1,3}(,\d{3})*", label) for label in told), told


def test_counts_are_labelled_with_whole_numbers_each_once(sparse: Program, visit: Visit) -> None:
    viewer = visit(sparse, "/")
    assert_whole_and_distinct(labels(viewer, "minute_bars"))
    viewer.open("/events")
    assert_whole_and_distinct(labels(viewer, "event_histogram"))
    viewer.open("/events?scale=log")
    assert_whole_and_distinct(labels(viewer, "event_histogram"))


@pytest.mark.parametrize("scale", MODES)
def test_many_counts_too(on_emulator: Program, visit: Visit, scale: str) -> None:
    viewer = visit(on_emulator, f"/events?scale={scale}")
    told = labels(viewer, "event_histogram")
    if scale == "percent":
        assert told == ["0%", "25%", "50%", "75%", "100%"]
    else:
        assert_whole_and_distinct(told)
        assert len(told) >= 3


@pytest.mark.parametrize(("scale", "dark"), [(scale, scale == "percent") for scale in MODES])
def test_cut_bins_are_hatched_on_top_of_all_areas(on_emulator: Program, visit: Visit, scale: str, dark: bool) -> None:
    viewer = visit(on_emulator, f"/events?scale={scale}", dark=dark)
    chart = viewer.key("event_histogram")
    expect(chart).to_contain_text("hatched: only partly in the time range")
    hatched = chart.locator(".barlayer path[style*='url(']").first
    expect(hatched).to_be_attached()
    # What comes later is painted on top.
    after = """(path) => [...path.closest('.main-svg').querySelectorAll('.scatterlayer path')].every((area) =>
        area.compareDocumentPosition(path) & Node.DOCUMENT_POSITION_FOLLOWING)"""
    assert hatched.evaluate(after)
    box, plot = hatched.bounding_box(), chart.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    assert plot is not None
    assert box["height"] == pytest.approx(plot["height"], rel=0.05)
    assert box["width"] >= 3


def test_a_range_can_be_selected_from_a_cut_bin_on(on_emulator: Program, visit: Visit) -> None:
    viewer = visit(on_emulator, "/events")
    expect(viewer.key("event_histogram").locator(".js-fill").first).to_be_attached()
    box = viewer.key("event_histogram").locator(".nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    viewer.page.mouse.move(box["x"] + 4, middle)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + box["width"] * 0.2, middle, steps=5)
    viewer.page.mouse.up()
    viewer.page.wait_for_url("**from=**to=**")

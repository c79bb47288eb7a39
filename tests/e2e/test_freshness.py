"""The line with the age of the data, with a slow API and with a wrong clock, too."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import StartDashboard, Visit, visits
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer

# The computer's clock, so many milliseconds ahead as is stored.
AHEAD = """
const Real = Date, ahead = location.protocol == "http:" ? Number(localStorage.getItem("test-ahead")) : 0
window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead) }
    static now() { return Real.now() + ahead }
}
"""


@pytest.fixture(scope="module")
def somebody(browser: Browser, on_emulator: Program) -> Iterator[Viewer]:
    """A viewer whose computer's clock can be set."""
    with visits(browser) as enter:
        yield enter(on_emulator, "/latest", before=AHEAD)


@pytest.fixture
def server(start_strict: Callable[..., StrictServer]) -> Iterator[StrictServer]:
    with start_strict(sessions=30) as started:
        yield started


@pytest.fixture
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_READ_TIMEOUT="25") as started:
        yield started


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (10, "this computer's clock is 10 min fast"),
        (-90, "this computer's clock is 1 h 30 min slow"),
        (3 * 24 * 60, "this computer's clock is 3 d fast"),
        (-0.7, None),
    ],
)
def test_a_wrong_clock_of_the_computer_is_told(somebody: Viewer, minutes: float, told: str | None) -> None:
    ahead = round(minutes * 60_000)
    somebody.page.evaluate("(ahead) => localStorage.setItem('test-ahead', ahead)", ahead)
    viewer = somebody.open("/latest")
    assert abs(viewer.page.evaluate("Date.now()") - time.time() * 1000 - ahead) < 10_000
    line = viewer.key("freshness")
    expect(line).to_contain_text("updated")
    if told is None:
        viewer.page.wait_for_timeout(1500)
        assert "clock" not in line.inner_text()
    else:
        # How old the picture is doesn't depend on it.
        expect(line).to_contain_text(told)
        assert re.search(r"updated (\d+ s|1?\d min) ago", line.inner_text())


def test_a_slow_api_is_told_after_ten_seconds_and_it_ticks(
    program: Program, server: StrictServer, visit: Visit
) -> None:
    viewer = visit(program, "/events?refresh=2")
    line = viewer.key("freshness")
    expect(line).to_contain_text("updated")
    server.failure = "hang"
    viewer.page.wait_for_timeout(8_000)
    assert "waiting" not in line.inner_text()
    expect(line).to_contain_text("waiting for the API for 1")
    seen = set()
    for _ in range(5):
        seen |= set(re.findall(r"waiting for the API for (\d+) s", line.inner_text()))
        viewer.page.wait_for_timeout(1_000)
    assert len(seen) >= 3
    assert min(map(int, seen)) >= 10
    server.failure = "503"
    expect(line).to_contain_text("next try in")
    expect(line).not_to_contain_text("waiting for the API")


def test_the_very_first_answer_is_waited_for_in_the_line_too(
    program: Program, server: StrictServer, visit: Visit
) -> None:
    server.failure = "hang"
    viewer = visit(program, "/events")
    expect(viewer.key("freshness")).to_contain_text("waiting for the API for 1")


def test_what_is_paused_waits_for_nothing(program: Program, server: StrictServer, visit: Visit) -> None:
    viewer = visit(program, "/events?refresh=2")
    server.failure = "hang"
    viewer.page.wait_for_timeout(5_000)
    viewer.key("pause").get_by_role("button").click()
    expect(viewer.key("freshness")).to_contain_text("paused")
    viewer.page.wait_for_timeout(8_000)
    assert "waiting" not in viewer.key("freshness").inner_text()

"""Messages of every state (refused, old, empty, filtered, not configured), and recovery from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program, free_port
from tests.e2e.viewer import EVERY, PATHS, Viewer
from tests.strict_server import Counts, Records, StrictServer

# How the server fails -> what the page must say.
REFUSALS = {
    "401": "GRIDRT_ACCESS_TOKEN",
    "hang": "raise GRIDRT_READ_TIMEOUT",
    "html": "a sign-in page or a proxy answered",
    "redirect": "GRIDRT_BASE_URL",
}


def page_text(viewer: Viewer) -> str:
    return viewer.page.locator("[data-testid=stMain]").inner_text()


@pytest.fixture(scope="module")
def failing(start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard) -> object:
    """A server whose answers can be made to fail, and a dashboard on it with a short interval."""
    with (
        start_strict(sessions=30) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as program,
    ):
        yield server, program


# All of them, in all views, are in the tests of the pages.
@pytest.mark.parametrize("failure", REFUSALS)
def test_a_refusal_says_what_to_do(failing: tuple[StrictServer, Program], visit: Visit, failure: str) -> None:
    server, program = failing
    server.failure = failure
    # Asking for what was never asked before: nothing old can be shown.
    viewer = visit(program, f"/events?spaceId=only-for-{failure}&refresh=off")
    expect(viewer.key("notice")).to_contain_text(REFUSALS[failure], timeout=20_000)
    expect(viewer.key("event_table")).to_have_count(0)
    assert TOKEN not in page_text(viewer)
    server.failure = None
    viewer.key("try_again").get_by_role("button").click()
    expect(viewer.page.locator("[data-testid=stMain]")).not_to_contain_text(REFUSALS[failure], timeout=20_000)


@pytest.mark.parametrize("view", ["live", "latest"])
def test_every_view_tells_a_refusal_on_a_fresh_server(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard, visit: Visit, view: str
) -> None:
    with start_strict(sessions=30) as server, start_dashboard(server.base_url, server.tenant_id) as program:
        server.failure = "401"
        viewer = visit(program, PATHS[view])
        expect(viewer.key("notice")).to_contain_text("GRIDRT_ACCESS_TOKEN")
        server.failure = None
        viewer.key("try_again").get_by_role("button").click()
        expect(viewer.page.locator("[data-testid=stAlertContentError]")).to_have_count(0, timeout=20_000)
        viewer.settle()
        viewer.assert_drawn()


def test_the_last_good_picture_stays_with_its_age_and_the_reason(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard, visit: Visit
) -> None:
    with (
        start_strict(sessions=30) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as program,
    ):
        viewer = visit(program)
        before = viewer.number("metric_events")
        server.failure = "503"
        expect(viewer.key("notice")).to_contain_text("the newest refresh failed", timeout=30_000)
        expect(viewer.key("notice")).to_contain_text("Try again in a minute")
        assert viewer.number("metric_events") == before
        late = visit(program, "/events")  # somebody who comes now sees it too
        expect(late.key("notice")).to_contain_text("the newest refresh failed")
        expect(late.key("event_table")).to_be_visible()
        server.failure = None
        expect(viewer.page.locator("[data-testid=stMain]")).not_to_contain_text("refresh failed", timeout=60_000)
        assert viewer.number("metric_events") == before


@pytest.fixture(scope="module")
def without_traffic(start_dashboard: StartDashboard) -> Iterator[Program]:
    with (
        StrictServer(Records(datetime.now(UTC)), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id) as program,
    ):
        yield program
        assert server.violations == []


@pytest.mark.parametrize("view", EVERY)
def test_no_traffic_is_not_an_error(without_traffic: Program, visit: Visit, view: str) -> None:
    viewer = visit(without_traffic, EVERY[view])
    viewer.assert_drawn()
    assert "in the past 24 hours" in page_text(viewer)
    if view in PATHS:
        viewer.open(f"{PATHS[view]}?spaceId=a")
        viewer.assert_drawn()
        assert "spaceId = a" in page_text(viewer)
        expect(viewer.key("clear_filters")).to_be_visible()


def test_no_distinct_columns_asks_for_some_instead_of_calling(
    on_strict: Program, strict: StrictServer, visit: Visit
) -> None:
    viewer = visit(on_strict, "/latest")
    viewer.page.get_by_text("Advanced", exact=True).click()
    chosen = viewer.filter("distinctColumns").locator("[data-tag]")
    for left in (2, 1, 0):
        chosen.first.get_by_role("button").click()
        expect(chosen).to_have_count(left)
        viewer.settle()
    assert "Choose at least one of distinctColumns" in page_text(viewer)
    viewer.key("default_columns").get_by_role("button").click()
    expect(viewer.key("latest_table")).to_be_visible()
    assert strict.violations == []


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"GRIDRT_TENANT_ID": "5f3c0ffee0ddba11decade42"}, "GRIDRT_ACCESS_TOKEN"),
        ({"GRIDRT_ACCESS_TOKEN": TOKEN, "GRIDRT_TENANT_ID": "a", "GRIDRT_BASE_URL": "ftp://x"}, "GRIDRT_BASE_URL"),
        ({"GRIDRT_ACCESS_TOKEN": f"{TOKEN}\n", "GRIDRT_TENANT_ID": "a/b?c", "GRIDRT_REFRESH_SECONDS": "no"}, "GRIDRT_"),
    ],
    ids=["no token", "no web address", "nonsense"],
)
def test_half_a_configuration_names_what_is_missing(
    start_dashboard: StartDashboard, visit: Visit, environment: dict[str, str], sentence: str
) -> None:
    with start_dashboard(**environment) as program:
        viewer = visit(program, "/events")
        expect(viewer.key("notice")).to_contain_text(sentence)
        assert TOKEN not in viewer.page.content()


def test_nobody_at_the_address(start_dashboard: StartDashboard, visit: Visit) -> None:
    with start_dashboard(f"http://127.0.0.1:{free_port()}/regions/eu/reports", "tenant") as program:
        expect(visit(program).key("notice")).to_contain_text("check the network and the address")


def test_nothing_configured_is_the_demo(start_dashboard: StartDashboard, visit: Visit) -> None:
    with start_dashboard() as program:
        viewer = visit(program)
        viewer.assert_drawn()
        expect(viewer.page.locator("[data-testid=stSidebar]")).to_contain_text("Demo")
        assert viewer.number("metric_events") > 10_000
        assert viewer.number("metric_active_sessions") > 0
        for view in ("Sessions", "Events", "Devices"):
            viewer.go(view)
            viewer.assert_drawn()


def test_a_refresh_brings_what_is_new(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard, visit: Visit
) -> None:
    with (
        start_strict(sessions=30) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="2") as program,
    ):
        viewer = visit(program)
        before = viewer.number("metric_events")
        template = next(row for row in server.records.events if isinstance(row, dict) and row.get("captureId"))
        server.records.events.append({**template, "captureId": "brand new"})
        expect(viewer.key("metric_events")).to_contain_text(f"{before + 1:,}", timeout=30_000)
        assert Counts(server.records).events == before + 1

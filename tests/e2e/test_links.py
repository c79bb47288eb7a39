"""A link opens the same page everywhere: as the first request to a server, and in another browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import PATHS, Viewer
from tests.strict_server import Counts, StrictServer

FILTERS = {
    "installationId": "way finder/2%",
    "spaceId": "store & café?#1",
    "deviceId": "gate $1$ and $2$",
    "eventType": ":material/home: **OWN** $t$",
    "interactionType": "interactive",
    "distinctColumns": "str2",
}
TITLES = {"live": "Now", "sessions": "Sessions", "events": "Events", "latest": "Devices"}


@pytest.fixture
def fresh(strict: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    """A dashboard that hasn't been opened yet."""
    with start_dashboard(strict.base_url, strict.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program:
        yield program


def assert_shows(viewer: Viewer, view: str, filters: dict[str, str]) -> None:
    expect(viewer.page.locator("h1")).to_have_text(TITLES[view])
    viewer.assert_drawn()
    assert viewer.query() == {name: [value] for name, value in filters.items()}
    for name, value in filters.items():
        if name == "interactionType":
            expect(viewer.filter(name).locator("[aria-checked=true]")).to_have_text(value)
        elif name != "distinctColumns" or view == "latest":
            expect(viewer.filter(name).locator("[data-tag]")).to_have_text(value)


@pytest.mark.parametrize("view", ["events", "latest"])
def test_a_link_with_every_filter_is_the_first_request(fresh: Program, visit: Visit, view: str) -> None:
    viewer = visit(fresh, f"{PATHS[view]}?{urlencode(FILTERS)}")
    assert_shows(viewer, view, FILTERS)


@pytest.mark.parametrize(("view", "name"), [*zip(("events", "sessions"), FILTERS, strict=False)])
def test_a_link_with_one_filter_is_the_first_request(fresh: Program, visit: Visit, view: str, name: str) -> None:
    filters = {name: FILTERS[name]}
    viewer = visit(fresh, f"{PATHS[view]}?{urlencode(filters)}")
    assert_shows(viewer, view, filters)


def test_a_link_shows_the_same_in_another_browser(on_strict: Program, strict: StrictServer, visit: Visit) -> None:
    first = visit(on_strict)
    first.choose("spaceId", FILTERS["spaceId"])
    first.choose("eventType", "SEARCH")
    expected = Counts(strict.records, spaceId=FILTERS["spaceId"], eventType="SEARCH")
    assert first.number("metric_events") == expected.events
    link = first.page.url.removeprefix(on_strict.url)
    second = visit(on_strict, link)
    assert_shows(second, "live", {"spaceId": FILTERS["spaceId"], "eventType": "SEARCH"})
    for key in ("metric_events", "metric_sessions", "metric_active_sessions", "metric_interactive_share"):
        assert second.metric(key) == first.metric(key)


def test_a_value_that_the_data_does_not_know_is_kept_and_explained(reader: Viewer) -> None:
    viewer = reader.open("/events?deviceId=never-heard-of")
    viewer.assert_drawn()
    assert viewer.query() == {"deviceId": ["never-heard-of"]}
    expect(viewer.key("notice")).to_contain_text("never-heard-of")
    viewer.key("clear_filters").get_by_role("button").click()
    expect(viewer.key("event_table")).to_be_visible()
    assert viewer.query() == {}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("interactionType=everything", "everything"),
        ("distinctColumns=str9", "str9"),
        ("tz=Mars%2FOlympus", "Mars/Olympus"),
        ("refresh=soon", "soon"),
        ("from=yesterday", "yesterday"),
        ("breakdown=colour", "colour"),
        ("page=two", "two"),
        ("interactionType=a&interactionType=interactive", "2 times"),
        ("spaceID=a", "Is spaceId meant?"),
        ("utm_source=mail", "utm_source"),
        ("eventType=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "<img src=x onerror=alert(1)>"),
    ],
)
def test_a_value_that_can_not_be_used_is_named(reader: Viewer, query: str, sentence: str) -> None:
    viewer = reader.open(f"/events?{query}")
    viewer.assert_drawn()
    expect(viewer.key("notice")).to_contain_text(sentence)
    assert viewer.key("notice").inner_text().count(sentence) == 1
    # Still when something else is chosen; the value itself may have left the link.
    viewer.choose("installationId", "self-checkout")
    expect(viewer.key("notice")).to_contain_text(sentence)


def test_a_page_beyond_the_last_is_named_and_other_rows_begin_at_their_first(reader: Viewer) -> None:
    viewer = reader.open("/events?page=99999")
    viewer.assert_drawn()
    expect(viewer.key("notice")).to_contain_text("There is no page 99,999: the last one")
    viewer.choose("eventType", "SEARCH")
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("1 to 100 of")
    expect(viewer.page.locator("[data-testid=stMain]")).not_to_contain_text("There is no page")


@pytest.mark.parametrize(
    "query",
    ["spaceId=", "spaceId=%20", "from=2026-11-23T12:00Z&to=2026-11-22T12:00Z", "eventType=a&eventType=b", "x=1"],
)
def test_odd_links_do_no_harm(reader: Viewer, query: str) -> None:
    reader.open(f"/events?{query}").assert_drawn()


def test_several_distinct_columns_in_both_forms(on_strict: Program, strict: StrictServer, visit: Visit) -> None:
    for query in ("distinctColumns=str4&distinctColumns=deviceId", "distinctColumns=str4,deviceId"):
        viewer = visit(on_strict, f"/latest?eventType=MONITOR_SESAME_DEVICE_STATUS&{query}")
        viewer.assert_drawn()
        asked = [request for request in strict.requests if "latest-event" in request.path][-1]
        assert dict(asked.query)["distinctColumns"] == "str4,deviceId"

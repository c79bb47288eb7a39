"""The page before Streamlit's scripts run in it, and the prefetch that starts with it."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.programs import Program
from tests.strict_server import StrictServer


@pytest.fixture
def server(start_strict: Callable[..., StrictServer]) -> Iterator[StrictServer]:
    with start_strict(sessions=30) as started:
        yield started
        assert started.violations == []


@pytest.fixture
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as started:
        yield started


def page(url: str, accept: str = "text/html,application/xhtml+xml,*/*;q=0.8", packed: bool = True) -> str:
    headers = {"Accept": accept, **({"Accept-Encoding": "gzip"} if packed else {})}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:  # noqa: S310
        assert answer.status == 200
        body = answer.read()
        assert answer.headers.get("Content-Length") in (None, str(len(body)))
        assert answer.headers.get("ETag") is None or "text/html" not in accept
    return str(body.decode())


def settled(server: StrictServer, least: int) -> int:
    """Return the number of requests once no more come."""
    end = time.monotonic() + 10
    while len(server.requests) < least and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    return len(server.requests)


def test_who_asks_for_no_page_starts_nothing(program: Program, server: StrictServer) -> None:
    for path in ("/", "/events", "/_stcore/health"):
        assert "arrival" not in page(program.url + path, "*/*", packed=False)
    assert settled(server, 1) == 0


@pytest.mark.parametrize(
    ("link", "calls"),
    [
        ("/", [("event", ""), ("session", "")]),
        # Anybody can name any scope: it is fetched when a view asks for it.
        ("/events?spaceId=a%20b&eventType=X", [("session", "")]),
        ("/latest?deviceId=%20&spaceId=", [("event", ""), ("session", "")]),
    ],
)
def test_opening_a_page_begins_to_fetch_what_it_will_need(
    program: Program, server: StrictServer, link: str, calls: list[tuple[str, str]]
) -> None:
    for _ in range(2):
        page(program.url + link)
        assert settled(server, len(calls)) == len(calls)
    asked = [(request.path.split("/")[-3], dict(request.query).get("spaceId", "")) for request in server.requests]
    assert sorted(asked) == calls


@pytest.mark.parametrize("view", ["/", "/events", "/sessions", "/latest"])
def test_each_page_has_its_title_before_the_app_is_there(program: Program, view: str) -> None:
    assert "<title>Grid Real-time</title>" in page(program.url + view)


def test_something_is_told_until_the_app_is_there(program: Program, browser: Browser, visit: Visit) -> None:
    context = browser.new_context()
    try:
        bare = context.new_page()
        bare.route("**/static/js/**", lambda route: route.abort())
        bare.goto(f"{program.url}/events")
        expect(bare.get_by_role("progressbar", name="Loading the past 24 hours")).to_be_visible()
        assert bare.title() == "Grid Real-time"
    finally:
        context.close()
    viewer = visit(program, "/events")
    viewer.assert_drawn()
    expect(viewer.page.locator("#arrival")).to_have_count(0)

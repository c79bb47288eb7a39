"""Turning all pages of a table in the browser while records are added, added late and removed."""

from __future__ import annotations

import itertools
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import Records, StrictServer

ROW_PIXELS = 35
Make = Callable[[str, float], dict[str, Any]]


def made(minutes: float) -> str:
    """Return the time this many minutes ago, in whole seconds."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")


def event(name: str, minutes: float) -> dict[str, Any]:
    return {"captureId": name, "eventType": name, "eventTime": made(minutes), "interaction": True, "sessionId": "s"}


def session(name: str, minutes: float) -> dict[str, Any]:
    return {"sessionId": name, "captureId": name, "country": name, "sessionCreated": made(minutes)}


def thing(name: str, minutes: float) -> dict[str, Any]:
    return event(name, minutes) | {"eventType": "MONITOR_GATE", "interaction": False, "str1": name, "int1": 1}


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(Records(datetime.now(UTC)), TOKEN) as started:
        started.shuffled = True
        yield started


@pytest.fixture
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as started:
        yield started


@contextmanager
def traffic(change: Callable[[int], None]) -> Iterator[None]:
    """Change the records again and again."""
    over = threading.Event()

    def run() -> None:
        for number in itertools.count():
            if over.wait(0.8):
                return
            change(number)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def first_of_rows(viewer: Viewer, table: str, column: int) -> dict[int, str]:
    """Return the visible rows of the table by number, as a screen reader gets them."""
    rows = (
        viewer.key(table)
        .locator("canvas table tbody tr")
        .evaluate_all(
            "(rows, column) => rows.map((row) => [row.ariaRowIndex ?? row.getAttribute('aria-rowindex'), "
            "row.cells[column]?.textContent])",
            column,
        )
    )
    return {int(number) - 1: text for number, text in rows}


def grid(viewer: Viewer, table: str, column: int) -> list[str]:
    """Return the different values of a column, read by scrolling down; rows may change meanwhile."""
    scroller = viewer.key(table).locator(".dvn-scroller").first
    expect(viewer.key(table).locator("canvas table tbody tr").first).to_be_attached()
    found: dict[str, None] = {}
    for top in range(0, 100_000, 250):
        reached = scroller.evaluate("(one, top) => { one.scrollTop = top; return one.scrollTop }", top)
        # What is told to those who can't see follows a moment later.
        for _ in range(40):
            viewer.page.wait_for_timeout(100)
            seen = first_of_rows(viewer, table, column)
            if min(seen, default=0) in (row := int(reached) // ROW_PIXELS, row + 1):
                break
        found |= dict.fromkeys(seen.values())
        if reached < top:
            break
    return list(found)


def turn(viewer: Viewer, pages: str, page: int) -> None:
    viewer.key(pages).get_by_role("button", name=re.compile(rf"\b{page}$")).first.click()
    viewer.settle()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("view", "table", "pages", "column", "make"),
    [("/events", "event_table", "page", 1, event), ("/sessions", "session_table", "session_page", 1, session)],
    ids=["events", "sessions"],
)
def test_every_record_that_stays_is_seen_once(
    program: Program,
    server: StrictServer,
    visit: Visit,
    view: str,
    table: str,
    pages: str,
    column: int,
    make: Make,
) -> None:
    stay = [make(f"stay-{number * 7919 % 1000:03}", 5 + number // 50) for number in range(240)]
    go = [make(f"go-{number}", 5 + number // 10) for number in range(40)]
    held = server.records.sessions if make is session else server.records.events
    held += [*stay, *go]

    def change(number: int) -> None:
        late = [make(f"late-{number}-{n}", 5 + n) for n in range(3)]
        rows = [*held, make(f"new-{number}", 0), *late]
        rows = [row for row in rows if row["captureId"] != f"go-{number}"]
        held[:] = rows

    viewer = visit(program, view)
    seen: Counter[str] = Counter()
    with traffic(change):
        for page in range(1, 5):
            if page > 1:
                turn(viewer, pages, page)
                viewer.page.wait_for_timeout(2_500)
            seen += Counter(grid(viewer, table, column))
            if not viewer.key(pages).get_by_role("button", name=re.compile(rf"\b{page + 1}$")).count():
                break
    names = {row["captureId"] for row in stay}
    assert {name: seen[name] for name in names} == dict.fromkeys(names, 1)


def test_the_latest_table_keeps_its_order_while_it_is_scrolled(
    program: Program, server: StrictServer, visit: Visit
) -> None:
    server.records.events = [thing(f"t{number:03}", 5 + number / 60) for number in range(130)]
    viewer = visit(program, "/latest")
    before = grid(viewer, "latest_table", 0)
    assert before == [f"t{number:03}" for number in range(129, 29, -1)]
    kept = [thing(f"t{number:03}", 4 - number / 60) for number in range(130) if number != 100]
    server.records.events = [*kept, thing("new", 30)]
    again = viewer.page.get_by_role("button", name="Sort by urgency again")
    expect(again).to_be_visible()
    viewer.settle()
    assert grid(viewer, "latest_table", 0) == [name for name in before if name != "t100"]
    turn(viewer, "latest_page", 2)
    assert grid(viewer, "latest_table", 0) == [*(f"t{number:03}" for number in range(29, -1, -1)), "new"]
    again.click()
    expect(again).to_have_count(0)
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("1 to 100 of 130 rows, most urgent first")


def test_a_link_to_a_page_begins_where_its_number_says(program: Program, server: StrictServer, visit: Visit) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(350)]
    times = {row["eventTime"] for row in server.records.events}
    for row in server.records.events:
        row["eventTime"] = min(times)
    viewer = visit(program, "/events?page=3")
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("201 to 300 of 350 events")
    server.records.events.append({**server.records.events[0], "captureId": "e000-late", "eventType": "late"})
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("202 to 301 of 351 events")
    assert grid(viewer, "event_table", 1) == [f"e{number}" for number in range(200, 300)]


def test_a_last_page_that_is_gone_becomes_the_last_there_is(
    program: Program, server: StrictServer, visit: Visit
) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(350)]
    viewer = visit(program, "/events?page=4")
    main = viewer.page.locator("[data-testid=stMain]")
    expect(main).to_contain_text("301 to 350 of 350 events")
    server.records.events = server.records.events[:180]
    expect(main).to_contain_text("101 to 180 of 180 events")
    expect(viewer.key("notice")).to_contain_text("There is no page 4: the last one, 2, is shown.")
    assert viewer.query() == {"page": ["4"]}


def test_a_page_beyond_the_last_is_the_last(program: Program, server: StrictServer, visit: Visit) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(150)]
    viewer = visit(program, "/events?page=99")
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("101 to 150 of 150 events, newest first")

"""What a viewer chooses counts, also while answers of the server are on their way to the browser for seconds."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer, far_away
from tests.strict_server import Records, StrictServer

LATE_MS = 3_000
"""Longer than the browser waits after a click before it asks for a refresh."""


def event(number: int) -> dict[str, Any]:
    made = (datetime.now(UTC) - timedelta(minutes=5, seconds=number)).isoformat(timespec="seconds")
    return {
        "captureId": f"e{number}",
        "eventType": f"TYPE_{number % 5}",
        "spaceId": f"store-{number % 3}",
        "eventTime": made,
        "interaction": number % 2 == 0,
        "sessionId": "s",
    }


@pytest.fixture(scope="module")
def server() -> Iterator[StrictServer]:
    """An API that has another event twice a second."""
    over = threading.Event()
    events = [event(number) for number in range(350)]

    def add() -> None:
        for number in itertools.count(1_000):
            if over.wait(0.5):
                return
            events.append(event(number) | {"eventTime": datetime.now(UTC).isoformat()})

    with StrictServer(Records(datetime.now(UTC), events=events), TOKEN) as started:
        adding = threading.Thread(target=add, daemon=True)
        adding.start()
        yield started
        over.set()
        adding.join()


@pytest.fixture(scope="module")
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as started:
        yield started


def answered(viewer: Viewer) -> None:
    """Wait until all answers are there, and those to whatever the browser has asked for by then."""
    viewer.page.wait_for_timeout(3 * LATE_MS)


def turn(viewer: Viewer, page: int) -> None:
    viewer.key("page").get_by_role("button", name=re.compile(rf"\b{page}$")).first.click()


@pytest.mark.timeout(240)
def test_a_page_that_is_turned_to_stays_open(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events", before=far_away(LATE_MS))
    answered(viewer)
    for turned, page in enumerate((2, 3, 4, 3, 2)):
        viewer.page.wait_for_timeout(700 * turned)
        turn(viewer, page)
        answered(viewer)
        assert viewer.query() == {"page": [str(page)]}
        assert viewer.key("page").locator("[aria-current=page]").inner_text() == str(page)


def test_two_choices_before_the_first_answer_both_count(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events", before=far_away(LATE_MS))
    answered(viewer)
    viewer.key("interactionType").get_by_role("radio", name="interactive", exact=True).click()
    viewer.key("scale").get_by_role("radio", name="lines", exact=True).click()
    answered(viewer)
    assert viewer.query() == {"interactionType": ["interactive"], "scale": ["lines"]}


def test_values_that_are_chosen_one_after_another_all_count(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events", before=far_away(LATE_MS))
    answered(viewer)
    viewer.key("eventType").locator("input").click()
    for number in range(3):
        viewer.page.get_by_role("option", name=f"TYPE_{number}", exact=True).click()
        viewer.page.wait_for_timeout(2_000)
    answered(viewer)
    assert viewer.query() == {"eventType": ["TYPE_0", "TYPE_1", "TYPE_2"]}

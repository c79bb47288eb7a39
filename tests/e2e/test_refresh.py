"""Refreshes: a page stays up to date, and asks for nothing while its tab is hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.e2e import programs
from tests.e2e.conftest import EMULATED_TENANT, TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer

_LOOKED_AT = """(state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
    document.dispatchEvent(new Event('visibilitychange'))
}"""

_NOTE_AGES = """() => {
    window.ages = []
    const line = document.querySelector('.st-key-freshness')
    const note = () => window.ages.push(Number(/updated (\\d+) s ago/.exec(line.textContent)?.[1] ?? 0))
    new MutationObserver(note).observe(line, { subtree: true, childList: true, characterData: true })
}"""


def watched(viewer: Viewer) -> list[BackMsg]:
    """Collect the messages that a newly loaded page sends to the server."""
    asked: list[BackMsg] = []

    def note(payload: str | bytes) -> None:
        message = BackMsg.FromString(payload)  # type: ignore[arg-type]
        if message.WhichOneof("type") == "rerun_script":
            asked.append(message)

    def connected(socket: WebSocket) -> None:
        socket.on("framesent", note)

    viewer.page.on("websocket", connected)
    viewer.page.reload()
    viewer.settle()
    return asked


@pytest.fixture(scope="module")
def server(start_strict: Callable[..., StrictServer]) -> Iterator[StrictServer]:
    with start_strict(sessions=30) as started:
        yield started


@pytest.fixture(scope="module")
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(server.base_url, server.tenant_id) as started:
        yield started


def test_a_hidden_tab_asks_for_nothing(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events?refresh=1")
    asked = watched(viewer)
    viewer.page.wait_for_timeout(4000)
    assert len(asked) >= 2

    viewer.page.evaluate(_LOOKED_AT, "hidden")
    viewer.page.wait_for_timeout(1500)
    before = len(asked)
    viewer.page.wait_for_timeout(5000)
    assert len(asked) == before

    viewer.page.evaluate(_LOOKED_AT, "visible")
    viewer.page.wait_for_timeout(1500)
    assert len(asked) > before


def test_a_refresh_runs_no_more_than_the_view(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events?refresh=1")
    asked = watched(viewer)
    viewer.page.wait_for_timeout(5000)
    refreshes = asked[1:]
    assert refreshes
    assert all(message.rerun_script.fragment_id for message in refreshes)


def test_the_age_is_that_of_the_newest_answer_only(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events?refresh=1")
    viewer.page.evaluate(_NOTE_AGES)
    viewer.page.wait_for_timeout(10_000)
    ages = viewer.page.evaluate("window.ages")
    assert len(ages) >= 8
    assert max(ages) <= 4, ages


def test_paused_nothing_is_asked_and_the_age_goes_on(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events?refresh=off")
    asked = watched(viewer)
    viewer.page.wait_for_timeout(1500)
    before = len(asked)
    told = viewer.key("freshness").inner_text()
    viewer.page.wait_for_timeout(3500)
    assert len(asked) == before
    assert viewer.key("freshness").inner_text() != told


def test_the_next_try_is_told(server: StrictServer, program: Program, visit: Visit) -> None:
    viewer = visit(program, "/events?refresh=1")
    server.failure = "503"
    expect(viewer.key("freshness")).to_contain_text("next try in", timeout=30_000)
    asked = len(server.requests)
    viewer.page.wait_for_timeout(3000)
    # One try for all queries, not one for each look of a viewer.
    assert len(server.requests) - asked <= 3
    server.failure = None
    expect(viewer.key("freshness")).not_to_contain_text("next try in", timeout=60_000)


def test_the_very_first_answer_shows_progress_and_the_page_stays_clickable(
    start_dashboard: StartDashboard, visit: Visit, tmp_path: Path
) -> None:
    arguments = ["--events-per-day", "6000", "--tenant", EMULATED_TENANT, "--token", TOKEN, "--fault", "slow:9*1@event"]
    with (
        programs.emulator(tmp_path / "emulator.txt", *arguments) as api,
        start_dashboard(f"{api.url}/regions/eu/reports", EMULATED_TENANT, GRIDRT_REFRESH_SECONDS="600") as program,
    ):
        viewer = visit(program, "/events")
        expect(viewer.key("progress")).to_contain_text("MB/s")
        viewer.choose("eventType", "PURCHASE")
        assert viewer.query()["eventType"] == ["PURCHASE"]
        expect(viewer.key("event_table")).to_be_visible()
        expect(viewer.key("progress")).to_have_count(0)
        assert viewer.query()["eventType"] == ["PURCHASE"]

"""Clocks that are ahead, records that are gone, and since when a status holds, in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import Records, StrictServer

GATE = {"eventType": "MONITOR_GATE", "str1": "gate", "sessionId": "s"}


def report(name: str, minutes: float, int1: int) -> dict[str, Any]:
    made = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
    return {**GATE, "captureId": f"{name}-{minutes}", "eventTime": made, "str2": name, "int1": int1}


@pytest.fixture(scope="module")
def program(start_dashboard: StartDashboard) -> Iterator[Program]:
    events = [
        *(report("steady", minutes, 1) for minutes in (5, 65, 125)),
        *(report("changed", minutes, int(minutes < 100)) for minutes in (5, 65, 125)),
        *(report("ahead", minutes, 1) for minutes in (-120, 300)),
        report("only ahead", -120, 1),
    ]
    with (
        StrictServer(Records(datetime.now(UTC), [], events), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as started,
    ):
        yield started


def test_the_table_of_devices_says_before_and_clock_ahead(program: Program, visit: Visit) -> None:
    viewer = visit(program, "/latest")
    rows = viewer.key("latest_table").locator("canvas table tbody tr")
    expect(rows).to_have_count(4)
    expect(viewer.key("latest_table").locator("canvas table thead")).not_to_contain_text("silence")
    told = [row.locator("td").all_text_contents() for row in rows.all()]
    head = viewer.key("latest_table").locator("canvas table th").all_text_contents()
    table = {row[0]: dict(zip(head, row, strict=False)) for row in told}
    assert list(table)[:2] == ["gate · ahead", "gate · only ahead"]
    said = {name: table[f"gate · {name}"] for name in ("steady", "changed", "ahead", "only ahead")}
    assert said["steady"]["since"].startswith("before ")
    assert not said["changed"]["since"].startswith("before ")
    assert [said[name]["clock"] for name in ("ahead", "only ahead")] == ["clock ahead"] * 2
    missing = said["changed"]["clock"]
    for name in ("ahead", "only ahead"):
        assert said[name]["last heard"] == missing
    assert said["only ahead"]["since"] == missing
    assert [said[name]["status"] for name in said] == [
        "● Online", "● Online", "▨ Silent (said Online)", "○ Unknown (said Online)"
    ]  # fmt: skip
    counts = {"offline": "0", "silent": "1", "flapping": "0", "unknown": "1", "online": "2"}
    assert {tile: viewer.key(f"tile_{tile}").inner_text().split()[0] for tile in counts} == counts
    _, exported = viewer.csv("export_latest")
    assert {row["str2"]: row["clock"] for row in exported} == {
        "steady": "", "changed": "", "ahead": "clock ahead", "only ahead": "clock ahead"
    }  # fmt: skip
    assert [row["silence"] == "" for row in exported] == [row["clock"] != "" for row in exported]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/?captureId=nowhere", "captureId “nowhere” is not in the data of the past 24 hours"),
        ("/events?captureId=nowhere", "captureId “nowhere” is not in the data of the past 24 hours"),
        ("/sessions?sessionId=s", "sessionId “s” is not in the list of sessions"),
        ("/sessions?at=nowhere", "at “nowhere” is not a place on the map"),
        ("/latest?thing=nowhere", "thing “nowhere” is not in the newest answer"),
    ],
)
def test_what_a_link_names_and_nobody_knows_is_said(program: Program, visit: Visit, path: str, sentence: str) -> None:
    viewer: Viewer = visit(program, path)
    viewer.assert_drawn()
    expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text(sentence)


def test_an_event_that_goes_while_it_is_open_is_said_to_be_gone(start_dashboard: StartDashboard, visit: Visit) -> None:
    with (
        StrictServer(Records(datetime.now(UTC)), TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as program,
    ):
        for view in ("/", "/events"):
            server.records.events = [report("a", 5, 1), report("b", 6, 1)]
            viewer = visit(program, f"{view}?captureId=b-6")
            expect(viewer.key("facts")).to_be_visible()
            server.records.events = server.records.events[:1]
            expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("captureId “b-6” is not in the data")
            expect(viewer.key("facts")).to_have_count(0)

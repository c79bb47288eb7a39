"""The numbers of the pages equal the strict server's own counts over the raw records, with all filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import Counts, StrictServer

CHOICES: list[dict[str, str]] = [
    {},
    {"spaceId": "store & café?#1"},
    {"deviceId": "screen<1>"},
    {"eventType": "<b onclick=alert(1)>TYPE</b>"},
    {"interactionType": "nonInteractive"},
    {"spaceId": "=1+1", "eventType": "PURCHASE", "interactionType": "interactive"},
    {"installationId": "self-checkout", "deviceId": "kiosk-1"},
]
FEW = [CHOICES[0], CHOICES[1], CHOICES[5]]
LABELS = {0: "Offline", 1: "Online", -1: "Unknown", 7: "Unknown (7)", None: "Unknown"}


def name_of(choice: dict[str, str]) -> str:
    return ", ".join(choice.values()) or "everything"


@pytest.mark.parametrize("choice", CHOICES, ids=name_of)
def test_the_overview_counts_right(reader: Viewer, strict: StrictServer, choice: dict[str, str]) -> None:
    viewer = reader.open(f"/?{urlencode(choice)}")
    counts = Counts(strict.records, **choice)
    assert counts.events > 0
    viewer.assert_drawn()
    assert viewer.number("metric_sessions") == counts.sessions
    assert viewer.number("metric_events") == counts.events
    assert viewer.number("metric_active_sessions") == counts.active(datetime.now(UTC))
    assert viewer.metric("metric_interactive_share") == counts.interactive_share


@pytest.mark.parametrize("choice", FEW, ids=name_of)
def test_exports_are_complete(reader: Viewer, strict: StrictServer, choice: dict[str, str]) -> None:
    counts = Counts(strict.records, **choice)
    viewer = reader.open(f"/events?{urlencode(choice)}")
    name, rows = viewer.csv("export_events")
    assert len(rows) == counts.events
    assert sorted(row["captureId"] for row in rows) == sorted(row.get("captureId") or "" for row in counts.event_rows)
    assert name.startswith(f"events_{strict.tenant_id}_20")
    viewer.go("Sessions")
    _, rows = viewer.csv("export_sessions")
    assert sorted(row["sessionId"] for row in rows) == sorted(row.get("sessionId") or "" for row in counts.session_rows)


def test_numbers_are_exported_exactly(reader: Viewer, strict: StrictServer) -> None:
    _, rows = reader.open("/events?eventType=CART_ADD").csv("export_events")
    records = {row["captureId"]: row for row in Counts(strict.records, eventType="CART_ADD").event_rows}
    assert {row["captureId"]: Decimal(row["int1"]) for row in rows} == {
        name: Decimal(repr(record["int1"])) for name, record in records.items()
    }
    assert any(abs(Decimal(row["int1"])) > 2**64 for row in rows)


def test_revenue_is_exact(reader: Viewer, strict: StrictServer) -> None:
    viewer = reader.open()
    # The grid is a canvas; its rows are in the table that it holds for those who can't see.
    grid = viewer.key("revenue").locator("canvas table")
    expect(grid.locator("td").first).to_be_attached()
    rows = (row.locator("td").all_text_contents() for row in grid.locator("tbody tr").all())
    shown = {currency: revenue for currency, revenue, *_ in rows}
    expected = Counts(strict.records).revenue
    assert {currency: Decimal(text.split()[0].replace(",", "")) for currency, text in shown.items()} == {
        currency or "none given": amount for currency, amount in expected.items()
    }


@pytest.mark.parametrize("choice", FEW, ids=name_of)
def test_sessions_without_a_location_are_told(reader: Viewer, strict: StrictServer, choice: dict[str, str]) -> None:
    viewer = reader.open(f"/sessions?{urlencode(choice)}")
    counts = Counts(strict.records, **choice)
    nowhere = counts.sessions - counts.location["located"]
    assert nowhere > 0
    expect(viewer.key("unlocated")).to_contain_text(f"{nowhere:,} of {counts.sessions:,}")
    for reason in ("out_of_range", "zero", "polar"):
        if counts.location[reason]:
            expect(viewer.key("unlocated")).to_contain_text(str(counts.location[reason]))


def test_events_of_wrong_clocks_are_told(reader: Viewer, strict: StrictServer) -> None:
    viewer = reader.open("/events?eventType=SEARCH")
    told = Counts(strict.records, eventType="SEARCH").by_time(datetime.now(UTC))
    sentence = (
        f"{told['before']} events from before the 24 hours, {told['after']} events from the future, "
        f"{told['undated']} events without a readable time"
    )
    assert sentence in viewer.notes()


@pytest.mark.parametrize("view", ["/", "/sessions"])
def test_sessions_of_wrong_clocks_are_told(reader: Viewer, strict: StrictServer, view: str) -> None:
    viewer = reader.open(view)
    told = Counts(strict.records).sessions_by_time(datetime.now(UTC))
    sentence = (
        f"dated outside the 24 hours (wrong clocks): {told['before']} session{'s' * (told['before'] > 1)} from before "
        f"them, {told['after']} from the future, {told['undated']} without a readable time"
    )
    assert sentence in viewer.notes()


def test_the_future_is_listed_apart_and_exported_last(reader: Viewer, strict: StrictServer) -> None:
    viewer = reader.open("/events?eventType=SEARCH")
    counts = Counts(strict.records, eventType="SEARCH")
    told = counts.by_time(datetime.now(UTC))
    main = viewer.page.locator("[data-testid=stMain]")
    expect(main).to_contain_text(f"of {counts.events - told['after']} events, newest first")
    expect(main).to_contain_text(f"From the future: {told['after']} events whose clocks are ahead")
    _, rows = viewer.csv("export_events")
    now = datetime.now(UTC).isoformat()
    ahead = [row["eventTime (UTC)"] > now for row in rows]
    assert ahead == [False] * (len(rows) - told["after"]) + [True] * told["after"]


@pytest.mark.parametrize("columns", ["str1,str2,deviceId", "str4", "deviceId"])
def test_the_latest_status_of_everything(reader: Viewer, strict: StrictServer, columns: str) -> None:
    kind = "MONITOR_SESAME_DEVICE_STATUS"
    query = urlencode({"eventType": kind, "distinctColumns": columns.split(","), "rows": "all"}, doseq=True)
    viewer = reader.open(f"/latest?{query}")
    viewer.assert_drawn()
    counts = Counts(strict.records, eventType=kind)
    _, rows = viewer.csv("export_latest")
    expected = {row["captureId"]: row for row in counts.latest(columns)}
    assert {row["captureId"] for row in rows} == set(expected)
    assert {row["captureId"]: row["int1"] for row in rows} == {
        name: "" if row.get("int1") is None else str(row["int1"]) for name, row in expected.items()
    }
    for row in rows:
        if row["int1"]:
            assert row["status"] == LABELS[int(row["int1"])]
        assert row["since_is_at_least"] in ("true", "false")
        assert "combination" not in row


def test_each_tile_lists_as_many_devices_as_it_says(reader: Viewer) -> None:
    viewer = reader.open("/latest")
    _, everything = viewer.csv("export_latest")
    kinds = Counter(row["kind"] for row in everything)
    assert sum(kinds.values()) == len(everything)
    for tile in ("offline", "silent", "flapping", "unknown", "online"):
        number = int(viewer.key(f"tile_{tile}").inner_text().split()[0].replace(",", ""))
        assert number == (sum(row["flapping"] == "true" for row in everything) if tile == "flapping" else kinds[tile])
        viewer.open(f"/latest?status={tile}")
        if number:
            _, rows = viewer.csv("export_latest")
            assert len(rows) == number
        else:
            expect(viewer.page.locator("[data-testid=stMain]")).to_contain_text("Nothing is in the chosen status")


def test_what_could_not_be_read_is_told(reader: Viewer, strict: StrictServer) -> None:
    viewer = reader.open("/events")
    notes = viewer.notes()
    assert "6 records" in notes  # they are no objects
    doubled = [row["captureId"] for row in strict.records.events if isinstance(row, dict) and row.get("captureId")]
    assert f"{len(doubled) - len(set(doubled))} " in notes


@pytest.fixture(scope="module")
def on_many_spaces(start_dashboard: StartDashboard, start_strict: object) -> Iterator[tuple[Program, StrictServer]]:
    assert callable(start_strict)
    with (
        start_strict(spaces=5_000) as server,
        start_dashboard(
            server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="600", GRIDRT_READ_TIMEOUT="30"
        ) as program,
    ):
        yield program, server
        assert server.violations == []


def test_five_thousand_spaces_stay_usable(on_many_spaces: tuple[Program, StrictServer], visit: Visit) -> None:
    program, server = on_many_spaces
    viewer = visit(program)
    assert viewer.number("metric_sessions") == Counts(server.records).sessions
    viewer.choose("spaceId", "space-04321")
    assert viewer.query() == {"spaceId": ["space-04321"]}
    # Between a callback and the run that it asks for the script stands still for a moment.
    for metric in ("metric_sessions", "metric_events"):
        expect(viewer.key(metric).locator("[data-testid=stMetricValue]")).to_have_text("1")
    for view in ("Sessions", "Events", "Devices"):
        viewer.go(view)
        viewer.assert_drawn()

"""Each question of docs/questions.md is answered by the clicks that the document lists, and by no others."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, expect

from dashboard.figures import map_view
from tests.e2e import table_text
from tests.e2e.conftest import TOKEN, StartDashboard, Visit, visits
from tests.e2e.keyboard import choose_by_keyboard, tab_to
from tests.e2e.programs import ROOT, Program
from tests.e2e.viewer import Viewer
from tests.strict_server.day_counts import DayCounts
from tests.strict_server.scripted_day import STORES, ScriptedServer, scripted_day

DOCUMENT = ROOT / "docs" / "questions.md"
MOST_CLICKS = 5
HEADER, ROW = 35, 35
NOW = datetime.now(UTC)
RECORDS = scripted_day(NOW)
DAY = DayCounts(RECORDS, NOW)
NAMES = '[spaceId]\nharbour = { name = "Harbour Street", country = "Sweden" }\n'
HARBOUR = "Harbour Street"


def documented() -> dict[int, list[str]]:
    """The clicks of each question of the document, by its number."""
    parts = re.split(r"^## (\d+)\. .+\?$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        int(number): re.findall(r"^\d+\. (.+)$", text, flags=re.MULTILINE)
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@dataclass
class Clicks:
    """Clicks of a viewer, by what the document calls them."""

    viewer: Viewer
    made: list[str] = field(default_factory=list)

    def on(self, words: str, target: Locator) -> None:
        self.made.append(words)
        target.click()
        self.viewer.settle()

    def row(self, words: str, table: str, row: int, x: int = 160) -> None:
        """Click a cell of a row; tables are canvases."""
        canvas = self.viewer.key(table).locator("canvas").first
        canvas.scroll_into_view_if_needed()
        self.viewer.page.wait_for_timeout(300)
        box = canvas.bounding_box()
        assert box is not None
        self.at(words, box["x"] + x, box["y"] + HEADER + ROW * row + 15)

    def at(self, words: str, x: float, y: float) -> None:
        self.made.append(words)
        # A canvas hears of the mouse before it is pressed.
        self.viewer.page.mouse.move(x - 20, y)
        self.viewer.page.mouse.move(x, y)
        self.viewer.page.mouse.click(x, y)
        self.viewer.page.wait_for_timeout(300)
        self.viewer.settle()

    def store(self, words: str, name: str) -> None:
        stores = [row["store"] for row in rows(self.viewer, "store_table")]
        self.row(words, "store_table", stores.index(name))

    def view(self, title: str) -> None:
        self.made.append(title)
        self.viewer.go(title)


@pytest.fixture(scope="module")
def program(start_dashboard: StartDashboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    names = tmp_path_factory.mktemp("names") / "names.toml"
    names.write_text(NAMES, encoding="utf-8")
    with (
        ScriptedServer(RECORDS, TOKEN) as server,
        start_dashboard(
            server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="3600", GRIDRT_NAMES=str(names)
        ) as program,
    ):
        # The API's clock says when the day was made, however long other tests took since.
        server.clock_offset = NOW - datetime.now(UTC)
        yield program
        assert server.violations == []


@pytest.fixture(scope="module")
def desk(browser: Browser, program: Program) -> Iterator[Viewer]:
    """A viewer whom all questions of the desk share."""
    with visits(browser) as enter:
        yield enter(program, width=1600)


def rows(viewer: Viewer, key: str) -> list[dict[str, str]]:
    return table_text.read(viewer, viewer.key(key))


def link(viewer: Viewer, words: str) -> Locator:
    return viewer.page.get_by_role("link", name=re.compile(re.escape(words)))


def sold_most(clicks: Clicks) -> None:
    clicks.on("3 h", clicks.viewer.key("time_range").get_by_text("3 h", exact=True))
    expect(clicks.viewer.key("metric_purchases")).to_contain_text("Purchases, 3 h")
    clicks.viewer.settle()
    numbers = DayCounts(RECORDS, NOW, NOW - timedelta(hours=3), NOW).of_stores()
    most = max(numbers, key=lambda store: numbers[store]["purchases"])
    first = clicks.viewer.key("store_table").locator("canvas table tbody tr").first
    expect(first).to_contain_text(most)
    clicks.row("the first row of the table of stores", "store_table", 0)
    expect(clicks.viewer.page).to_have_url(re.compile(f"spaceId={most}"))
    expect(clicks.viewer.key("store_drops")).to_contain_text("fell")


def why_purchases_fell(clicks: Clicks) -> None:
    clicks.store("the row of the store", HARBOUR)
    expect(clicks.viewer.key("store_drops")).to_contain_text("Purchases fell from 5 to 0")
    expect(clicks.viewer.key("store_drops")).to_contain_text("gate 7 was offline from")


def offline_or_silent(clicks: Clicks) -> None:
    for words, kind, target in (
        ("offline, in the alarms", "offline", link(clicks.viewer, "1 offline")),
        ("the tile Silent", "silent", clicks.viewer.key("tile_silent").get_by_role("button")),
    ):
        clicks.on(words, target)
        found = rows(clicks.viewer, "device_table")
        assert {row["name"] for row in found} == {thing.name for thing in DAY.things() if thing.kind == kind}
        assert all(re.search(r"\d\d:\d\d", row["since"]) for row in found)


def flapped(clicks: Clicks) -> None:
    clicks.on("flapping, in the alarms", link(clicks.viewer, "1 flapping"))
    (thing,) = [thing for thing in DAY.things() if thing.is_flapping]
    assert [(row["name"], row["flaps"]) for row in rows(clicks.viewer, "device_table")] == [
        (thing.name, str(thing.flaps))
    ]
    clicks.row("the row of the thing", "device_table", 0)
    expect(clicks.viewer.key("device_day")).to_contain_text(f"{thing.flaps} changes")
    assert len(rows(clicks.viewer, "device_day")) > thing.flaps


def course_of_a_session(clicks: Clicks) -> None:
    feed = rows(clicks.viewer, "event_feed")
    clicks.row("an event of the feed", "event_feed", [row["eventType"] for row in feed].index("PURCHASE"))
    clicks.on("Open the session", link(clicks.viewer, "Open the session"))
    assert len(rows(clicks.viewer, "session_timeline")) == len(DAY.paths[clicks.viewer.query()["sessionId"][0]])


def viewed_and_not_bought(clicks: Clicks) -> None:
    clicks.on("Products and what is bought", link(clicks.viewer, "Products and what is bought"))
    words = "most often viewed and not bought"
    clicks.on(words, clicks.viewer.key("products").get_by_text(words))
    products = DAY.products()
    most = max(products, key=lambda name: products[name]["viewed, not bought"])
    first = rows(clicks.viewer, "products")[0]
    assert (first["Product"], first["viewed, not bought"]) == (most, str(products[most]["viewed, not bought"]))


def searches_that_lead_nowhere(clicks: Clicks) -> None:
    clicks.on("Searches and where they lead", link(clicks.viewer, "Searches and where they lead"))
    searches = DAY.searches()
    most = max(searches, key=lambda text: searches[text][1])
    first = rows(clicks.viewer, "searches")[0]
    assert (first["query"], first["without"]) == (most, str(searches[most][1]))


def share(clicks: Clicks) -> None:
    viewer = clicks.viewer
    viewer.context.grant_permissions(["clipboard-read", "clipboard-write"])
    clicks.on("3 h", viewer.key("time_range").get_by_text("3 h", exact=True))
    clicks.on("Share", viewer.page.get_by_role("button", name="Share"))
    code = viewer.page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").nth(1)
    code.hover()
    clicks.on("the copy button of the second link", code.get_by_role("button"))
    address = viewer.page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"from=20[^&]+Z&to=20[^&]+Z", address)
    browser = viewer.context.browser
    assert browser is not None
    elsewhere = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
    other = Viewer(elsewhere, viewer.origin).open(address.removeprefix(viewer.origin))
    for key in ("metric_purchases", "metric_events", "metric_conversion"):
        assert other.metric(key) == viewer.metric(key)
    expect(other.key("freshness")).to_contain_text("UTC")
    elsewhere.close()


def export(clicks: Clicks) -> None:
    clicks.view("Stores")
    clicks.store("the row of the store", HARBOUR)
    clicks.view("Events")
    clicks.on("Share", clicks.viewer.page.get_by_role("button", name="Share"))
    clicks.made.append("Parquet")
    file = clicks.viewer.download("share_events_parquet")
    assert "harbour" in file.suggested_filename
    frame = pd.read_parquet(io.BytesIO(Path(file.path()).read_bytes()))
    assert len(frame) == sum(DAY.store_of(row) == "harbour" for row in DAY.events)
    assert set(frame["spaceId name"]) == {HARBOUR}
    with clicks.viewer.page.expect_download() as waiting:
        clicks.viewer.key("share_events_csv").get_by_role("button").click()
    spreadsheet = pd.read_csv(waiting.value.path(), encoding="utf-8-sig")
    assert spreadsheet["captureId"].tolist() == frame["captureId"].tolist()


def follow_a_type(clicks: Clicks) -> None:
    clicks.on("PURCHASE, above the feed", clicks.viewer.key("feed").get_by_text("PURCHASE", exact=True))
    assert {row["eventType"] for row in rows(clicks.viewer, "event_feed")} == {"PURCHASE"}


def compare_hours(clicks: Clicks) -> None:
    clicks.store("the row of the store", "tower")
    clicks.on("Compare with", clicks.viewer.key("compare").locator("input"))
    clicks.on("the other store", clicks.viewer.page.get_by_role("option", name="market"))
    expect(clicks.viewer.key("store_against").locator("canvas table")).to_contain_text("market, last hour")
    (purchases,) = [row for row in rows(clicks.viewer, "store_against") if row["number"] == "purchases"]
    edges = [NOW - timedelta(hours=number) for number in range(3)]
    for words, end, start in (("last hour", edges[0], edges[1]), ("hour before", edges[1], edges[2])):
        numbers = DayCounts(RECORDS, NOW, start, end).of_stores()
        told = (purchases[words], purchases[f"market, {words}"])
        assert told == tuple(str(numbers[store]["purchases"]) for store in ("tower", "market"))


def city_on_the_map(clicks: Clicks) -> None:
    viewer = clicks.viewer
    clicks.view("Stores")
    box = viewer.key("store_map").locator("canvas").last.bounding_box()
    assert box is not None
    x, y = place_on_map("tower", box)
    assert viewer.pointed_at("tower", x, y, 40)
    clicks.at("the bubble of the store", x, y)
    expect(viewer.page).to_have_url(re.compile("spaceId=tower"))
    viewer.settle()
    clicks.view("Sessions")
    sessions = [row for row in DAY.sessions if row.get("spaceId") == "tower"]
    expect(viewer.page.get_by_text(f"of {len(sessions)} sessions")).to_be_visible()
    clicks.view("Events")
    events = [row for row in DAY.events if DAY.store_of(row) == "tower"]
    expect(viewer.page.get_by_text(f"of {len(events)} events")).to_be_visible()


def place_on_map(store: str, box: dict[str, float]) -> tuple[float, float]:
    """Where a store is on the map as it opens, which shows all stores."""
    places = pd.DataFrame({"lat": one["latitude"], "lon": one["longitude"]} for one in STORES.values())
    view = map_view.fit(places, 480, 460)
    pixels = map_view.TILE * 2 ** view["zoom"]
    place = STORES[store]
    north, middle = map_view.mercator(pd.Series([place["latitude"], view["latitude"]]).to_numpy())
    return (
        box["x"] + box["width"] / 2 + (place["longitude"] - view["longitude"]) / 360 * pixels,
        box["y"] + box["height"] / 2 - (north - middle) * pixels,
    )


def keyboard(clicks: Clicks) -> None:
    viewer = clicks.viewer
    tab_to(viewer, "alarm_offline", "a")
    viewer.page.keyboard.press("Enter")
    expect(viewer.page.locator("h1", has_text="Devices")).to_be_visible()
    viewer.settle()
    assert viewer.query()["status"] == ["offline"]
    viewer.page.go_back()
    viewer.settle()
    tab_to(viewer, "store_table", "canvas")
    second = rows(viewer, "store_table")[1]["store"]
    # The first key chooses the first row, in the column of ranks, which opens nothing.
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        viewer.page.keyboard.press(key)
    expect(viewer.page).to_have_url(re.compile(f"store.spaceId={second}"))
    viewer.open("/")
    choose_by_keyboard(viewer)
    # On the way there is the table of stores, which is passed without opening one.
    tab_to(viewer, "event_feed", "canvas")
    assert viewer.page.locator("h1").inner_text() == "Now"
    viewer.page.keyboard.press("ArrowDown")
    expect(viewer.page).to_have_url(re.compile("captureId="))
    viewer.settle()
    expect(link(viewer, "Open the session")).to_be_visible()


def on_a_phone(clicks: Clicks) -> None:
    viewer = clicks.viewer
    box = viewer.key("alarms").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 844  # without scrolling
    clicks.store("the row of the store", HARBOUR)
    expect(viewer.key("alarms")).to_contain_text("1 offline")
    clicks.on("offline, in the alarms", link(viewer, "1 offline"))
    assert viewer.query()["spaceId"] == ["harbour"]
    assert [row["name"] for row in rows(viewer, "device_table")] == ["gate · 10.0.0.7 · gate 7"]


def on_a_wall(clicks: Clicks) -> None:
    viewer = clicks.viewer
    clicks.on("Present", viewer.page.get_by_role("button", name="Present"))
    assert viewer.query()["present"] == ["1"]
    expect(viewer.page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    assert viewer.number("metric_purchases") == len(DAY.purchases)
    expect(viewer.key("alarms")).to_contain_text("1 offline")


ANSWERS: dict[int, Callable[[Clicks], None]] = {
    1: sold_most,
    2: why_purchases_fell,
    3: offline_or_silent,
    4: flapped,
    5: course_of_a_session,
    6: viewed_and_not_bought,
    7: searches_that_lead_nowhere,
    8: share,
    9: export,
    10: follow_a_type,
    11: compare_hours,
    12: city_on_the_map,
    13: keyboard,
    15: on_a_wall,
}


@pytest.mark.parametrize("number", ANSWERS)
def test_a_question_is_answered_by_its_clicks(desk: Viewer, number: int) -> None:
    clicks = Clicks(desk.open("/"))
    ANSWERS[number](clicks)
    desk.assert_drawn()
    assert clicks.made == documented()[number]


def test_what_is_wrong_is_answered_on_a_phone(visit: Visit, program: Program) -> None:
    clicks = Clicks(visit(program, phone=True))
    on_a_phone(clicks)
    assert clicks.made == documented()[14]


def test_the_document_lists_the_questions_that_are_tested() -> None:
    listed = documented()
    assert sorted(listed) == sorted([*ANSWERS, 14]) == list(range(1, 16))
    assert max(map(len, listed.values())) <= MOST_CLICKS

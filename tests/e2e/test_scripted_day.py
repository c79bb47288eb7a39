"""What is on screen of a scripted day equals an independent count, also in a time range and with exclusions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import table_text
from tests.e2e.conftest import TOKEN, StartDashboard, visits
from tests.e2e.viewer import Viewer
from tests.strict_server import dates
from tests.strict_server.day_counts import DayCounts, Thing, money
from tests.strict_server.scripted_day import FORGOTTEN, FUNNEL, STOPPED, ScriptedServer, hour, scripted_day

NOW = datetime.now(UTC)
RANGE = (hour(NOW, 7), hour(NOW, 4) - timedelta(seconds=1))
RECORDS = scripted_day(NOW)
PATHS = {
    "Now": "/",
    "Stores": "/stores",
    "Store": "/store",
    "Sessions": "/sessions",
    "Session": "/session",
    "Events": "/events",
    "Devices": "/latest",
    "Behaviour": "/analytics",
}
LINKED = ("tz", "from", "to", "spaceId", "country", "sessionId")
ICONS = {"offline": "▲", "silent": "▨", "flapping": "⇅", "unknown": "○", "online": "●"}


@dataclass(frozen=True)
class Choice:
    """A time range, or a value that is left out."""

    start: datetime | None = None
    end: datetime | None = None
    field: str | None = None
    value: str = ""

    @property
    def link(self) -> dict[str, str]:
        found = {"tz": "UTC"}
        if self.start and self.end:
            found |= {name: f"{one:%Y-%m-%dT%H:%M:%SZ}" for name, one in (("from", self.start), ("to", self.end))}
        return found | ({self.field: f"-{self.value}"} if self.field else {})

    @cached_property
    def counts(self) -> DayCounts:
        return DayCounts(RECORDS, NOW, self.start, self.end, {self.field: self.value} if self.field else None)

    @cached_property
    def things(self) -> list[Thing]:
        """The things; their status doesn't depend on the country of a session."""
        return DayCounts(RECORDS, NOW).things() if self.field == "country" else self.counts.things()


CHOICES = {
    "day": Choice(),
    "range": Choice(*RANGE),
    "store": Choice(field="spaceId", value="market"),
    "country": Choice(field="country", value="SE"),
}
# Of the scope of the module, so that the tests of one choice follow each other and share its pages.
each_choice = pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES, scope="module")


@pytest.fixture(scope="module")
def viewer(browser: Browser, start_dashboard: StartDashboard) -> Iterator[Viewer]:
    with (
        ScriptedServer(RECORDS, TOKEN) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="3600") as program,
        visits(browser) as enter,
    ):
        # The API's clock says when the day was made, however long other tests took since.
        server.clock_offset = NOW - datetime.now(UTC)
        yield enter(program, width=1900)
        assert server.violations == []


def see(viewer: Viewer, title: str, choice: Choice, panel: str = "", **more: str) -> None:
    """Go to a view through the navigation where the choice is in the link already, else by its link."""
    asked = {name: [value] for name, value in (choice.link | more).items()}
    if {name: values for name, values in viewer.query().items() if name in LINKED} != asked:
        viewer.open(f"{PATHS[title]}?{urlencode(choice.link | more)}")
    elif viewer.page.locator("h1").inner_text() != title:
        viewer.go(title)
    if panel:
        viewer.page.get_by_role("tab", name=panel).click()
        viewer.settle()
    viewer.assert_drawn()


def rows(viewer: Viewer, key: str) -> list[dict[str, str]]:
    return table_text.read(viewer, viewer.key(key))


def percent(part: int, total: int) -> str:
    return f"{100 * part / total:.0f}%"


def revenue_of(row: dict[str, str]) -> dict[str, str]:
    """What a row says for each currency, in a column of its own or in one for all."""
    told = {name.removeprefix("revenue, "): text for name, text in row.items() if name.startswith("revenue, ")}
    parts = [part.split() for part in row.get("revenue", "").split(" · ") if part]
    return {unit: text for unit, text in told.items() if text} | {unit: text for text, unit in parts}


@each_choice
def test_the_numbers_of_now(viewer: Viewer, choice: Choice) -> None:
    counts = choice.counts
    see(viewer, "Now", choice)
    for key, number in {
        "active_sessions": len(counts.active),
        "visitors": len(counts.visitors),
        "purchases": len(counts.purchases),
        "sessions": len(counts.sessions),
        "events": len(counts.events),
        "devices": len(choice.things),
    }.items():
        assert viewer.number(f"metric_{key}") == number, key
    assert viewer.metric("metric_conversion") == percent(len(counts.converted), len(counts.visitors))
    assert {row["currency"]: row["revenue"] for row in rows(viewer, "revenue")} == money(counts.revenue())
    alarms = viewer.key("alarms").inner_text()
    for kind, number in of_kinds(choice.things).items():
        assert kind == "online" or f"{ICONS[kind]} {number} {kind}" in alarms
    expect(viewer.key("sales")).to_contain_text(f"{len(counts.converted)} of {len(counts.visitors)} visits")


@each_choice
def test_the_stores_of_now(viewer: Viewer, choice: Choice) -> None:
    see(viewer, "Now", choice)
    assert_stores(viewer, choice)
    viewer.key("top_products").scroll_into_view_if_needed()
    products, searched = choice.counts.products(), choice.counts.searches()
    listed = rows(viewer, "top_products")
    assert len(listed) == min(5, len(products))
    assert {row["product"]: [row["viewed by"], row["in the cart of"]] for row in listed} == {
        name: [str(numbers["viewed"]), str(numbers["carts"])] for name, numbers in products.items()
    }
    top = sorted((-number, text) for text, (number, _) in searched.items() if text)[:5]
    assert sorted((-int(row["searches"]), row["search"]) for row in rows(viewer, "top_searches")) == top


@each_choice
def test_the_view_of_stores(viewer: Viewer, choice: Choice) -> None:
    if choice.field != "spaceId":  # What is left out there is only not marked.
        see(viewer, "Stores", choice)
        assert_stores(viewer, choice)


def assert_stores(viewer: Viewer, choice: Choice) -> None:
    down = [thing.store for thing in choice.things if thing.kind in ("offline", "silent")]
    found = rows(viewer, "store_table")
    stores = choice.counts.of_stores()
    assert {row["store"] for row in found} == set(stores)
    before = DayCounts(RECORDS, NOW, RANGE[0] - (RANGE[1] - RANGE[0]), RANGE[0] - timedelta(seconds=1)).of_stores()
    for row in found:
        numbers = stores[row["store"]]
        for name, key in {"active now": "active", "sessions": "sessions", "purchases": "purchases"}.items():
            assert row.get(name, str(numbers[key])) == str(numbers[key]), (row, name)
        assert float(row["conversion"]) == pytest.approx(numbers["converted"] / numbers["visitors"], abs=1e-4)
        assert revenue_of(row) == money(numbers["revenue"])
        assert row["things down"] == str(down.count(row["store"]))
        if choice.start:
            assert int(row["± purchases"]) == numbers["purchases"] - before[row["store"]]["purchases"]


def test_the_hour_in_which_a_store_stopped_selling(viewer: Viewer) -> None:
    choice = CHOICES["day"]
    see(viewer, "Store", choice, spaceId="harbour")
    (gate,) = [thing for thing in choice.things if thing.kind == "offline"]
    stopped = hour(NOW, STOPPED)
    by_hour = choice.counts.by_hour("harbour")
    before, then = (by_hour[one]["purchases"] for one in (stopped - timedelta(hours=1), stopped))
    assert (before, then) == (5, 0)
    # The drops are drawn before the answer with the things is there.
    expect(viewer.key("store_drops")).not_to_contain_text("is not known")
    said = viewer.key("store_drops").inner_text().replace("\N{WORD JOINER}", "")
    assert f"Purchases fell from {before} to {then} at {clock_words(stopped)}; {gate.name} was offline from " in said
    assert f"{gate.name} was offline from {clock_words(clock(gate.since))} until now." in said
    found = assert_hours(viewer, choice, "harbour")
    out = [when for when, row in found.items() if gate.name in row["out"]]
    assert min(out) == stopped


@pytest.mark.parametrize(("name", "store"), [("range", "harbour"), ("country", "market")])
def test_the_hours_of_a_store_follow_the_choice(viewer: Viewer, name: str, store: str) -> None:
    see(viewer, "Store", CHOICES[name], spaceId=store)
    assert_hours(viewer, CHOICES[name], store)


def assert_hours(viewer: Viewer, choice: Choice, store: str) -> dict[datetime, dict[str, str]]:
    found = {datetime.fromisoformat(row["from"]): row for row in rows(viewer, "store_hours")}
    told: dict[datetime, Counter[str]] = defaultdict(Counter)
    for when, row in found.items():
        # A short range has smaller bins than hours; no visit is in two of them.
        told[when.replace(minute=0)].update({name: int(row[name]) for name in ("visitors", "purchases")})
    assert {when: dict(numbers) for when, numbers in told.items() if any(numbers.values())} == choice.counts.by_hour(
        store
    )
    return found


@each_choice
def test_the_status_of_things(viewer: Viewer, choice: Choice) -> None:
    things = choice.things
    see(viewer, "Devices", choice)
    for kind, number in of_kinds(things).items():
        assert viewer.key(f"tile_{kind}").inner_text().split() == [str(number), ICONS[kind], kind.title()]
    found = {(row["store"], row["name"]): row for row in rows(viewer, "device_table")}
    assert set(found) == {(thing.store, thing.name) for thing in things}
    for thing in things:
        row = found[thing.store, thing.name]
        assert row["status"].startswith(f"{ICONS[thing.kind]} ") or thing.kind == "unknown"
        assert ("Flapping" in row["status"]) == thing.is_flapping
        assert row["since"] == since_words(thing)
        assert row["flaps"] == str(thing.flaps)
        assert bool(row["% up"]) == (thing.up is not None)
        if thing.up is not None:
            assert float(row["% up"].strip("<>%")) == pytest.approx(100 * thing.up, abs=1.0)
        assert bool(row["note"]) == (FORGOTTEN in thing.name)


def of_kinds(things: list[Thing]) -> dict[str, int]:
    found = {kind: sum(thing.kind == kind for thing in things) for kind in ICONS}
    return found | {"flapping": sum(thing.is_flapping for thing in things)}


def since_words(thing: Thing) -> str:
    words = clock_words(clock(thing.since))
    return f"before {words}" if thing.since_is_at_least and thing.kind != "silent" else words


def clock_words(moment: datetime) -> str:
    return f"{moment:%H:%M}" if moment.date() == NOW.date() else f"{moment:%a %H:%M}"


def clock(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC)


@each_choice
def test_the_funnel(viewer: Viewer, choice: Choice) -> None:
    steps = choice.counts.funnel(FUNNEL)
    see(viewer, "Behaviour", choice, panel="Funnel")
    found = rows(viewer, "funnel")
    assert [(row["step"], int(row["sessions"])) for row in found] == [
        (step, count) for step, (count, _) in zip(FUNNEL, steps, strict=True)
    ]
    medians = [None if seconds is None else f"{int(seconds)} s" for _, seconds in steps]
    assert [row["median time"] or None for row in found] == medians
    first, last = steps[0][0], steps[-1][0]
    expect(viewer.key("funnel")).to_contain_text(
        f"{last} of {first} sessions went through all steps ({percent(last, first)})"
    )


@each_choice
def test_the_flow(viewer: Viewer, choice: Choice) -> None:
    see(viewer, "Behaviour", choice, panel="Flow")
    found = {(int(row["step"]), row["event"], row["next"]): int(row["sessions"]) for row in rows(viewer, "flow")}
    assert found == dict(choice.counts.flow(4))


@each_choice
def test_products_and_searches(viewer: Viewer, choice: Choice) -> None:
    see(viewer, "Behaviour", choice, panel="Products")
    products = choice.counts.products()
    names = ("viewed", "carts", "bought", "viewed, not bought")
    assert {row["Product"]: {name: int(row[name]) for name in names} for row in rows(viewer, "products")} == products
    see(viewer, "Behaviour", choice, panel="Searches")
    found = {
        row["query"].strip("—").casefold(): (int(row["searches"]), int(row["without"]))
        for row in rows(viewer, "searches")
    }
    assert found == choice.counts.searches()
    total, without = (sum(numbers[place] for numbers in found.values()) for place in (0, 1))
    expect(viewer.key("searches")).to_contain_text(f"{without} of {total} searches lead nowhere")


@each_choice
def test_the_numbers_of_listed_events_and_sessions(viewer: Viewer, choice: Choice) -> None:
    see(viewer, "Events", choice)
    # Those from the future are listed apart.
    past = [row for row in choice.counts.events if (dates.read(row["eventTime"]) or 0) <= choice.counts.now]
    expect(viewer.page.get_by_text(re.compile(f"of {len(past):,} events"))).to_be_visible()
    see(viewer, "Sessions", choice)
    expect(viewer.page.get_by_text(re.compile(f"of {len(choice.counts.sessions):,} sessions"))).to_be_visible()


def test_the_course_of_a_session(viewer: Viewer) -> None:
    counts = CHOICES["day"].counts
    name, path = next((name, path) for name, path in counts.paths.items() if counts.store_of(path[-1][1]) == "harbour")
    see(viewer, "Session", CHOICES["day"], sessionId=name)
    (sale,) = [row for _, row in path if row["eventType"] == "PURCHASE"]
    ((unit, amount),) = money(counts.revenue([sale])).items()
    text = viewer.text()
    assert (
        f"{len(path)} events, {len(path)} of them by a person; furthest step PURCHASE; 1 purchase for {amount} {unit}"
        in text
    )
    found = rows(viewer, "session_timeline")
    assert [row["eventTime"][:19] for row in found] == [f"{clock(moment):%Y-%m-%d %H:%M:%S}" for moment, _ in path]
    assert sorted(row["eventType"] for row in found) == sorted(row["eventType"] for _, row in path)

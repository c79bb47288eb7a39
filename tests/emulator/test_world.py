"""The simulated chain: the same for the same seed and clock, as large as asked, and like a chain of stores."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from gridrt_emulator import catalog
from gridrt_emulator.cities import CITIES
from gridrt_emulator.clock import DAY, HOUR, MINUTE, SECOND, parse_instant
from gridrt_emulator.queries import Query
from gridrt_emulator.store import Store
from gridrt_emulator.world import BadSizeError, Size, World
from tests.emulator.program import TENANT, Record
from tests.emulator.worlds import NOW, make, records


def shown(store: Store) -> tuple[list[Record], list[Record], list[bytes]]:
    query = Query(distinctColumns=("str1", "str2", "int1", "deviceId"))
    return records(store, "sessions"), records(store), sorted(record for _, _, record in store.latest(query).values())


@cache
def usual() -> tuple[list[Record], list[Record]]:
    """Sessions and events of a day without oddities."""
    store = make(size=Size(20_000, oddities=0))
    return records(store, "sessions"), records(store)


def test_the_same_seed_and_clock_make_the_same_world() -> None:
    assert shown(make()) == shown(make())
    assert shown(make()) != shown(make(seed=8))
    assert {r["sessionId"] for r in records(make(), "sessions")}.isdisjoint(
        r["sessionId"] for r in records(make(seed=8), "sessions")
    )


@pytest.mark.parametrize("steps", [[90 * SECOND], [MINUTE] * 5, [SECOND] * 70, [3 * HOUR, 23 * HOUR]])
def test_time_moves_on_to_the_world_that_a_start_then_would_make(steps: list[int]) -> None:
    store = make(size=Size(3000, oddities=0.1))
    now = NOW
    for step in steps:
        store.advance(now := now + step)
    # Born at the same time: the things that are down since before the start are.
    assert shown(store)[:2] == shown(make(size=Size(3000, oddities=0.1), now=now))[:2]


def test_the_past_is_the_same_from_a_later_start() -> None:
    def by_id(store: Store) -> dict[str, Record]:
        return {r["captureId"]: r for r in records(store) if not r["eventType"].startswith("MONITOR_")}

    earlier, later = by_id(make()), by_id(make(born=NOW + 2 * HOUR))
    both = earlier.keys() & later.keys()
    assert len(both) > 0.8 * len(earlier)
    assert all(earlier[captureId] == later[captureId] for captureId in both)


def test_records_come_every_second_and_go_after_24_hours() -> None:
    store = make(size=Size(15_000, oddities=0))
    oldest = json.loads(b"[" + bytes(store.events(Query())[0]) + b"]")[0]["captureId"]
    lengths = []
    for second in range(120):
        store.advance(NOW + second * SECOND)
        lengths.append(len(bytes(store.events(Query())[-1])))
    grown = sum(after != before for before, after in pairwise(lengths))
    assert 10 < grown < 40, "one in six seconds, and never a minute's at once"
    store.advance(NOW + 120 * SECOND)
    assert oldest not in {record["captureId"] for record in records(store)}


def test_time_never_goes_back() -> None:
    store = make()
    before = records(store)
    store.advance(NOW - HOUR)
    assert records(store) == before


@pytest.mark.parametrize("count", [200, 300, 1000, 15_000])
@pytest.mark.parametrize("clock", ["2026-11-23T12:00:00Z", "2026-03-29T08:13:00Z", "2026-07-04T23:59:59Z"])
def test_as_many_events_as_asked(count: int, clock: str) -> None:
    seeds = range(3) if count < 5000 else (7,)
    for seed in seeds:
        now = parse_instant(clock)
        store = make(seed, Size(count), now)
        assert len(records(store)) == pytest.approx(count, rel=0.1)
        if count < 5000:
            store.advance(now + 9 * HOUR)
            assert len(records(store)) == pytest.approx(count, rel=0.1)


def test_thousands_of_stores() -> None:
    store = make(size=Size(10_000, stores=5_000))
    sessions = records(store, "sessions")
    assert len(records(store)) == pytest.approx(10_000, rel=0.1)
    assert len({session["spaceId"] for session in sessions}) > 500
    assert len({(s["latitude"], s["longitude"]) for s in sessions if "deviceId" in s and "latitude" in s}) > 200


def test_one_store() -> None:
    sessions = records(make(size=Size(1_000, stores=1, oddities=0)), "sessions")
    assert {session["spaceId"] for session in sessions} == {"space-stockholm-drottninggatan"}


@pytest.mark.parametrize("size", [Size(200), Size(5_000, stores=3), Size(200_000)])
def test_a_device_that_is_gone_is_silent_with_all_that_is_attached_to_it(size: Size) -> None:
    world = World(7, size, TENANT, "EU", NOW)
    gone = world.monitors.gone
    assert gone is not None
    names = {thing.name for thing in world.monitors.things}
    assert len(names) == len({(t.store.slug, t.address) for t in world.monitors.things}) == len(world.monitors.things)
    for minute in range(NOW // MINUTE - 24 * 60, NOW // MINUTE, 30):
        reports = world.monitors.reports(minute * MINUTE, (minute + 30) * MINUTE)
        assert all(report.thing.store is not gone for report in reports)
    assert all(store is not gone for store, _ in world.monitors.session_starts(NOW - 4 * HOUR, NOW))


def test_cities_are_where_they_say() -> None:
    assert len({city.zone.split("/")[0] for city in CITIES}) >= 6
    for city in CITIES:
        hours = datetime(2026, 1, 15, tzinfo=ZoneInfo(city.zone)).utcoffset()
        assert hours is not None
        # Clocks go by the sun, give or take two hours and a half.
        assert abs(hours.total_seconds() / 3600 - city.longitude / 15) < 2.6, city.name
        assert re.fullmatch("[A-Z]{2}", city.country)
        assert re.fullmatch("[A-Z]{3}", city.currency)
        assert -60 < city.latitude < 70


def test_shops_are_visited_while_they_are_open_and_the_web_always() -> None:
    sessions, _ = usual()
    zones = {f"{city.country}": city for city in CITIES}
    web = Counter[int]()
    for session in sessions:
        moment = datetime.fromisoformat(session["sessionCreated"][:26]).replace(tzinfo=UTC)
        if session["appId"] == "web-shop":
            web[moment.hour] += 1
        elif session["appId"] != "device-monitor" and session["country"] not in ("US", "CA"):
            city = zones[session["country"]]
            local = moment.astimezone(ZoneInfo(city.zone))
            # Cities of one country may differ by an hour or so.
            assert city.opens - 1 <= local.hour < city.closes + 1, session
    assert set(web) == set(range(24))
    everywhere = Counter(
        session["sessionCreated"][11:13] for session in sessions if session["appId"] == "endless-aisle"
    )
    assert len(everywhere) == 24, "somewhere a shop is always open"


def test_everything_of_a_chain_is_there() -> None:
    sessions, events = usual()
    apps = Counter(session["appId"] for session in sessions)
    assert set(apps) == {"endless-aisle", "signage", "store-companion", "web-shop", "device-monitor"}
    assert min(apps.values()) > 50
    assert len({session["spaceId"] for session in sessions}) == len(CITIES) == 44
    assert 0.1 < sum("latitude" not in session for session in sessions) / len(sessions) < 0.5
    positions = Counter((s["latitude"], s["longitude"]) for s in sessions if "deviceId" in s and "latitude" in s)
    assert positions.most_common()[0][1] > 20
    phones = [s for s in sessions if s["appId"] == "store-companion" and "latitude" in s]
    assert len({(s["latitude"], s["longitude"]) for s in phones}) == len(phones)
    types = {event["eventType"] for event in events}
    assert types >= {
        "APP_START", "CONTENT_VIEW", "CATEGORY_VIEW", "PRODUCT_VIEW", "LOOK_VIEW", "SEARCH", "SEARCH_CLEAR", "CART_ADD",
        "CART_REMOVE", "CART_VIEW", "CART_CLEAR", "CHECKOUT", "PURCHASE", "RATING", "FEEDBACK", "QR_RUN",
        "CONTACT_IDENTIFY", "CONTACT_METADATA", "DETECT_MOOD", "DETECT_AGE", "DETECT_GENDER", "LANGUAGE",
        "MONITOR_SESAME_DEVICE_STATUS", "MONITOR_PRINTER_STATUS",
    }  # fmt: skip


def test_visits_make_sense() -> None:
    sessions, events = usual()
    started = {session["sessionId"]: session for session in sessions}
    visits: dict[str, list[Record]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event["eventTime"]):
        if event["sessionId"] in started:
            visits[event["sessionId"]].append(event)
    currencies = {city.country: city for city in CITIES}
    bought = 0
    for sessionId, visit in visits.items():
        types = [event["eventType"] for event in visit]
        assert types[0] == "APP_START"
        assert types.count("APP_START") == 1
        assert visit[0]["eventTime"] >= started[sessionId]["sessionCreated"]
        for purchase in (event for event in visit if event["eventType"] == "PURCHASE"):
            bought += 1
            before = types[: types.index("PURCHASE")]
            assert "CART_ADD" in before
            assert "CHECKOUT" in before
            city = currencies[started[sessionId]["country"]]
            assert purchase["str2"] == city.currency
            assert purchase["int1"] > purchase["int2"] >= 0
            # From a lip balm with a coupon to a few coats.
            assert 4 < purchase["int1"] / city.per_euro < 4000
    assert 0.05 < bought / len(visits) < 0.3


def test_meanings_of_the_numbers() -> None:
    _, events = usual()
    for event in events:
        match event["eventType"]:
            case "RATING":
                assert event["int1"] in range(1, 6)
                assert event["int2"] > 0
            case "CART_ADD" | "CART_REMOVE":
                assert event["int1"] >= 1
                assert event["productId"] in catalog.PRICE
            case "PRODUCT_VIEW":
                assert event["productId"] in catalog.PRICE
            case "DETECT_MOOD" | "DETECT_GENDER":
                assert 0 < event["int1"] <= 1
            case "MONITOR_SESAME_DEVICE_STATUS" | "MONITOR_PRINTER_STATUS":
                assert event["int1"] in (0, 1, -1, 2)
                assert event["str1"] in ("gate", "xovis", "printer")
                assert ipaddress.ip_address(event["str2"]).is_private
                assert event["int5"] == 1200
                assert event["interaction"] is False
            case "APP_START" | "LANGUAGE" | "QUEUE_LENGTH":
                assert event["interaction"] is False
        assert ("stateful" in event) == ("public" in event) == (event["eventType"] in ("LANGUAGE", "QUEUE_LENGTH"))


def test_attached_things_report_around_the_clock_fail_flap_and_fall_silent() -> None:
    _, events = usual()
    reports: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for event in events:
        if event["eventType"].startswith("MONITOR_"):
            reports[event["str4"]].append((event["eventTime"], event["int1"]))
    changes = {}
    for name, rows in reports.items():
        statuses = [status for _, status in sorted(rows)]
        changes[name] = sum(a != b for a, b in pairwise(statuses))
    assert len(reports) > 30
    assert sum(len({date[11:13] for date, _ in rows}) == 24 for rows in reports.values()) > 20
    assert max(changes.values()) > 50, "one flaps"
    assert sum(count == 0 for count in changes.values()) > 10, "most are well"
    last = {name: max(rows) for name, rows in reports.items()}
    assert any(status == 0 for _, status in last.values()), "one is down"
    assert sum("2026-11-23T06" < date < "2026-11-23T07:30" for date, _ in last.values()) == 1, "one fell silent"
    assert sum(date > "2026-11-23T11:30" for date, _ in last.values()) > 30


def test_what_left_the_window_is_still_the_latest_of_a_silent_thing() -> None:
    store = make(size=Size(3000, oddities=0))
    query = Query(eventType="MONITOR_SESAME_DEVICE_STATUS", distinctColumns=("str4",))

    def things() -> dict[str, str]:
        found = [json.loads(record) for _, _, record in store.latest(query).values()]
        return {record["str4"]: record["eventTime"] for record in found}

    before = things()
    store.advance(NOW + 2 * DAY)
    after = things()
    assert before.keys() == after.keys()
    stuck = {name for name in before if after[name] == before[name]}
    # The two of the device that is gone, and the one that fell silent before the start.
    assert len(stuck) == 3


@pytest.mark.parametrize(("events", "sessions"), [(1_000, 100), (1_000, 500), (15_000, 3_000), (15_000, 1_000)])
def test_as_many_sessions_as_asked_with_as_many_events(events: int, sessions: int) -> None:
    store = make(size=Size(events, oddities=0, sessions_per_day=sessions))
    there = records(store)
    assert len(records(store, "sessions")) == pytest.approx(sessions, rel=0.1)
    assert len(there) == pytest.approx(events, rel=0.1)
    shopping = sum(not event["eventType"].startswith("MONITOR_") for event in there)
    usual_store = records(make(size=Size(events, oddities=0)))
    usual_share = sum(not event["eventType"].startswith("MONITOR_") for event in usual_store) / len(usual_store)
    assert shopping / len(there) == pytest.approx(usual_share, abs=0.03)


def test_a_number_of_sessions_makes_a_world_of_its_own_but_always_the_same_one() -> None:
    size = Size(3000, sessions_per_day=600)
    assert shown(make(size=size)) == shown(make(size=size)) != shown(make())
    later = make(size=size)
    later.advance(NOW + HOUR)
    assert shown(later)[:2] == shown(make(size=size, now=NOW + HOUR))[:2]


@pytest.mark.parametrize("sessions", [1, 20, 700, 1_000_000])
def test_sessions_that_cannot_have_so_many_events(sessions: int) -> None:
    with pytest.raises(BadSizeError, match=r"^1000 events a day come in (\d+) to (\d+) sessions$") as refusal:
        make(size=Size(1_000, sessions_per_day=sessions))
    least, most = map(int, re.findall(r"\d+", str(refusal.value))[1:])
    assert not least <= sessions <= most
    for possible in (least, most):
        assert len(records(make(size=Size(1_000, sessions_per_day=possible)), "sessions")) > 0

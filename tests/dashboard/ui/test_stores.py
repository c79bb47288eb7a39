"""The views of stores on a scripted day: two stores, one of which stopped selling while its gate was offline."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.views import MAIN, PAGES, configure, number, words
from tests.strict_server import Records, StrictServer

TOKEN = "a-token-that-is-found-nowhere"
PLACES = {"north": (65.0, 25.0), "south": (-33.9, 151.2)}
Open = Callable[..., AppTest]


def hour(ago: int) -> datetime:
    """The begin of a whole hour in UTC, so many hours before the present one."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago)


def sale(space: str, moment: datetime, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A session of a store that views a product and buys for 100 in the store's own currency."""
    name = f"{space} {moment:%H} {number}"
    latitude, longitude = PLACES[space]
    session = {
        "sessionId": name,
        "captureId": name,
        "spaceId": space,
        "sessionCreated": moment.isoformat(),
        "latitude": latitude,
        "longitude": longitude,
        "deviceId": f"kiosk {space}",
    }
    event = {"sessionId": name, "interaction": True}
    unit = {"north": "SEK", "south": "AUD"}[space]
    return session, [
        {
            **event,
            "captureId": f"{name} v",
            "eventTime": moment.isoformat(),
            "eventType": "PRODUCT_VIEW",
            "productId": "p",
        },
        {
            **event,
            "captureId": f"{name} p",
            "eventTime": (moment + timedelta(seconds=30)).isoformat(),
            "eventType": "PURCHASE",
            "int1": 100,
            "str2": unit,
        },
    ]


def day() -> Records:
    """North sold four an hour until three hours ago, south one; the north's gate is offline since then."""
    sessions: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for ago in range(2, 9):
        for space, count in (("north", 4 if ago > 3 else 0), ("south", 1)):
            for place in range(count):
                session, own = sale(space, hour(ago) + timedelta(minutes=5 + 10 * place), place)
                sessions.append(session)
                events += own
    monitor = {"sessionId": "gate", "captureId": "gate", "spaceId": "north", "deviceId": "box"}
    sessions.append({**monitor, "sessionCreated": hour(20).isoformat()})
    moment = hour(20)
    while moment < datetime.now(UTC):
        status = 1 if moment < hour(3) else 0
        report = {"eventType": "MONITOR_GATE", "str1": "gate", "str2": "10.0.0.7", "str4": "gate 7", "int1": status}
        name = f"report {moment:%d %H %M}"
        events.append(
            {"sessionId": "gate", "captureId": name, "eventTime": moment.isoformat(), "interaction": False} | report
        )
        moment += timedelta(minutes=5)
    return Records(datetime.now(UTC), sessions, events)


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(day(), TOKEN) as running:
        yield running


@pytest.fixture
def open_view(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    configure(monkeypatch, server)

    def start(view: str, **link: str | list[str]) -> AppTest:
        test = AppTest.from_file(MAIN, default_timeout=60)
        test.query_params["tz"] = "UTC"
        for name, value in link.items():
            test.query_params[name] = value
        test.run()
        if view != "live":
            test.switch_page(str(PAGES / f"{view}.py"))
            test.run()
        deadline = time.monotonic() + 30
        while ("…" in words(test) or test.get("progress")) and time.monotonic() < deadline:
            time.sleep(0.1)
            test.run()
        assert not test.exception, test.exception
        assert not test.error
        return test

    return start


def table(test: AppTest, *columns: str) -> pd.DataFrame:
    return next(one.value for one in test.dataframe if set(columns) <= set(one.value.columns))


def stores(test: AppTest) -> pd.DataFrame:
    return table(test, "store", "purchases").set_index("store")


def test_now_has_a_row_for_each_store_and_never_adds_currencies(open_view: Open) -> None:
    found = stores(open_view("live"))
    # North sold four in each of the hours from eight to four hours ago.
    assert found["purchases"].to_dict() == {"north": 20, "south": 7}
    assert found["revenue, SEK"].fillna("").to_dict() == {"north": "2,000.00", "south": ""}
    assert found["revenue, AUD"].fillna("").to_dict() == {"north": "", "south": "700.00"}
    assert found["things down"].to_dict() == {"north": 1, "south": 0}
    assert found.index.tolist() == ["north", "south"]


def test_the_numbers_follow_the_time_range_and_are_compared_with_the_span_before(open_view: Open) -> None:
    start, end = hour(6), hour(4) - timedelta(seconds=1)
    link = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    test = open_view("live", **link)
    assert number(test, "Purchases") == "10"
    assert number(test, "Visitors") == "10"
    assert number(test, "Conversion") == "100%"
    found = stores(test)
    assert found["purchases"].to_dict() == {"north": 8, "south": 2}
    assert found["change"].to_dict() == {"north": 0, "south": 0}
    assert "against the equally long span before" in words(test).replace("\\", "")


def test_filters_on_events_never_change_conversion_or_stores(open_view: Open) -> None:
    test = open_view("live", eventType="PRODUCT_VIEW")
    assert number(test, "Purchases") == "27"
    assert number(test, "Conversion") == "100%"
    assert number(test, "Events") == "27"
    assert stores(test)["purchases"].sum() == 27
    assert "Whatever the filters on events" in words(test)


def test_where_nobody_is_left_there_is_no_number_of_visitors(open_view: Open) -> None:
    test = open_view("live", interactionType="nonInteractive")
    assert number(test, "Visitors") == "—"
    assert "leave out everything that a person did" in words(test)
    assert number(test, "Conversion") == "100%"


def test_a_range_of_a_day_says_that_there_is_nothing_to_compare_with(open_view: Open) -> None:
    test = open_view("live", **{"from": "now-20h"})
    metric = next(one for one in test.metric if one.label.startswith("Purchases"))
    assert not metric.delta
    assert "not completely within the 24 hours" in metric.help
    assert "change" not in stores(test)


def test_alarms_are_links_to_the_devices(open_view: Open) -> None:
    test = open_view("live")
    links = {one.proto.label: one.proto for one in test.get("page_link")}
    offline = next(proto for label, proto in links.items() if "1 offline" in label.replace("\\", ""))
    assert "status=offline" in offline.query_string
    assert any("0 silent" in label.replace("\\", "") for label in links)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"spaceId": "north"}, False),
        ({"country": "-SE"}, True),
        ({"appId": "-a"}, True),
        ({"eventType": "SEARCH"}, True),
    ],
)
def test_alarms_say_which_filters_do_not_apply(open_view: Open, link: dict[str, str], said: bool) -> None:
    captions = [one.value for one in open_view("live", **link).caption]
    assert ("Filters other than installation, store and device don't apply to things." in captions) is said


def test_products_and_the_feed_of_one_type(open_view: Open) -> None:
    test = open_view("live", feed="PURCHASE")
    assert table(test, "product")["viewed by"].tolist() == [27]
    feed = next(one.value for one in test.dataframe if "eventTime" in one.value.columns)
    assert set(feed["eventType"]) == {"PURCHASE"}


def test_stores_are_on_the_map_and_in_the_list_whatever_store_is_chosen(open_view: Open) -> None:
    test = open_view("stores", spaceId="north")
    assert set(stores(test).index) == {"✓ north", "south"}
    deck = json.loads(test.get("deck_gl_json_chart")[0].proto.json)
    bubbles, rings = (next(one for one in deck["layers"] if one["id"] == name) for name in ("sessions", "selected"))
    assert sorted(tuple(one["p"]) for one in bubbles["data"]) == [(25.0, 65.0), (151.2, -33.9)]
    assert [tuple(one["p"]) for one in rings["data"]] == [(25.0, 65.0)]


def test_the_camera_of_the_stores_moves_with_the_scope_only(open_view: Open) -> None:
    def camera(test: AppTest) -> dict[str, float]:
        view: dict[str, float] = json.loads(test.get("deck_gl_json_chart")[0].proto.json)["initialViewState"]
        return view

    test = open_view("stores")
    before = camera(test)
    assert camera(test.run()) == before
    test.query_params["spaceId"] = "north"
    assert camera(test.run()) == before
    test.query_params["area"] = "65,25,6"
    near = camera(test.run())
    assert (round(near["latitude"]), round(near["zoom"])) == (65, 6)
    assert stores(test).index.tolist() == ["✓ north"]
    assert "1 store of 2 with a position" in words(test)


def test_an_area_that_is_none_is_said_to_be_none(open_view: Open) -> None:
    test = open_view("stores", area="everywhere")
    assert "area is not a latitude" in words(test)
    assert len(stores(test)) == 2


def test_stores_are_compared_hour_by_hour(open_view: Open) -> None:
    test = open_view("stores", compare=["north", "south"])
    found = table(test, "begin", "0", "1")
    assert found[["0", "1"]].sum().tolist() == [20, 7]
    by_revenue = table(open_view("stores", compare=["north", "south"], lines="revenue SEK"), "begin", "0", "1")
    assert set(by_revenue["0"]) == {"0", "400"}
    assert set(by_revenue["1"]) == {"0"}


def test_more_stores_than_can_be_told_apart_are_not_compared(open_view: Open) -> None:
    test = open_view("stores", compare=[f"store {number}" for number in range(9)])
    assert "the first 8 are used" in words(test)


def test_a_store_says_when_sales_fell_and_what_was_out(open_view: Open) -> None:
    test = open_view("store", spaceId="north")
    said = words(test).replace("\\", "")
    stopped = hour(3)
    clock = f"{stopped:%H:%M}" if stopped.date() == datetime.now(UTC).date() else f"{stopped:%a %H:%M}"
    assert f"Purchases fell from 4 to 0 at {clock}; gate · 10.0.0.7 · gate 7 was offline from {clock} until now" in said
    hours = table(test, "begin", "out").set_index("begin")
    assert hours["purchases"].sum() == 20
    assert hours.loc[pd.Timestamp(hour(5)), ["purchases", "revenue, SEK", "PRODUCT_VIEW"]].tolist() == [4, "400.00", 4]
    assert hours.loc[pd.Timestamp(hour(2)), "out"] == "gate · 10.0.0.7 · gate 7"
    assert pd.isna(hours.loc[pd.Timestamp(hour(5)), "out"])


def test_a_store_against_another_one(open_view: Open) -> None:
    start, end = hour(6), hour(4) - timedelta(seconds=1)
    link = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    found = table(open_view("store", spaceId="north", compare="south", **link), "number").set_index("number")
    assert found.loc["purchases"].tolist() == ["8", "8", "2", "2"]
    assert found.loc["revenue, AUD"].tolist() == ["—", "—", "200.00", "200.00"]


def test_without_a_store_the_view_lets_choose_one(open_view: Open) -> None:
    for link in ({}, {"spaceId": ["north", "south"]}):
        test = open_view("store", **link)
        assert "Choose a store" in words(test)
        assert len(stores(test)) == 2


def test_a_store_that_is_not_in_the_data_has_its_sentence(open_view: Open) -> None:
    test = open_view("store", spaceId="nowhere")
    assert "match spaceId = nowhere" in words(test).replace("\\", "")

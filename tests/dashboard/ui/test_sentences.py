"""Messages about records that are left out, hidden, gone or unknown, compared with an independent count."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.tables.records import event_keys
from gridrt_client.schema import EVENT
from tests.dashboard.views import MAIN, PAGES, configure
from tests.decoded import decode
from tests.strict_server import Records, StrictServer

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)

Open = Callable[..., AppTest]


def at(age: timedelta | None) -> str | None:
    return None if age is None else (NOW - age).isoformat()


def event(name: str, age: timedelta | None, **more: Any) -> dict[str, Any]:
    return {"captureId": name, "eventTime": at(age), "eventType": "SEARCH", "sessionId": "s1", **more}


def session(name: str, age: timedelta | None, **more: Any) -> dict[str, Any]:
    return {"sessionId": name, "captureId": f"c-{name}", "sessionCreated": at(age), "spaceId": "store", **more}


@pytest.fixture
def records() -> Records:
    events = [event(f"e{n}", n * HOUR) for n in range(1, 5)]
    events += [
        event("old1", 30 * HOUR),
        event("ahead1", -2 * HOUR),
        event("ahead2", -9 * HOUR),
        event("undated1", None),
    ]
    events.append(event("stranger", HOUR, sessionId="unlisted"))
    place = {"latitude": 59.33, "longitude": 18.07}
    sessions = [session(f"s{n}", n * HOUR, **place) for n in range(1, 4)]
    sessions += [session("old1", 25 * HOUR), session("old2", 99 * HOUR), session("old3", 26 * HOUR)]
    sessions += [session("ahead1", -2 * HOUR), session("ahead2", -3 * HOUR), session("undated1", None)]
    sessions += [session("pole", HOUR, latitude=90, longitude=0), session("polar", HOUR, latitude=-86, longitude=1)]
    return Records(NOW, sessions, events)


@pytest.fixture
def open_view(records: Records, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    with StrictServer(records, "a-token") as server:
        configure(monkeypatch, server)

        def start(view: str, **link: str) -> AppTest:
            test = AppTest.from_file(MAIN, default_timeout=60)
            test.query_params.update(link)
            if view != "live":
                test.run()
                test.switch_page(str(PAGES / f"{view}.py"))
                test.query_params.update(link)
            test.run()
            while test.get("progress"):
                # On a busy machine the first answers take longer than a view waits for.
                time.sleep(0.2)
                test.run()
            assert not test.exception
            return test

        yield start


def words(test: AppTest) -> str:
    found = [*test.caption, *test.info, *test.warning, *test.markdown]
    return "\n".join(element.value for element in found).replace("\\", "").replace("\u2060", "")


def column(test: AppTest, name: str, table: int = 0) -> list[Any]:
    return [list(one.value[name]) for one in test.dataframe if name in one.value.columns][table]


def span(first: float, last: float) -> dict[str, str]:
    """Return the parameters of a time range between two distances before now, in hours."""
    return {"from": str(at(first * HOUR)), "to": str(at(last * HOUR))}


def test_events_of_wrong_clocks_are_listed_and_said_to_be(open_view: Open) -> None:
    test = open_view("events")
    assert (
        "Counted and listed, but not drawn over time (wrong clocks): 1 event from before the 24 hours, "
        "2 events from the future, 1 event without a readable time." in words(test)
    )
    assert {"old1", "undated1"} < set(column(test, "captureId"))


def test_in_a_time_range_they_are_not_listed_and_not_said_to_be(open_view: Open) -> None:
    test = open_view("events", **span(5, 0))
    told = words(test)
    assert "Counted and listed" not in told
    assert (
        "Not in the chosen time range, so neither drawn over time nor listed (wrong clocks): 1 event from before the "
        "24 hours, 2 events from the future, 1 event without a readable time." in told
    )
    assert {"old1", "undated1", "ahead1"}.isdisjoint(column(test, "captureId"))


def test_a_time_range_beyond_the_24_hours_lists_nothing_from_there(open_view: Open) -> None:
    test = open_view("events", **span(40, -3))
    assert "begins before and ends after the past 24 hours: only they are shown." in words(test)
    assert "neither drawn over time nor listed (wrong clocks)" in words(test)
    assert {"old1", "undated1", "ahead1"}.isdisjoint(column(test, "captureId"))


@pytest.mark.parametrize("view", ["live", "sessions"])
def test_sessions_from_outside_the_24_hours_are_told(open_view: Open, view: str) -> None:
    assert (
        "Counted, though dated outside the 24 hours (wrong clocks): 3 sessions from before them, 2 from the future, "
        "1 without a readable time." in words(open_view(view))
    )


def test_in_a_time_range_sessions_are_said_to_be_hidden(open_view: Open) -> None:
    test = open_view("sessions", **span(5, 0))
    assert (
        "so neither on the map nor listed (wrong clocks): 3 sessions from before them, 2 from the future, "
        "1 without a readable time." in words(test)
    )
    assert set(column(test, "sessionId")) == {"s1", "s2", "s3", "pole", "polar"}


def test_sessions_beyond_the_map_are_told_and_listed(open_view: Open) -> None:
    test = open_view("sessions")
    assert "8 of 11 without a location" in words(test)
    assert "2 beyond 85° of latitude, which the map can't show" in words(test)
    assert {"pole", "polar"} < set(column(test, "sessionId"))


def test_the_future_has_a_table_of_its_own(open_view: Open) -> None:
    test = open_view("events")
    assert "1 to 7 of 7 events, newest first" in words(test)
    assert column(test, "captureId") == ["e1", "stranger", "e2", "e3", "e4", "old1", "undated1"]
    assert "From the future: 2 events whose clocks are ahead" in words(test)
    assert len([one for one in test.dataframe if "captureId" in one.value.columns]) == 1
    test.toggle(key="ahead").set_value(True).run()
    assert column(test, "captureId", 1) == ["ahead2", "ahead1"]
    assert "1 to 2 of 2 events, newest first" in words(test)


def test_a_link_to_the_table_of_the_future_is_understood(open_view: Open) -> None:
    test = open_view("events", ahead="true")
    assert "is not a parameter" not in words(test)
    assert column(test, "captureId", 1) == ["ahead2", "ahead1"]
    assert "“beyond” is not a parameter of this page" in words(open_view("events", beyond="true"))


def test_sessions_of_the_future_have_a_table_of_their_own(open_view: Open) -> None:
    test = open_view("sessions")
    assert "1 to 9 of 9 sessions, newest first" in words(test)
    assert column(test, "sessionId")[0] in ("s1", "pole", "polar")
    assert column(test, "sessionId")[-1] == "undated1"
    test.toggle(key="ahead").set_value(True).run()
    assert column(test, "sessionId", 1) == ["ahead2", "ahead1"]


def test_the_feed_and_the_last_event_know_no_future(open_view: Open) -> None:
    assert column(open_view("live"), "eventTime")[0].timestamp() == pytest.approx((NOW - HOUR).timestamp(), abs=1)
    test = open_view("sessions")
    last = dict(zip(column(test, "sessionId"), column(test, "last event"), strict=True))
    assert last["s1"].timestamp() == pytest.approx((NOW - HOUR).timestamp(), abs=1)
    counted = dict(zip(column(test, "sessionId"), column(test, "events"), strict=True))
    assert counted["s1"] == 8


def test_nothing_but_the_future(open_view: Open, records: Records) -> None:
    records.events = [event("ahead", -HOUR)]
    test = open_view("events")
    assert "No events up to now: all of them are from the future." in words(test)
    assert "From the future: 1 event whose clock is ahead" in words(test)


@pytest.mark.parametrize("view", ["live", "events"])
@pytest.mark.parametrize("gone", ["never there", "~0123456789abcdef"])
def test_an_unknown_event_is_named(open_view: Open, view: str, gone: str) -> None:
    told = words(open_view(view, captureId=gone))
    assert f"captureId “{gone}” is not in the data of the past 24 hours" in told


def test_an_event_that_the_filters_hide_is_said_to_be_hidden(open_view: Open) -> None:
    hidden = "captureId “e1” is not among the events shown: the filters leave it out."
    assert hidden in words(open_view("events", captureId="e1", **span(9, 2)))
    assert hidden in words(open_view("events", captureId="e1", interactionType="interactive"))
    assert hidden in words(open_view("events", captureId="e1", **span(900, 800)))
    assert hidden in words(open_view("live", captureId="e1", interactionType="interactive"))


def test_an_event_of_another_scope_is_said_to_be_elsewhere(open_view: Open) -> None:
    told = words(open_view("events", captureId="stranger", spaceId="store"))
    assert "captureId “stranger” is not in the data of the past 24 hours" in told
    assert "it is outside the chosen spaceId" in told


def test_an_event_from_the_future_opens(open_view: Open) -> None:
    for view in ("live", "events"):
        test = open_view(view, captureId="ahead1")
        (fields,) = (one.value for one in test.dataframe if "meaning" in one.value.columns)
        assert fields.set_index("field").loc["captureId", "value"] == "ahead1"


def test_an_event_without_an_id_opens(open_view: Open, records: Records) -> None:
    nameless = event("", HOUR, captureId=None, int1=7)
    records.events = [nameless, {**nameless, "int1": 8}, event("~0", HOUR, int1=9)]
    for record, number in zip(records.events, (7, 8, 9), strict=True):
        (key,) = event_keys(decode(json.dumps([record]).encode(), EVENT))
        test = open_view("events", captureId=key)
        (fields,) = (one.value for one in test.dataframe if "meaning" in one.value.columns)
        assert fields.set_index("field").loc["int1", "value"] == str(number)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"sessionId": "nobody"}, "sessionId “nobody” is not in the data of the past 24 hours"),
        (
            {"sessionId": "unlisted"},
            "sessionId “unlisted” is not in the list of sessions: the API names it only in 1 e",
        ),
        (
            {"sessionId": "s1", **span(9, 2)},
            "sessionId “s1” is not among the sessions shown: the filters leave it out.",
        ),
        ({"sessionId": "s1", **span(900, 800)}, "sessionId “s1” is not among the sessions shown"),
        ({"sessionId": "pole", "at": "at 59.33000,18.07000"}, "the filters or the chosen place leave it out."),
        ({"at": "at 1.00000,2.00000"}, "at “at 1.00000,2.00000” is not a place on the map"),
        ({"at": "<b>nowhere</b>"}, "at “<b>nowhere</b>” is not a place on the map"),
        ({"at": "at 59.33000,18.07000", **span(900, 800)}, "at “at 59.33000,18.07000” is not a place on the map"),
    ],
)
def test_an_unknown_session_or_place_is_named(open_view: Open, link: dict[str, str], sentence: str) -> None:
    assert sentence in words(open_view("sessions", **link))


def test_an_unknown_thing_is_named(open_view: Open, records: Records) -> None:
    assert "thing “a · b” is not in the newest answer" in words(open_view("latest", thing="a · b"))
    records.events = []
    assert "thing “a · b” is not in the newest answer" in words(open_view("latest", thing="a · b", refresh="1"))


def test_a_thing_that_the_tiles_hide_is_said_to_be_hidden(open_view: Open, records: Records) -> None:
    gate = {"eventType": "MONITOR_GATE", "str1": "gate"}
    records.events = [event("1", HOUR, **gate, int1=0, str2="a"), event("2", HOUR, **gate, int1=1, str2="b")]
    test = open_view("latest", thing="gate · a · ")
    assert "thing" not in words(test)
    test.button(key="choose_online").click().run()
    assert 'thing “"gate · a · "” is not among the rows shown: another status or kind of rows is chosen' in words(test)


def test_a_link_that_names_nothing_names_nothing(open_view: Open) -> None:
    for view, name in (("live", "captureId"), ("events", "captureId"), ("sessions", "sessionId"), ("sessions", "at")):
        assert not re.search(r"“|chosen place", words(open_view(view, **{name: ""})))


def test_exports_hold_all_rows_the_future_last(records: Records, open_view: Open) -> None:
    """The button says how many rows; the file itself is tested in a browser."""
    assert "Export 9 rows as CSV" in [button.label for button in open_view("events").get("download_button")]
    assert "Export 11 rows as CSV" in [button.label for button in open_view("sessions").get("download_button")]

"""The view of devices: tiles, the day of a thing, and its sentences."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.views import TOKEN, Open, answered, configure, opened, words
from tests.strict_server import Records, StrictServer, contract

GATE = {"eventType": "MONITOR_GATE", "str1": "gate", "interaction": False, "sessionId": "s"}


def made(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def reports(name: str, int1: int, last: float = 1, every: float = 2, count: int = 8, **more: Any) -> list[Any]:
    return [
        {**GATE, "captureId": f"{name}-{n}", "eventTime": made(last + n * every), "str2": name, "int1": int1, **more}
        for n in range(count)
    ]


@pytest.fixture
def server() -> Iterator[StrictServer]:
    session = {"sessionId": "s", "captureId": "c", "deviceId": "kiosk", "spaceId": "store", "sessionCreated": made(300)}
    with StrictServer(Records(datetime.now(UTC), [session], []), TOKEN) as running:
        yield running


def plain(test: AppTest) -> str:
    return words(test).replace("\\", "").replace("\u2060", "")


def tiles(test: AppTest) -> dict[str, str]:
    names = ("offline", "silent", "flapping", "unknown", "online")
    return {name: test.button(key=f"choose_{name}").label.split("**")[1] for name in names}


def names_shown(test: AppTest) -> list[str]:
    return next(list(one.value["str2"]) for one in test.dataframe if "24 hours" in one.value.columns)


def test_tiles_count_and_a_click_lists(open_view: Open, server: StrictServer) -> None:
    server.records.events = [
        *reports("on", 1),
        *reports("off", 0),
        *reports("dead", 1, last=60),
        *(reports("flaps", n % 2, last=n * 2 + 1, count=1, captureId=f"f{n}")[0] for n in range(9)),
    ]
    test = open_view("latest")
    assert tiles(test) == {"offline": "2", "silent": "1", "flapping": "1", "unknown": "0", "online": "1"}
    for tile, listed in (("silent", ["dead"]), ("flapping", ["flaps"]), ("offline", ["flaps", "off"])):
        test.button(key=f"choose_{tile}").click().run()
        assert sorted(names_shown(test)) == sorted(listed)
        assert test.query_params["status"] in (tile, [tile])
    test.button(key="choose_offline").click().run()
    assert len(names_shown(test)) == 4
    assert "status" not in test.query_params
    live = open_view("live")
    assert "▨ Silent: 1" in words(live)
    assert "● Online: 1" in words(live)


def test_filters_on_events_do_not_change_the_tiles(open_view: Open, server: StrictServer) -> None:
    server.records.events = [*reports("on", 1), *reports("off", 0)]
    test = open_view("latest", eventType="SEARCH", interactionType="interactive")
    assert tiles(test)["online"] == tiles(test)["offline"] == "1"
    assert "don't apply to the status of things" in plain(test)


@pytest.mark.parametrize(
    ("status_and_age", "used", "sentence"),
    [
        ((0, 1), None, "Offline: its last report says Offline."),
        ((1, 60), 1, "Silent: it said Online last, and has not been heard for 1 h"),
        ((7, 1), None, "Its status isn't known: its last report says Unknown (7)."),
        ((1, 1), None, "Online, but nobody has used its device in the past 24 hours."),
        ((1, 1), 130, "Online, but nobody has used its device for 2 h"),
        ((1, 1), 10, "Online, and in use: somebody used its device 10 min ago."),
    ],
)
def test_a_row_opens_the_day_of_the_thing(
    open_view: Open, server: StrictServer, status_and_age: tuple[int, int], used: float | None, sentence: str
) -> None:
    status, age = status_and_age
    own = reports("x", status, last=age)
    use = {"eventType": "SEARCH", "interaction": True, "sessionId": "s", "captureId": "use"}
    server.records.events = [*own, *([{**use, "eventTime": made(used)}] if used else [])]
    test = open_view("latest", thing="gate · x · kiosk")
    assert sentence in plain(test)
    (changes,) = (one.value for one in test.dataframe if "for" in one.value.columns)
    assert changes["status"].iloc[-1] == "· Not known"
    assert len(test.get("plotly_chart")) == 1
    assert "Last interaction on its device" in plain(test)


def test_a_thing_that_left_the_newest_answer_is_marked(open_view: Open, server: StrictServer) -> None:
    server.records.events = [*reports("on", 1), *reports("left", 1)]
    answer = server.answer

    def instead(endpoint: Any, asked: dict[str, str]) -> Any:
        found = answer(endpoint, asked)
        return [one for one in found if one["str2"] != "left"] if endpoint.word == "latest-event" else found

    server.answer = instead  # type: ignore[method-assign]
    test = open_view("latest", thing="gate · left · kiosk")
    table = next(one.value for one in test.dataframe if "24 hours" in one.value.columns)
    assert table.set_index("str2")["note"].fillna("-").to_dict() == {"on": "-", "left": "gone from the newest answer"}
    assert "It is gone from the newest answer of the API." in plain(test)


def test_a_store_without_monitors_says_so(open_view: Open, server: StrictServer) -> None:
    server.records.events = [
        {"eventType": "SEARCH", "sessionId": "s", "captureId": "x", "eventTime": made(1), "interaction": True}
    ]
    assert "nothing attached to a device reports a status here" in plain(open_view("latest"))
    scoped = plain(open_view("latest", spaceId="store"))
    assert "No monitoring events with spaceId = store in the past 24 hours" in scoped


def test_nothing_at_all_says_so(open_view: Open) -> None:
    assert "No latest events in the past 24 hours" in plain(open_view("latest"))


def test_an_old_link_to_a_label_lists_what_said_it_last(open_view: Open, server: StrictServer) -> None:
    server.records.events = [*reports("on", 1), *reports("dead", 1, last=60), *reports("off", 0)]
    test = open_view("latest", status="Online")
    assert sorted(names_shown(test)) == ["dead", "on"]
    assert "The last report says Online: 2 rows." in plain(test)
    test.button(key="any_status").click().run()
    assert len(names_shown(test)) == 3


class LaggingServer(StrictServer):
    """A server whose answers that aren't filtered by type stay as they were at first."""

    def answer(self, endpoint: contract.Endpoint, asked: dict[str, str]) -> list[Any]:
        found = super().answer(endpoint, asked)
        return found if "eventType" in asked else self.__dict__.setdefault(endpoint.word, copy.deepcopy(found))


def test_all_rows_are_those_of_their_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rating = {"eventType": "RATING", "captureId": "r", "eventTime": made(5), "str1": "a", "str2": "b", "int1": 1}
    with LaggingServer(Records(datetime.now(UTC), [], [rating]), TOKEN) as server:
        configure(monkeypatch, server)
        test = answered(opened("latest", rows="all", eventType="RATING", refresh="1").run())

        def shown() -> list[str]:
            return next([str(value) for value in one.value["int1"]] for one in test.dataframe if "int1" in one.value)

        assert shown() == ["1"]
        rating["int1"] = 5
        deadline = time.monotonic() + 20
        while shown() != ["5"] and time.monotonic() < deadline:
            time.sleep(0.5)
            test.run()
        assert shown() == ["5"]

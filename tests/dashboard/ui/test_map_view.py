"""The camera of the session map: when it is moved and when it stays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.views import MAIN, PAGES, configure
from tests.strict_server import Records, StrictServer

TOKEN = "a-token-that-is-found-nowhere"
PLACES = {"north": (65.0, 25.0), "south": (-33.9, 151.2), "west": (40.7, -74.0)}
Open = Callable[..., AppTest]
View = dict[str, float]


def session(space: str, number: int, **place: float) -> dict[str, Any]:
    made = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    name = f"{space}-{number}"
    ids = {"sessionId": name, "captureId": name, "spaceId": space, "deviceId": f"device {space}", "country": space}
    return {**ids, "installationId": f"installation {space}", "sessionCreated": made, **place}


def event(space: str, number: int) -> dict[str, Any]:
    made = (datetime.now(UTC) - timedelta(minutes=50)).isoformat()
    kind = {"eventType": "SEARCH" if space == "south" else "PURCHASE", "interaction": True}
    return {"sessionId": f"{space}-{number}", "captureId": f"e {space}-{number}", "eventTime": made, **kind}


@pytest.fixture
def server() -> Iterator[StrictServer]:
    sessions = [
        session(space, number, latitude=latitude + number / 10, longitude=longitude)
        for space, (latitude, longitude) in PLACES.items()
        for number in range(3)
    ]
    sessions.append(session("nowhere", 0))
    events = [event(space, number) for space in PLACES for number in range(3)]
    with StrictServer(Records(datetime.now(UTC), sessions, events), TOKEN) as running:
        yield running


@pytest.fixture
def open_map(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    configure(monkeypatch, server)

    def start(**link: str) -> AppTest:
        test = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in link.items():
            test.query_params[name] = value
        test.run()
        test.switch_page(str(PAGES / "sessions.py"))
        return drawn(test.run())

    return start


def drawn(test: AppTest) -> AppTest:
    """Run the script until the map is drawn."""
    deadline = time.monotonic() + 20
    while not test.get("deck_gl_json_chart") and time.monotonic() < deadline:
        time.sleep(0.2)
        test.run()
    assert not test.exception
    return test


def view(test: AppTest) -> View:
    found: View = json.loads(test.get("deck_gl_json_chart")[0].proto.json)["initialViewState"]
    return {name: found[name] for name in ("latitude", "longitude", "zoom")}


def at(space: str) -> Any:
    return pytest.approx(PLACES[space][0] + 0.1, abs=0.3)


def test_the_map_is_fitted_to_each_scope(open_map: Open) -> None:
    test = open_map()
    everywhere = view(test)
    assert everywhere["zoom"] < 3
    for name, value in (("spaceId", "{}"), ("deviceId", "device {}"), ("installationId", "installation {}")):
        for space in ("north", "south"):
            test.multiselect(key=name).set_value([value.format(space)]).run()
            assert view(drawn(test))["latitude"] == at(space)
        test.multiselect(key=name).set_value([]).run()
        assert view(drawn(test)) == {name: pytest.approx(number, abs=1e-5) for name, number in everywhere.items()}


def test_a_link_to_another_scope_is_fitted(open_map: Open) -> None:
    assert view(open_map(spaceId="west"))["latitude"] == at("west")
    assert view(open_map(spaceId="south"))["latitude"] == at("south")


def test_filters_on_events_and_colours_do_not_move_the_map(open_map: Open) -> None:
    test = open_map()
    before = view(test)
    test.multiselect(key="eventType").set_value(["SEARCH"]).run()
    assert view(drawn(test)) == before
    test.multiselect(key="eventType").set_value([]).run()
    assert view(drawn(test)) == before
    assert view(open_map(colour="country")) == before


def test_a_refresh_does_not_move_the_map(open_map: Open, server: StrictServer) -> None:
    test = open_map(spaceId="north", refresh="1")
    before = view(test)
    server.records.sessions.append(session("north", 9, latitude=60.0, longitude=-30.0))
    count = len(bubbles(test))
    deadline = time.monotonic() + 30
    while len(bubbles(test)) == count and time.monotonic() < deadline:
        time.sleep(0.5)
        test.run()
    assert len(bubbles(test)) == count + 1
    assert view(test) == before


def bubbles(test: AppTest) -> list[dict[str, Any]]:
    deck = json.loads(test.get("deck_gl_json_chart")[0].proto.json)
    return list(next(layer["data"] for layer in deck["layers"] if layer["id"] == "sessions"))


def test_the_first_bubbles_are_fitted(open_map: Open, server: StrictServer) -> None:
    test = open_map(spaceId="nowhere", refresh="1")
    whole_world = view(test)
    assert bubbles(test) == []
    server.records.sessions.append(session("nowhere", 1, latitude=-10.0, longitude=100.0))
    deadline = time.monotonic() + 30
    while not bubbles(test) and time.monotonic() < deadline:
        time.sleep(0.5)
        test.run()
    assert view(test)["latitude"] == pytest.approx(-10, abs=0.1)
    assert view(test) != whole_world


def test_fitting_again_tells_the_browser_every_number_anew(open_map: Open) -> None:
    """The browser applies only the numbers that differ from the last fit."""
    test = open_map(spaceId="north")
    for _ in range(3):
        before = view(test)
        test.button(key="fit").click().run()
        after = view(test)
        assert all(after[name] != before[name] for name in before)
        assert after == {name: pytest.approx(number, abs=1e-5) for name, number in before.items()}


def test_lost_maps_leave_nothing_behind(open_map: Open) -> None:
    test = open_map()
    before = view(test)
    for losses in range(1, 5):
        test.session_state["viewer"].map.losses = losses
        test.run()
        assert view(test) == before
        assert [number for number in range(6) if f"session_map_{number}" in test.session_state] == [losses]

"""The bubbles of the map of stores: which stores share one, what it says, and its colour."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.figures import session_map
from dashboard.figures.map_view import fit, inside_view, read_view, write_view
from dashboard.figures.store_bubbles import APART, CLASSES, LARGEST, colours, legend, store_bubbles
from tests.dashboard.figures.test_session_map import layer

Spot = tuple[float, float]
spots = st.lists(st.tuples(st.floats(-84, 84), st.floats(-180, 180)), max_size=25)


def stores(places: list[Spot], sessions: list[int] | None = None, **more: list[object]) -> pd.DataFrame:
    count = len(places)
    columns = {
        "spaceId": [f"space {number}" for number in range(count)],
        "name": [f"@@=name {number}" for number in range(count)],
        "lat": [lat for lat, _ in places],
        "lon": [lon for _, lon in places],
        "sessions": sessions or list(range(1, count + 1)),
        "active": [1] * count,
        "visitors": [4] * count,
        "converted": [1] * count,
        "purchases": [2] * count,
        "down": [0] * count,
        **more,
    }
    types = {"spaceId": "str", "name": "str", "lat": "float64", "lon": "float64", "down": "Int64"}
    return pd.DataFrame(columns).astype(types)


def pixels(spot: Spot, zoom: float) -> tuple[float, float]:
    """Where a position is on a square world of 512 pixels at zoom 0 (Web Mercator)."""
    scale = 512 * 2**zoom
    sine = math.sin(math.radians(spot[0]))
    return (spot[1] + 180) / 360 * scale, (0.5 + math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * scale


def distance(one: Spot, other: Spot, zoom: float) -> float:
    (x, y), (u, v) = pixels(one, zoom), pixels(other, zoom)
    across = abs(x - u)
    return math.hypot(min(across, 512 * 2**zoom - across), y - v)


@settings(deadline=None)
@given(spots, st.floats(-0.5, 8))
def test_no_two_bubbles_cover_each_other_and_each_store_is_in_one(places: list[Spot], zoom: float) -> None:
    bubbles, members = store_bubbles(stores(places), {"zoom": zoom}, "sessions")
    assert sorted(members["spaceId"]) == sorted(f"space {number}" for number in range(len(places)))
    assert set(members["id"]) == set(bubbles["id"])
    drawn = list(zip(bubbles["lat"], bubbles["lon"], strict=True))
    for place, one in enumerate(drawn):
        assert all(distance(one, other, zoom) >= APART * 0.999 for other in drawn[place + 1 :])
    assert (bubbles["radius"] <= LARGEST).all()
    assert bubbles["n"].sum() == sum(range(1, len(places) + 1))
    for row in bubbles.to_dict("records"):
        own = members[members["id"] == row["id"]]
        assert row["stores"] == len(own)
        assert row["text"] == (str(len(own)) if len(own) > 1 else "")
        # The largest store gives the place.
        numbers = [int(space.split()[1]) for space in own["spaceId"]]
        assert (row["lat"], row["lon"]) == places[max(numbers)]


def test_a_pile_says_what_is_in_it_and_a_store_who_it_is() -> None:
    near = [(59.33, 18.06), (59.34, 18.07), (59.331, 18.061), (59.332, 18.062), (-33.9, 151.2)]
    bubbles, _ = store_bubbles(stores(near, [5, 4, 3, 2, 1], down=[1, 2, 0, 0, 0]), {"zoom": 2}, "sessions")
    pile, alone = bubbles["label"]
    assert pile.split("\n") == [
        "4 stores, 14 sessions: @@=name 0, @@=name 1, @@=name 2 and 1 more",
        "8 purchases, conversion 25%",
        "4 active now, 3 things down",
        "Click to zoom in and list them.",
    ]
    assert alone.startswith("1 session: @@=name 4\n2 purchases, conversion 25%\n1 active now, 0 things down")


def test_things_that_are_not_known_are_not_none_down() -> None:
    bubbles, _ = store_bubbles(stores([(1, 1), (60, 100)], down=[pd.NA, pd.NA]), {"zoom": 3}, "down")
    assert [text for text, _, _ in legend(bubbles, "down")] == ["not known"]
    assert all("down" not in label for label in bubbles["label"])


@pytest.mark.parametrize(
    ("measure", "numbers", "expected"),
    [
        ("sessions", {"sessions": [0, 9, 10, 1000]}, ["none", "1 to 9", "10 to 99", "1,000 and more"]),
        ("active", {"active": [0, 2, 3, 99]}, ["none", "1 to 2", "3 to 9", "30 and more"]),
        (
            "conversion",
            {"visitors": [0, 9, 100, 2], "converted": [0, 0, 5, 1]},
            ["no visitors", "0%", "5 to 10%", "20% and more"],
        ),
        ("down", {"down": [0, 1, 4, 5]}, ["none", "1", "2 to 4", "5 and more"]),
    ],
)
def test_the_classes_of_each_measure(measure: str, numbers: dict[str, list[object]], expected: list[str]) -> None:
    far = [(0.0, -170.0), (0.0, -90.0), (0.0, 0.0), (0.0, 90.0)]
    bubbles, members = store_bubbles(stores(far, **numbers), {"zoom": 2}, measure)
    classes = [text for _, text in CLASSES[measure]]
    by_store = members.set_index("spaceId")["id"].map(bubbles.set_index("id")["value"])
    assert [classes[by_store[f"space {number}"]] for number in range(4)] == expected
    assert len(set(colours(measure))) == len(classes)


def test_the_browser_gets_no_text_of_the_data_but_labels() -> None:
    bubbles, _ = store_bubbles(stores([(59.33, 18.06), (59.34, 18.07), (0, 0)]), {"zoom": 2}, "sessions")
    deck = session_map.session_deck(bubbles, fit(bubbles), False, selected=list(bubbles["id"][:1]))
    drawn = json.loads(deck.to_json())
    for record in layer(drawn, session_map.BUBBLE_LAYER)["data"]:
        assert record["t"][0].isdigit()
        assert record["id"].startswith(("store ", "stores "))
    assert [record["t"] for record in layer(drawn, "texts")["data"]] == ["2"]
    assert len(layer(drawn, "selected")["data"]) == 1


@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(-0.5, 18))
def test_a_view_is_read_as_it_was_written(latitude: float, longitude: float, zoom: float) -> None:
    view = {"latitude": latitude, "longitude": longitude, "zoom": zoom}
    found = read_view(write_view(view))
    assert found is not None
    assert found == pytest.approx(view, abs=0.006)


@pytest.mark.parametrize(
    "text", ["", "59", "59,18", "95,18,3", "59,181,3", "59,18,19", "nan,1,1", "59,18,3;drop", "1e5,1,1"]
)
def test_another_text_is_no_view(text: str) -> None:
    assert read_view(text) is None


def test_what_is_in_a_view_is_found_across_the_antimeridian() -> None:
    places = pd.DataFrame({"lat": [0.0, 0.0, 0.0], "lon": [179.0, -179.0, 0.0]})
    assert inside_view(places, {"latitude": 0, "longitude": 180, "zoom": 4}).tolist() == [True, True, False]

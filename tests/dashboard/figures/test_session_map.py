"""Positions, bubbles, and what the deck ships."""

import json
import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.map_points import (
    AGE_BANDS,
    AHEAD,
    DIMENSIONS,
    MOST_POSITIONS,
    OLDER,
    UNDATED,
    UNKNOWN,
    map_points,
    split_located,
)
from dashboard.figures import session_map
from dashboard.figures.bubbles import bubbles, legend
from dashboard.figures.map_view import fit
from dashboard.figures.theme import MISSING_COLOUR, OTHER_COLOUR, category_colours
from tests.dashboard.figures.located import NOW, sessions_at

VIEW = {"latitude": 0.0, "longitude": 0.0, "zoom": 1.0}
NASTY = ["@@=alert(1)", "@@#x.y", "<img src=x onerror=alert(1)>", "{id}", "a\nb", "$&"]


def deck_json(drawn: pd.DataFrame, **options: Any) -> dict[str, Any]:
    text = session_map.session_deck(drawn, fit(drawn), False, **options).to_json()
    read: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    return read


def layer(deck: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in deck["layers"] if found["id"] == name)


coordinate = st.one_of(
    st.none(),
    st.floats(),
    st.sampled_from([0.0, -0.0, 90.0, -90.0, 90.001, 180.0, -180.0, 180.001, 59.33, 85.05, -85.06, 86.0, -86.0]),
)


@given(st.lists(st.tuples(coordinate, coordinate), max_size=30))
def test_what_cannot_be_drawn_is_counted_by_reason(places: list[tuple[float | None, float | None]]) -> None:
    located, unlocated = split_located(sessions_at(places))
    reasons: Counter[str] = Counter()
    drawn = []
    for number, (lat, lon) in enumerate(places):
        if lat is None or lon is None or math.isnan(lat) or math.isnan(lon):
            reasons["missing"] += 1
        elif not (-90 <= lat <= 90 and -180 <= lon <= 180):
            reasons["out of range"] += 1
        elif lat == 0 and lon == 0:
            reasons["zero"] += 1
        # How high Web Mercator draws a latitude; its world ends at half the circumference.
        elif math.asinh(math.tan(math.radians(abs(lat)))) > math.pi:
            reasons["polar"] += 1
        else:
            drawn.append(f"s{number}")
    assert located["sessionId"].tolist() == drawn
    assert (unlocated.missing, unlocated.out_of_range, unlocated.zero, unlocated.polar) == (
        reasons["missing"],
        reasons["out of range"],
        reasons["zero"],
        reasons["polar"],
    )
    assert unlocated.total + len(drawn) == len(places)


spot = st.sampled_from(
    [(59.33, 18.07), (59.330001, 18.07), (-36.85, 174.76), (0.0, 10.0), (-0.000001, 10.0), (65.1, -180.0)]
)


@settings(deadline=None)
@given(st.lists(st.tuples(spot, st.one_of(st.none(), st.sampled_from(["SE", "FI", "NO"]))), max_size=40))
def test_one_bubble_for_each_position(drawn: list[tuple[tuple[float, float], str | None]]) -> None:
    located = sessions_at([place for place, _ in drawn], [value for _, value in drawn])
    points = map_points(located, "country", NOW)
    found = bubbles(points)
    expected: defaultdict[tuple[float, float], list[int]] = defaultdict(list)
    for number, ((lat, lon), _) in enumerate(drawn):
        expected[round(lat, 5) + 0.0, round(lon, 5)].append(number)
    assert len(found) == len(expected)
    for row in found.itertuples():
        members = expected[row.lat, row.lon]
        assert row.n == len(members)
        assert points.sessions_of(row.id).tolist() == members
        values = Counter(drawn[number][1] or UNKNOWN for number in members)
        assert values[row.value] == max(values.values())
        assert ("mixed" in row.label) == (len(values) > 1)
        if len(values) > 1:
            result = sum(f"{value} {number}" in row.label for value, number in values.items())
            assert result == min(len(values), 3)
            assert row.label.endswith("…") == (len(values) > 3)
        else:
            assert row.label.endswith(f"country: {row.value}")
    assert not found["id"].duplicated().any()
    own = Counter(value or UNKNOWN for _, value in drawn)
    assert {text: n for text, _, n in legend(points)} == dict(own)
    deck_json(found)


def test_the_newest_session_gives_a_bubble_its_age() -> None:
    hours = [0.1, 5.0, 5.0, 30.0, None, -1.0, None, -1.0, 30.0, None, -1.0, 5.0]
    places: list[tuple[float | None, float | None]] = [
        *((1, 1), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (6, 6), (7, 7), (7, 7), (7, 7), (8, 8))
    ]
    points = map_points(sessions_at(places, hours=hours), "age", NOW)
    drawn = bubbles(points).set_index("lat")
    assert drawn["value"].to_dict() == {
        1.0: "under 15 min",
        2.0: "3 to 6 h",
        3.0: OLDER,
        4.0: UNDATED,
        5.0: AHEAD,
        6.0: AHEAD,
        7.0: OLDER,
        8.0: "3 to 6 h",
    }
    fresh, hours_old = drawn.loc[1.0], drawn.loc[2.0]
    assert fresh["a"] > hours_old["a"]
    entries = legend(points)
    order = [text for text, _, _ in entries]
    bands = [*(text for _, text in AGE_BANDS), OLDER, AHEAD, UNDATED]
    assert order == sorted(order, key=bands.index)
    assert {text: n for text, _, n in entries} == {"under 15 min": 1, "3 to 6 h": 3, OLDER: 2, AHEAD: 3, UNDATED: 3}


def test_colours_follow_the_name() -> None:
    places: list[tuple[float | None, float | None]] = [(1, 1), (2, 2), (3, 3)]
    points = map_points(sessions_at(places, ["SE", "FI", None]), "country", NOW)
    drawn = bubbles(points)
    expected = {**category_colours(["SE", "FI"]), UNKNOWN: MISSING_COLOUR}
    assert {text: colour for text, colour, _ in legend(points)} == expected
    shown = {row.value: f"#{row.r:02x}{row.g:02x}{row.b:02x}" for row in drawn.itertuples()}
    assert shown == expected


def test_a_long_legend_ends_with_the_rest() -> None:
    places: list[tuple[float | None, float | None]] = [(float(number), 1.0) for number in range(1, 12)]
    points = map_points(sessions_at(places, [f"C{number:02}" for number in range(11)]), "country", NOW)
    entries = legend(points, top=8)
    assert len(entries) == 9
    assert entries[-1] == ("3 more", OTHER_COLOUR, 3)


def test_radius_grows_with_the_root_of_the_count_within_limits() -> None:
    places: list[tuple[float | None, float | None]] = [(1, 1)] * 400 + [(2, 2)] * 100 + [(3, 3)]
    radius = bubbles(map_points(sessions_at(places), "age", NOW)).set_index("lat")["radius"]
    assert radius[1.0] == pytest.approx(2 * radius[2.0], abs=0.2)
    assert radius[3.0] == 5
    assert radius.max() <= 28


def test_many_positions_become_cells() -> None:
    random = np.random.default_rng(5)
    latitudes, longitudes = random.uniform(-60, 70, 9_000).tolist(), random.uniform(-180, 180, 9_000).tolist()
    places = list(zip(latitudes, longitudes, strict=True))
    located = sessions_at([*places, *places[:10]])
    points = map_points(located, "country", NOW)
    drawn = bubbles(points)
    assert points.cells
    assert 100 < len(drawn) <= 1_000
    assert drawn["n"].sum() == len(located)
    names_in = {name: located["sessionId"].iloc[points.sessions_of(name)].tolist() for name in drawn["id"]}
    assert sorted(name for names in names_in.values() for name in names) == sorted(located["sessionId"])
    assert drawn["label"].str.contains("in this area").all()
    place_of = dict(zip(located["sessionId"], [*places, *places[:10]], strict=True))
    for row in drawn.head(20).itertuples():
        assert row.lat == pytest.approx(np.mean([place_of[name][0] for name in names_in[row.id]]), abs=1e-3)
        size = float(row.id.split()[1])
        assert np.ptp([place_of[name][1] for name in names_in[row.id]]) <= size + 1e-4
    assert len(session_map.session_deck(drawn, VIEW, True).to_json()) < 150_000
    few = map_points(located.head(MOST_POSITIONS), "country", NOW)
    assert not few.cells
    assert len(few.frame) == MOST_POSITIONS


def test_the_sessions_of_an_unknown_bubble_are_none() -> None:
    points = map_points(sessions_at([(1, 1)]), "age", NOW)
    assert points.sessions_of("at 2.00000,2.00000").tolist() == []


def test_a_whole_day_of_sessions_is_a_small_map() -> None:
    random = np.random.default_rng(7)
    stores = np.column_stack([random.uniform(36, 65, 400), random.uniform(-10, 30, 400)])
    where = stores[random.integers(0, 400, 200_000)]
    where[::4] += random.normal(0, 1.5, (50_000, 2))
    located = pd.DataFrame({"latitude": where[:, 0], "longitude": where[:, 1]})
    located["sessionCreated"] = NOW - pd.to_timedelta(random.uniform(0, 86_400, len(located)), unit="s").as_unit("us")
    located["country"] = pd.Categorical.from_codes(random.integers(-1, 30, len(located)), [f"C{n}" for n in range(30)])
    for by in ("age", "country"):
        drawn = bubbles(map_points(located, by, NOW))
        assert drawn["n"].sum() == 200_000
        text = session_map.session_deck(drawn, fit(drawn), False).to_json()
        assert len(text) < 150_000
        again = bubbles(map_points(located, by, NOW))
        assert session_map.session_deck(again, fit(again), False).to_json() == text


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(spot, st.one_of(st.none(), st.sampled_from(["SE", "FI", "NO"]))), max_size=20))
def test_categories_are_drawn_as_their_texts_and_unobserved_ones_never(
    drawn: list[tuple[tuple[float, float], str | None]],
) -> None:
    located = sessions_at([place for place, _ in drawn], [value for _, value in drawn])
    wide = pd.CategoricalDtype(["unseen", "SE", "NO", "FI", UNKNOWN])
    as_text, as_codes = (map_points(frame, "country", NOW) for frame in (located, located.astype({"country": wide})))
    pd.testing.assert_frame_equal(bubbles(as_text), bubbles(as_codes))
    assert legend(as_text) == legend(as_codes)


def test_the_browser_gets_numbers_and_text_only() -> None:
    places: list[tuple[float | None, float | None]] = [(1.123456789, 2.0)] * len(NASTY) + [(3, 4)]
    located = sessions_at(places, [*NASTY, None], hours=[None] * len(places))
    for by in DIMENSIONS:
        deck = deck_json(bubbles(map_points(located, by, NOW)))
        for record in layer(deck, session_map.BUBBLE_LAYER)["data"]:
            assert set(record) == {"id", "p", "c", "s", "t"}
            # The JSON converter reads "@@=…" and "@@#…" anywhere as code: no text of the data may begin a string.
            assert record["t"][0].isdigit()
            assert record["id"].startswith(("at ", "cell "))
            assert all(len(repr(part)) <= 10 for part in record["p"])


def test_the_tooltip_is_a_text_template_with_one_field() -> None:
    deck = session_map.session_deck(bubbles(map_points(sessions_at([(1, 1)]), "age", NOW)), VIEW, True)
    assert deck._tooltip["text"] == "{t}"
    assert "html" not in deck._tooltip


def test_the_deck_asks_for_nothing_but_the_outline() -> None:
    deck = deck_json(bubbles(map_points(sessions_at([(1, 1)]), "age", NOW)), outline_url="/base/app/static/world.png")
    assert layer(deck, "outline")["image"] == "/base/app/static/world.png"
    assert "mapProvider" not in deck
    assert deck["mapStyle"] == "__MAP_STYLE__"  # with null Streamlit would fetch tiles
    assert [found["id"] for found in deck["layers"] if found["pickable"]] == [session_map.BUBBLE_LAYER]


def test_nothing_located_can_be_drawn() -> None:
    points = map_points(sessions_at([]), "country", NOW)
    drawn = bubbles(points)
    assert drawn.empty
    assert drawn["n"].dtype == np.int64
    assert legend(points) == []
    deck = deck_json(drawn)
    assert layer(deck, session_map.BUBBLE_LAYER)["data"] == []
    assert deck["initialViewState"]["zoom"] < 1


def test_only_known_dimensions() -> None:
    with pytest.raises(ValueError, match="age, country"):
        map_points(sessions_at([(1, 1)]), "ip", NOW)


def selection(index: int, name: str) -> dict[str, Any]:
    """What Streamlit 1.67 hands over, shape taken from a browser."""
    record = {"id": name, "p": [18.07, 59.33], "c": [0, 114, 178, 215], "s": 5, "t": "29 sessions"}
    return {"selection": {"indices": {"sessions": [index]}, "objects": {"sessions": [record]}}}


def test_a_click_is_matched_by_id_and_not_by_index() -> None:
    drawn = bubbles(map_points(sessions_at([(1, 1), (1, 1), (2, 2)]), "country", NOW))
    clicked = selection(0, "at 2.00000,2.00000")
    assert session_map.bubble_of_selection(clicked, drawn) == "at 2.00000,2.00000"
    assert session_map.bubble_of_selection(clicked["selection"], drawn) == "at 2.00000,2.00000"
    assert session_map.bubble_of_selection(selection(0, "at 9.00000,9.00000"), drawn) is None
    for nothing in (None, {}, {"selection": {"indices": {}, "objects": {}}}, {"indices": {"sessions": [0]}}):
        assert session_map.bubble_of_selection(nothing, drawn) is None
    odd = {"selection": {"indices": {"sessions": [0]}, "objects": {"sessions": [None]}}}
    assert session_map.bubble_of_selection(odd, drawn) is None


@given(st.integers(0, 9), st.integers(0, 7), st.booleans())
@settings(deadline=None)
def test_a_selected_bubble_keeps_its_index_whatever_arrives(index: int, count: int, gone: bool) -> None:
    places: list[tuple[float | None, float | None]] = [(float(number), 1.0) for number in range(count)]
    drawn = bubbles(map_points(sessions_at(places), "country", NOW))
    name = "at 77.00000,7.00000" if gone or drawn.empty else str(drawn["id"].iloc[-1])
    data = layer(deck_json(drawn, selection=selection(index, name)), session_map.BUBBLE_LAYER)["data"]
    assert data[index]["id"] == name
    shown = [record["id"] for record in data if record["s"]]
    assert sorted(shown) == sorted(drawn["id"])
    assert len({record["id"] for record in data}) == len(data)


def test_the_selected_bubble_has_a_ring() -> None:
    drawn = bubbles(map_points(sessions_at([(1, 1), (2, 2)]), "country", NOW))
    ring = layer(deck_json(drawn, selected="at 2.00000,2.00000"), "selected")
    assert [record["p"] for record in ring["data"]] == [[2.0, 2.0]]
    assert layer(deck_json(drawn, selected="at 9.00000,9.00000"), "selected")["data"] == []

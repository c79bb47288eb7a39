"""How old a session is: one band for each, on the map and in its legend."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.map_points import map_points
from dashboard.figures.bubbles import bubbles
from tests.dashboard.figures.located import NOW, sessions_at


@given(st.lists(st.one_of(st.none(), st.integers(-100_000, 200_000)), max_size=20))
@settings(deadline=None)
def test_each_session_has_one_age(seconds: list[int | None]) -> None:
    places: list[tuple[float | None, float | None]] = [(float(place + 1), 1.0) for place in range(len(seconds))]
    hours = [None if one is None else one / 3600 for one in seconds]
    drawn = bubbles(map_points(sessions_at(places, hours=hours), "age", NOW)).set_index("lat")
    limits = {900: "under 15 min", 3600: "15 min to 1 h", 10_800: "1 to 3 h", 21_600: "3 to 6 h", 43_200: "6 to 12 h"}
    limits[86_400] = "12 to 24 h"
    for place, one in enumerate(seconds):
        expected = "undated" if one is None else "in the future" if one < 0 else "over 24 h"
        if one is not None and one >= 0:
            expected = next((text for limit, text in limits.items() if one <= limit), expected)
        assert drawn.loc[float(place + 1), "value"] == expected


def test_no_two_ages_share_a_colour() -> None:
    hours = [0.1, 0.5, 2, 5, 10, 20, 30, -1, None]
    places: list[tuple[float | None, float | None]] = [(float(place + 1), 1.0) for place in range(len(hours))]
    drawn = bubbles(map_points(sessions_at(places, hours=hours), "age", NOW))
    assert len(set(drawn["value"])) == len(hours)
    assert len(set(zip(drawn["r"], drawn["g"], drawn["b"], strict=True))) == len(hours)

"""The camera that shows all bubbles, and how many it leaves outside."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.map_points import map_points
from dashboard.figures.bubbles import bubbles
from dashboard.figures.map_view import fit, outside_view
from tests.dashboard.figures.located import NOW, sessions_at


def fitted(places: list[tuple[float, float]]) -> dict[str, float]:
    return fit(bubbles(map_points(sessions_at([*places]), "age", NOW)))


def test_one_position_is_shown_with_its_town() -> None:
    assert fitted([(59.33, 18.07)]) == {"latitude": 59.33, "longitude": 18.07, "zoom": 12.0}


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-80, 80), st.floats(-180, 180)), min_size=1, max_size=40))
def test_few_positions_are_all_in_view(places: list[tuple[float, float]]) -> None:
    drawn = bubbles(map_points(sessions_at([*places]), "age", NOW))
    assert outside_view(drawn, fit(drawn)) == 0
    narrow = fit(drawn, width=340, height=400)
    assert outside_view(drawn, narrow, width=340, height=400) == 0
    assert narrow["zoom"] <= fit(drawn)["zoom"]


def test_a_stray_position_does_not_pull_the_view_apart() -> None:
    cluster = [(59 + number / 1_000, 18 + number / 1_000) for number in range(200)]
    assert fitted([*cluster, (-36.8, 174.8)])["zoom"] > 8
    stray = bubbles(map_points(sessions_at([*cluster, (-36.8, 174.8)]), "age", NOW))
    assert 1 <= outside_view(stray, fit(stray)) <= 4


def test_both_sides_of_the_antimeridian_are_close() -> None:
    view = fitted([(-17.0, 179.0), (-17.0, -179.0)])
    assert abs(view["longitude"]) == pytest.approx(180, abs=0.01)
    assert view["zoom"] > 6

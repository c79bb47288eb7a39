"""What a drag or a click on a figure comes to."""

import pandas as pd
import pytest

from dashboard.analysis.database import Database
from dashboard.analysis.histogram import histogram_counts
from dashboard.figures.category_bars import category_bars
from dashboard.figures.chart_selections import category_of_selection, range_of_selection
from tests.dashboard.figures.test_event_histogram import END, START, events_at

# What Streamlit 1.67 hands over, taken from a browser.
BOX = {"xref": "x", "yref": "y", "x": ["2026-11-22 18:07:30", "2026-11-22 21:46:52.9278"], "y": [2137.9, 0]}
POINT = {"curve_number": 1, "point_number": 1, "x": 23344, "y": 1, "customdata": "=PRODUCT_VIEW", "text": "23,344"}


def test_a_box_gives_a_range() -> None:
    expected = (pd.Timestamp("2026-11-22T18:07:30Z"), pd.Timestamp("2026-11-22T21:46:53Z"))
    assert range_of_selection({"selection": {"points": [], "box": [BOX], "lasso": []}}) == expected
    assert range_of_selection({"points": [], "box": [{**BOX, "x": BOX["x"][::-1]}]}) == expected


@pytest.mark.parametrize("x", [[], ["2026-11-22 18:07:30"], ["nonsense", "2026-11-22"], ["2026-11-22", "2026-11-22"]])
def test_what_is_not_a_range_gives_none(x: list[str]) -> None:
    assert range_of_selection({"box": [{**BOX, "x": x}]}) is None
    assert range_of_selection({"points": [], "box": []}) is None


def test_a_click_gives_the_raw_value() -> None:
    assert category_of_selection({"selection": {"points": [POINT], "box": []}}) == "PRODUCT_VIEW"
    assert category_of_selection({"points": [{**POINT, "customdata": "=<b>"}]}) == "<b>"
    for points in ([], [{**POINT, "customdata": "other"}], [POINT, {**POINT, "customdata": "=B"}], [{"x": 1}]):
        assert category_of_selection({"points": points, "box": []}) is None
    brushed = {**POINT, "customdata": "Sun 22 Nov …", "legendgroup": "=A"}
    assert category_of_selection({"points": [brushed], "box": [BOX]}) is None


def test_category_bars_carry_what_a_click_needs() -> None:
    events = events_at([START.to_pydatetime()] * 4, ["A", "A", None, "<i>"])
    bars = category_bars(histogram_counts(Database(events=events), START, END, "UTC"), False).data[0]
    assert list(bars.customdata) == ["=A", "missing", "=<i>"]
    assert list(bars.text) == ["2 · 50%", "1 · 25%", "1 · 25%"]

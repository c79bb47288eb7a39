"""Ratings and texts against a count in plain Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.ratings import MOST_TEXTS, ratings
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import Record, ago, calm
from tests.dashboard.shopping import SPAN, join

TYPES = ("RATING", "RATING", "FEEDBACK", "SEARCH", "MONITOR_X", None)


@calm
@given(shopping.events(TYPES, 40), st.sampled_from([None, SPAN]))
def test_ratings_count_what_the_docstring_says(events: list[Record], span: Window | None) -> None:
    given_by_people = [
        event
        for event in events
        if event["interaction"] is not False and (span is None or shopping.is_dated(event, span))
    ]
    numbers = [event.get("int1") for event in given_by_people if event["eventType"] == "RATING"]
    stars = {star: sum(number == star for number in numbers) for star in (1, 2, 3, 4, 5)}
    texts = [
        event["captureId"]
        for event in given_by_people
        if event["eventType"] in ("RATING", "FEEDBACK") and (event.get("str1") or "").strip(" ")
    ]
    found = ratings(join([], events).database, EventFilter(span=span))
    total = sum(stars.values())
    assert found.distribution == stars
    assert (found.total, found.other) == (total, len(numbers) - total)
    assert found.mean == (pytest.approx(sum(star * n for star, n in stars.items()) / total) if total else None)
    score = 100 * (stars[5] - stars[1] - stars[2] - stars[3]) / total if total else None
    assert found.nps == (pytest.approx(score) if total else None)
    assert found.number_of_texts == len(found.texts) == len(texts)
    dated = found.texts["eventTime"].dropna()
    assert dated.is_monotonic_decreasing


@pytest.mark.parametrize(("numbers", "nps"), [([5], 100), ([4], 0), ([3], -100), ([1, 5], 0), ([5, 5, 4, 2], 25)])
def test_the_score_of_ratings(numbers: list[int], nps: float) -> None:
    events = [{"captureId": f"{n}", "eventType": "RATING", "int1": star} for n, star in enumerate(numbers)]
    assert ratings(join([], events).database).nps == nps


def test_of_many_texts_the_newest_are_there() -> None:
    events = [
        {"captureId": f"{n}", "eventType": "FEEDBACK", "str1": f"text {n}", "eventTime": ago(seconds=n)}
        for n in range(MOST_TEXTS + 5)
    ]
    found = ratings(join([], events).database)
    assert found.number_of_texts == MOST_TEXTS + 5
    assert found.texts["text"].tolist() == [f"text {n}" for n in range(MOST_TEXTS)]
    assert found.texts["rating"].isna().all()

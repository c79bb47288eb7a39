"""Searches against a walk through each session in plain Python."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.searches import searches
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import Record, ago, calm
from tests.dashboard.shopping import SPAN, join, of_people, time_of


@calm
@given(shopping.events(("SEARCH", "SEARCH", "PRODUCT_VIEW", "CART_ADD", None), 40), st.sampled_from([None, SPAN]))
def test_searches_count_what_the_docstring_says(events: list[Record], span: Window | None) -> None:
    own = of_people(events, span)
    spellings: dict[str | None, Counter[str]] = {}
    counts: dict[str | None, list[int]] = {}
    seen: dict[str | None, set[str]] = {}
    for name, one in own.items():
        for search in (event for event in one if event["eventType"] == "SEARCH"):
            text = search.get("str1")
            key = (text.strip().casefold() or None) if text is not None else None
            if key is not None and text is not None:
                spellings.setdefault(key, Counter())[text] += 1
            later = [
                time_of(event) for event in one if event["eventType"] == "SEARCH" and time_of(event) > time_of(search)
            ]
            followed = any(
                event["eventType"] == "PRODUCT_VIEW"
                and time_of(search) <= time_of(event)
                and (not later or time_of(event) < min(later))
                for event in one
            )
            row = counts.setdefault(key, [0, 0])
            row[0] += 1
            row[1] += followed
            seen.setdefault(key, set()).add(name)

    found = searches(join([], events).database, EventFilter(span=span))
    shown = {
        key: None if key is None else min(spellings[key], key=lambda text: (-spellings[key][text], text)).strip()
        for key in counts
    }
    expected = {shown[key]: (total, len(seen[key]), good, total - good) for key, (total, good) in counts.items()}
    assert {
        None if pd.isna(query) else query: tuple(numbers)
        for query, *numbers in found.itertuples(index=False, name=None)
    } == expected
    assert found["without"].is_monotonic_decreasing


def test_spellings_are_one_query_as_most_are_written() -> None:
    texts = ["Straße", " STRASSE ", "Straße", "scarf", None, "  "]
    events = [
        {"sessionId": "a", "captureId": f"{n}", "eventType": "SEARCH", "str1": text, "eventTime": ago(seconds=n)}
        for n, text in enumerate(texts)
    ]
    found = searches(join([], events).database)
    assert found["query"].fillna("none").tolist() == ["Straße", "none", "scarf"]
    assert found["searches"].tolist() == [3, 2, 1]
    assert searches(join([], []).database).columns.tolist() == [
        "query", "searches", "sessions", "with a product view", "without",
    ]  # fmt: skip

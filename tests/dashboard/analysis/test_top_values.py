"""Values of a field and what is different in a span, against a count over the raw records."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.differences import FEWEST, differences
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import joined
from dashboard.analysis.top_values import field_values
from dashboard.filters import Condition, Window
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import NOW, PSEUDONYMS, Record, ago, calm, decoded, moment_of

DAY = Window(NOW - pd.Timedelta("24h"), NOW)


def value_of(record: Record, field: str) -> Any:
    value = record.get(field)
    is_contact = (record["eventType"] or "").strip().upper().startswith("CONTACT_")
    return PSEUDONYMS.of(value) if field == "str2" and value is not None and is_contact else value


@given(frames.events, st.sampled_from(["eventType", "str1", "str2"]), st.sampled_from(["", "A", "="]))
@calm
def test_values_are_counted_and_listed(events: list[Record], field: str, text: str) -> None:
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    found = field_values(database, field, text=text, most=3)
    counts = Counter(value for value in (value_of(one, field) for one in events) if value is not None)
    sessions = {
        value: len({one["sessionId"] for one in events if value_of(one, field) == value and one["sessionId"]})
        for value in counts
    }
    matches = [value for value in counts if text.lower() in value.lower()]
    ranked = sorted(matches, key=lambda value: (-counts[value], value.encode()))[:3]
    assert found.frame.to_dict("records") == [
        {"value": value, "events": counts[value], "sessions": sessions[value]} for value in ranked
    ]
    assert (found.different, found.matching) == (len(counts), len(matches))
    assert (found.present, found.events) == (counts.total(), len(events))


def test_the_list_goes_on() -> None:
    events = [{"eventTime": ago(minutes=1), "eventType": f"T{place:02}"} for place in range(25)]
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    listed = [name for start in (0, 10, 20) for name in field_values(database, "eventType", start=start).frame["value"]]
    assert listed == [f"T{place:02}" for place in range(25)]


@given(frames.events)
@calm
def test_shares_inside_and_outside_a_span(events: list[Record]) -> None:
    events = events * 3
    span = Window(NOW - pd.Timedelta("1h"), NOW)
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    found = differences(database, span, DAY, EVERYTHING, fields=("eventType", "str1"), most=100)
    expected = set()
    dated = [one for one in events if (moment := moment_of(one, "eventTime")) and DAY.start <= moment <= DAY.end]
    inside = [one for one in dated if span.start <= moment_of(one, "eventTime")]  # type: ignore[operator]
    outside = [one for one in dated if not span.start <= moment_of(one, "eventTime")]  # type: ignore[operator]
    for field in ("eventType", "str1"):
        counts = [Counter(value_of(one, field) for one in part) for part in (inside, outside)]
        if inside and outside:
            for value in {*counts[0], *counts[1]}:
                numbers = counts[0][value], counts[1][value]
                if sum(numbers) >= FEWEST and numbers[0] * len(outside) != numbers[1] * len(inside):
                    expected.add((field, value, *numbers))
    rows = found.astype({"value": object}).where(found.notna(), None)
    assert {tuple(row) for row in rows[["field", "value", "inside", "outside"]].itertuples(index=False)} == expected
    gaps = (found["inside_share"] - found["outside_share"]).abs()
    assert list(gaps) == sorted(gaps, reverse=True)


def test_filters_apply_and_fields_are_those_of_events() -> None:
    events = [{"eventTime": ago(minutes=1), "eventType": kind, "str1": text} for kind, text in (("A", "x"), ("B", "y"))]
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    only = EventFilter((Condition("eventType", excluded=("A",)),))
    assert list(field_values(database, "str1", only).frame["value"]) == ["y"]
    for field in ("ip", "clientId", "nothing", "str1; drop table events"):
        with pytest.raises(ValueError, match="field"):
            field_values(database, field)
        with pytest.raises(ValueError, match="field"):
            differences(database, DAY, DAY, EVERYTHING, fields=(field,))

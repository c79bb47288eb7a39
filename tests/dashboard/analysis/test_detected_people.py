"""What cameras detected: aggregates of at least ten sessions, and nothing of fewer."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.detected_people import FEWEST_SESSIONS, KINDS, detected_people
from dashboard.analysis.event_filter import EventFilter
from dashboard.filters import Condition
from tests.dashboard.frames import Record, calm
from tests.dashboard.shopping import join

records = st.lists(
    st.fixed_dictionaries(
        {
            "sessionId": st.sampled_from([None, "", *map(str, range(14))]),
            "eventType": st.sampled_from(["DETECT_MOOD", "DETECT_AGE", "DETECT_GENDER", "SEARCH"]),
            "interaction": st.sampled_from([False, None, True]),
            "str1": st.sampled_from([None, "", " ", "HAPPY", "HAPPY", "SAD"]),
            "int1": st.sampled_from([None, 21, 29, 29.9, 35, -3, 10**30, 400]),
        }
    ),
    max_size=120,
)


@calm
@given(records)
def test_values_of_few_sessions_are_withheld(events: list[Record]) -> None:
    database = join([], events).database
    for kind, (eventType, _) in KINDS.items():
        sessions: dict[str, set[str]] = defaultdict(set)
        numbers: dict[str, int] = defaultdict(int)
        for event in events:
            value = None
            if kind == "age" and event["int1"] is not None and 0 <= event["int1"] < 120:
                decade = int(event["int1"] // 10) * 10
                value = f"{decade} to {decade + 9}"
            elif kind != "age" and event["str1"] is not None:
                value = event["str1"].strip() or None
            if event["eventType"] == eventType and event["sessionId"] and value is not None:
                sessions[value].add(event["sessionId"])
                numbers[value] += 1
        enough = {value: len(names) for value, names in sessions.items() if len(names) >= FEWEST_SESSIONS}
        found = detected_people(database, kind)
        assert dict(zip(found.counts["value"], found.counts["sessions"], strict=True)) == enough
        assert dict(zip(found.counts["value"], found.counts["events"], strict=True)) == {
            value: numbers[value] for value in enough
        }
        assert found.withheld == len(sessions) - len(enough)


@pytest.mark.parametrize(("sessions", "listed"), [(9, 0), (10, 1)])
def test_ten_sessions_are_enough(sessions: int, listed: int) -> None:
    events = [{"sessionId": f"{n}", "eventType": "DETECT_MOOD", "str1": "SAD"} for n in range(sessions)]
    found = detected_people(join([], [*events, *events]).database, "mood")
    assert (len(found.counts), found.withheld) == (listed, 1 - listed)


@pytest.mark.parametrize("condition", [Condition("str1", ("SAD",)), Condition("int2", (), ("5",))])
def test_a_filter_by_value_lets_no_mood_age_or_gender_through(condition: Condition) -> None:
    events = [
        {"sessionId": "s", "captureId": f"{place}", "eventType": kind, "str1": "SAD", "int2": 7}
        for place, kind in enumerate(("DETECT_MOOD", " detect_age", "DETECT_GENDER", "OWN"))
    ]
    data = join([{"sessionId": "s"}], events)
    assert data.matching_events(EventFilter((condition,))).take_rows()["eventType"].tolist() == ["OWN"]
    assert len(data.matching_events(EventFilter((Condition("eventType", ("DETECT_MOOD",)),)))) == 1
    assert detected_people(data.database, "mood", EventFilter((condition,))).withheld == 0

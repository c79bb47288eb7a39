"""Conditions on several fields, with values included and excluded, against plain Python over the raw records."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter, matching
from dashboard.analysis.event_search import SORTED_BY, ranks
from dashboard.analysis.joined_events import joined
from dashboard.filters import OF_SESSION, Condition
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import Record, calm, decoded

values = st.lists(st.one_of(frames.ids, frames.texts, frames.types).filter(lambda value: value is not None), max_size=3)
conditions = st.dictionaries(
    st.sampled_from(["spaceId", "country", "eventType", "str1", "str2"]),
    st.tuples(values, values),
    max_size=3,
).map(
    lambda given: tuple(
        Condition(field, tuple(dict.fromkeys(included)), tuple(dict.fromkeys(excluded)))
        for field, (included, excluded) in given.items()
        if included or excluded
    )
)


def holds(record: Record | None, condition: Condition) -> bool:
    value = None if record is None else record.get(condition.field)
    if value is None:
        return not condition.included
    return value not in condition.excluded and (not condition.included or value in condition.included)


@given(frames.sessions, frames.events, conditions)
@calm
def test_conditions_select_what_the_records_say(
    sessions: list[Record], events: list[Record], chosen: tuple[Condition, ...]
) -> None:
    sessions, events = frames.with_ids(sessions), frames.with_ids(events)
    joint = joined(decoded(SESSION, sessions, None), decoded(EVENT, events, None))
    known = {one["sessionId"]: one for one in frames.one_each(sessions) if one["sessionId"]}

    def matches(event: Record) -> bool:
        session = known.get(event["sessionId"] or "")
        return all(holds(session if one.field in OF_SESSION else event, one) for one in chosen)

    found = joint.matching_events(EventFilter(chosen)).take_rows()["captureId"]
    assert set(found) == {event["captureId"] for event in events if matches(event)}
    named = {event["sessionId"] for event in events if matches(event) and event["sessionId"]}
    on_events = any(one.field not in OF_SESSION for one in chosen)
    expected = {
        one["captureId"]
        for one in frames.one_each(sessions)
        if all(holds(one, condition) for condition in chosen if condition.field in OF_SESSION)
        and (not on_events or one["sessionId"] in named)
    }
    listed = joint.matching_sessions(EventFilter(chosen)).take_rows()
    assert len(listed) == len(expected)
    assert set(joint.sessions.frame.loc[listed.index, "captureId"]) == expected


@given(frames.events, values, values)
@calm
def test_a_column_matches_as_statements_do(events: list[Record], included: list[str], excluded: list[str]) -> None:
    condition = Condition("str1", tuple(included), tuple(excluded))
    column = decoded(EVENT, events)["str1"]
    assert matching(column, condition).tolist() == [holds(one, condition) for one in events]


@pytest.mark.parametrize("field", ["ip", "clientId", "tenantId", "nothing", "str1; drop table events"])
def test_only_known_fields_can_be_filtered(field: str) -> None:
    with pytest.raises(ValueError, match="filter"):
        EventFilter((Condition(field, ("x",)),))


def text_of(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@given(frames.events, st.sampled_from(["", "a", "=", "PURCHASE", "1"]))
@calm
def test_a_text_is_found_in_all_fields_that_are_not_personal(events: list[Record], text: str) -> None:
    events = frames.with_ids(events)
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    names = [name for name in SORTED_BY if name != "eventTime"]

    def found(event: Record) -> bool:
        contact = (event["eventType"] or "").strip().upper().startswith("CONTACT_")
        shown = [event.get(name) for name in names if not (name == "str2" and contact)]
        return any(text.lower() in text_of(value).lower() for value in shown if value is not None)

    expected = sum(found(event) for event in events) if text else len(events)
    assert len(ranks(database, EventFilter(), text=text)) == expected


@given(frames.events, st.sampled_from(["int1", "str1", "eventTime"]), st.booleans())
@calm
def test_all_rows_are_sorted_and_the_missing_come_last(events: list[Record], field: str, descending: bool) -> None:
    joint = joined(decoded(SESSION, []), decoded(EVENT, frames.with_ids(events)))
    order = ranks(joint.database, EventFilter(), sort=field, descending=descending)
    assert sorted(order) == list(range(len(events)))
    rows = joint.events.frame.iloc[joint.events.positions[order]]
    column = [None if pd.isna(value) else value for value in rows[field].tolist()]
    there = [value for value in column if value is not None]
    assert column[len(there) :] == [None] * (len(column) - len(there))
    keys = [float(value) if field == "int1" else value.encode() if field == "str1" else value for value in there]
    assert keys == sorted(keys, reverse=descending)
    for first, second, before, after in zip(keys, keys[1:], order, order[1:], strict=False):
        assert first != second or before < after


def test_an_unknown_field_is_not_sorted_by() -> None:
    database = joined(decoded(SESSION, []), decoded(EVENT, [])).database
    with pytest.raises(ValueError, match="sorted"):
        ranks(database, EventFilter(), sort="int1 desc; --")

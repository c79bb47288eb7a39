"""Tables: order, pages, keys, exact texts, meanings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from dashboard.analysis import joined_events
from dashboard.analysis.database import Database
from dashboard.analysis.joined_events import newest_first
from dashboard.tables import records as tables
from dashboard.tables.field_descriptions import meaning
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import NOW, PSEUDONYMS, Record, ago, calm, decoded

STOCKHOLM = "Europe/Stockholm"


def joined(events: list[Record], sessions: list[Record] | None = None) -> pd.DataFrame:
    return joined_events.joined(decoded(SESSION, sessions or []), decoded(EVENT, events)).events.frame


def history_of(events: list[Record]) -> Database:
    return joined_events.joined(SESSION.empty(), decoded(EVENT, events)).database


def facts_of(record: Record, schema: Any = EVENT, tz: str = STOCKHOLM) -> dict[str, tuple[str, str]]:
    facts = tables.event_facts(decoded(schema, [record]).iloc[0], schema, tz)
    return {field: (value, result) for field, value, result in facts.itertuples(index=False)}


def test_newest_come_first_undated_last_and_equals_by_their_captureId() -> None:
    times = [ago(minutes=5), None, ago(minutes=1), ago(minutes=-9), ago(minutes=5), "0001-01-02T00:00:00Z"]
    events = joined([{"captureId": str(place), "eventTime": time} for place, time in enumerate(times)])
    ordered = newest_first(events)
    assert ordered["captureId"].tolist() == ["3", "2", "0", "4", "5", "1"]
    assert newest_first(ordered) is ordered
    shown = tables.event_table(events, STOCKHOLM)
    assert shown["captureId"].tolist() == tables.event_keys(events) == ["3", "2", "0", "4", "5", "1"]


def sessions_of(sessions: list[Record], events: list[Record], tz: str = "UTC") -> pd.DataFrame:
    data = joined_events.joined(decoded(SESSION, sessions), decoded(EVENT, events))
    return tables.session_table(data.sessions.take_rows(), tz)


def test_columns_of_the_event_table_are_the_ones_promised_in_their_order() -> None:
    assert tuple(tables.event_table(joined([{}]), "UTC").columns) == tables.EVENT_COLUMNS
    assert tuple(sessions_of([{}], []).columns) == tables.SESSION_COLUMNS
    assert set(EVENT.names) - set(tables.EVENT_COLUMNS) == {"tenantId", "dataResidency"}


def test_times_are_times_in_the_zone_and_numbers_exact_texts() -> None:
    shown = tables.event_table(joined([{"eventTime": ago(), "int1": 2**60 + 1, "int2": 0.1, "int3": 2.0}]), STOCKHOLM)
    assert str(shown["eventTime"].dtype) == "datetime64[us, Europe/Stockholm]"
    assert shown.loc[0, "eventTime"] == NOW
    assert shown.loc[0, ["int1", "int2", "int3"]].tolist() == ["1152921504606846977", "0.1", "2"]
    assert pd.isna(shown.loc[0, "int4"])


@pytest.mark.parametrize(
    ("page", "rows"), [(1, [0, 1, 2]), (2, [3, 4, 5]), (3, [6]), (4, [6]), (0, [0, 1, 2]), (-5, [0, 1, 2])]
)
def test_pages(page: int, rows: list[int]) -> None:
    assert list(range(*tables.page_span(7, page, 3))) == rows
    assert tables.page_span(0, page, 3) == (0, 0)


@calm
@given(frames.events)
def test_every_row_is_found_by_its_key(records: list[Record]) -> None:
    for place, record in enumerate(records[::2]):
        record["captureId"] = f"c{place}"
    events = joined(records)
    keys = tables.event_keys(events)
    shown = newest_first(events)
    assert len(keys) == len(records)
    for key, (_, row) in zip(keys, shown.iterrows(), strict=True):
        found = tables.event_by_key(events, key)
        assert found is not None
        # Records without an id that are alike in all fields share a key: any of them is the right one.
        pd.testing.assert_series_equal(found, row, check_names=False)
    assert tables.event_by_key(events, "gone") is None
    assert tables.event_by_key(events, "~gone") is None
    assert tables.event_by_key(events, "") is None


def test_sessions_without_an_id_have_a_key_too() -> None:
    sessions = decoded(SESSION, [{"deviceId": "a"}, {"deviceId": "b", "sessionId": ""}, {"sessionId": "s"}])
    keys = tables.session_keys(sessions)
    assert len(set(keys)) == 3
    found = [tables.session_by_key(sessions, key) for key in keys]
    devices = {key: row["deviceId"] for key, row in zip(keys, found, strict=True) if row is not None}
    assert pd.isna(devices.pop("s"))
    assert sorted(devices.values()) == ["a", "b"]


@calm
@given(frames.sessions, frames.events)
def test_sessions_count_their_own_events(sessions: list[Record], events: list[Record]) -> None:
    shown = sessions_of(sessions, events, "Asia/Kolkata")
    assert len(shown) == len(frames.one_each(sessions))
    for _, row in shown.iterrows():
        own = [event for event in events if event["sessionId"] and event["sessionId"] == row["sessionId"]]
        assert row["events"] == len(own)
        assert row["interactive events"] == sum(event["interaction"] is True for event in own)
        last = max((event["eventTime"] for event in own if event["eventTime"]), default=None)
        assert (pd.isna(row["last event"]) and last is None) or row["last event"] == pd.Timestamp(last)


def test_a_session_in_order_with_its_gaps() -> None:
    records = [
        {"sessionId": "s", "eventType": "C", "eventTime": ago(seconds=0)},
        {"sessionId": "s", "eventType": "A", "eventTime": ago(seconds=192.5)},
        {"sessionId": "other", "eventType": "X", "eventTime": ago(seconds=100)},
        {"sessionId": "s", "eventType": "U", "eventTime": None},
        {"sessionId": "s", "eventType": "B", "eventTime": ago(seconds=180)},
    ]
    shown = tables.session_events(joined(records), "s", STOCKHOLM)
    assert shown["eventType"].tolist() == ["A", "B", "C", "U"]
    assert shown["gap"].fillna("missing").tolist() == ["missing", "+12 s", "+3 min", "missing"]
    assert tables.session_events(joined(records), "nobody", "UTC").empty
    assert tuple(tables.session_events(joined([]), "s", "UTC").columns) == tables.TIMELINE_COLUMNS


@pytest.mark.parametrize(
    ("eventType", "field", "result"),
    [
        ("PURCHASE", "int1", "revenue, in the currency of str2"), ("PURCHASE", "int2", "tax, in the currency of str2"),
        ("PURCHASE", "str1", "transaction id"), ("PURCHASE", "str3", "coupon"), ("RATING", "int1", "rating, 1 to 5"),
        ("RATING", "str1", "comment"), ("CART_ADD", "int1", "quantity"), ("CART_REMOVE", "int1", "quantity"),
        ("SEARCH", "str1", "what was searched for"), ("CONTENT_VIEW", "str2", "its URL"),
        ("DETECT_MOOD", "str1", "mood"), ("DETECT_AGE", "int2", "range of the age"),
        ("LOOK_VIEW", "str1", "id of the look viewed"),
        ("MONITOR_ANY", "str2", "address of the thing"), ("MONITOR_ANY", "int5", "seconds"),
        ("CONTACT_OWN", "str2", "personal"), ("contact_metadata", "str1", "the kind of information about the contact"),
        ("MINE", "str1", EVENT.field("str1").meaning), ("PURCHASE", "ip", EVENT.field("ip").meaning),
        (None, "int1", EVENT.field("int1").meaning), ("SEARCH", "spaceId", "of its session"),
    ],
)  # fmt: skip
def test_fields_mean_what_they_mean_in_their_type(eventType: str | None, field: str, result: str) -> None:
    assert meaning(field, EVENT, eventType) == result


def test_states_have_their_meaning() -> None:
    facts = facts_of({"eventType": "THEME", "stateful": True, "str1": "dark", "public": 60_000})
    assert facts["str1"] == ("dark", "value of the state, when text")
    assert facts["public"] == ("60000", "expiry of the public state, ms")


def test_facts_are_complete_and_exact() -> None:
    record = {
        "captureId": "c", "eventType": "PURCHASE", "eventTime": "2026-11-23T11:20:00.372Z", "interaction": True,
        "str1": "", "int1": 2**60 + 1, "int2": 0.1, "ip": "192.0.2.1", "str2": "EUR",
    }  # fmt: skip
    facts = facts_of(record)
    assert list(facts) == list(EVENT.names)
    assert facts["eventTime"][0] == "2026-11-23 11:20:00.372 UTC · 2026-11-23 12:20:00.372 Europe/Stockholm"
    assert facts["interaction"][0] == "true"
    assert facts["int1"][0] == "1152921504606846977"
    assert facts["int2"][0] == "0.1"
    assert facts["str2"][0] == "EUR"
    assert facts["str1"][0] == '""'  # there, and empty
    assert facts["clientId"][0] == facts["int3"][0] == facts["stateful"][0] == "—"
    assert facts_of(record, tz="UTC")["eventTime"][0] == "2026-11-23 11:20:00.372 UTC"
    finer = facts_of({"eventTime": "2026-11-23T11:20:00.372001Z"}, tz="UTC")
    assert finer["eventTime"][0] == "2026-11-23 11:20:00.372001 UTC"


def test_facts_of_a_session_and_of_what_was_joined() -> None:
    facts = facts_of({"sessionId": "s", "latitude": 59.3293, "clientId": "c"}, SESSION)
    assert list(facts) == list(SESSION.names)
    assert (facts["latitude"][0], facts["clientId"][0]) == ("59.3293", PSEUDONYMS.of("c"))
    record = joined([{"sessionId": "s"}], [{"sessionId": "s", "spaceId": "store"}]).iloc[0]
    result = tables.event_facts(record, EVENT, "UTC").set_index("field")
    assert result.loc["spaceId"].tolist() == ["store", "of its session"]


@calm
@given(frames.events)
def test_any_record_has_facts_and_a_table(records: list[Record]) -> None:
    events = joined(records)
    before = events.copy()
    shown = tables.event_table(events, "America/St_Johns")
    assert len(shown) == len(records)
    for _, record in events.iterrows():
        facts = tables.event_facts(record, EVENT, "America/St_Johns")
        assert facts.notna().all(axis=None)
    pd.testing.assert_frame_equal(events, before)


def test_arrow_takes_every_table() -> None:
    """What Streamlit ships: a column of mixed integers and floats would fail here."""
    events = joined([{"int1": 2**70, "int2": 1}, {"int1": 0.5, "int2": np.pi}, {}], [{"sessionId": "s"}])
    import pyarrow as pa

    for shown in (tables.event_table(events, STOCKHOLM), sessions_of([{}], [])):
        assert pa.Table.from_pandas(shown).num_rows == len(shown)

"""Sessions and events joined, ordered and filtered, against plain Python over the raw records."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.columns import without_categories
from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.joined_events import COUNTS, JOINED, joined, rows_of, unique_sessions
from dashboard.filters import Window
from gridrt_client.schema import EVENT, SESSION
from gridrt_client.snapshots._memo import size_of
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, ago, calm, decoded, filter_of, moment_of

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@calm
@given(frames.sessions)
def test_unique_sessions_keeps_the_last_created(sessions: list[Record]) -> None:
    sessions = frames.with_ids(sessions)
    unique = unique_sessions(decoded(SESSION, sessions))
    expected = decoded(SESSION, frames.one_each(sessions))
    pd.testing.assert_frame_equal(without_categories(unique), without_categories(expected))
    pd.testing.assert_frame_equal(unique_sessions(unique), unique)


@calm
@given(frames.sessions, frames.events)
def test_joining_finds_each_events_session(sessions: list[Record], events: list[Record]) -> None:
    sessions = frames.with_ids(sessions)
    frame = decoded(EVENT, events)
    result = joined(decoded(SESSION, sessions), frame).events.frame
    pd.testing.assert_frame_equal(result[frame.columns], frame)
    known = {session["sessionId"]: session for session in frames.one_each(sessions) if session["sessionId"]}
    for name in JOINED:
        expected = [known.get(event["sessionId"] or "", {}).get(name) for event in events]
        assert [None if pd.isna(value) else value for value in result[name]] == expected


def newest(records: list[Record], field: str) -> list[Record]:
    """Newest first, undated last, equal times by their captureId."""
    records = sorted(records, key=frames.named)
    return sorted(records, key=lambda record: moment_of(record, field) or LONG_AGO, reverse=True)


def values(frame: pd.DataFrame, name: str) -> list[object]:
    return [None if pd.isna(value) else value for value in frame[name].tolist()]


def matches(event: Record, eventType: str | None, interactionType: str) -> bool:
    wanted = {"interactive": True, "nonInteractive": False}.get(interactionType)
    return (eventType is None or event["eventType"] == eventType) and (wanted is None or event["interaction"] is wanted)


@calm
@given(
    frames.sessions,
    frames.events,
    st.one_of(st.none(), frames.types),
    st.sampled_from(["all", "interactive", "nonInteractive"]),
)
def test_a_filter_selects_what_the_records_say(
    sessions: list[Record], events: list[Record], eventType: str | None, interactionType: str
) -> None:
    sessions, events = frames.with_ids(sessions), frames.with_ids(events)
    scope = joined(decoded(SESSION, sessions), decoded(EVENT, events), now=NOW)
    chosen = filter_of(interactionType, eventType=eventType)
    some_sessions, some_events = scope.matching_sessions(chosen), scope.matching_events(chosen)

    expected = [event for event in newest(events, "eventTime") if matches(event, eventType, interactionType)]
    listed = some_events.take_rows()
    assert len(some_events) == len(expected)
    for name in ("sessionId", "eventType", "interaction", "str2", "int1"):
        assert values(listed, name) == [event.get(name) for event in expected]
    assert not any(isinstance(dtype, pd.CategoricalDtype) for dtype in listed.dtypes)

    kept = newest(frames.one_each(sessions), "sessionCreated")
    if eventType is not None or interactionType != "all":
        named = {event["sessionId"] for event in expected if event["sessionId"]}
        kept = [session for session in kept if session["sessionId"] in named]
    table = some_sessions.take_rows()
    assert values(table, "sessionId") == [session["sessionId"] for session in kept]
    own = [[event for event in events if event["sessionId"] == (session["sessionId"] or "-")] for session in kept]
    assert table["events"].tolist() == [len(group) for group in own]
    assert table["interactive events"].tolist() == [sum(e["interaction"] is True for e in group) for group in own]
    times = [
        [moment for event in group if (moment := moment_of(event, "eventTime")) and moment <= NOW] for group in own
    ]
    assert values(table, "last event") == [max(group) if group else None for group in times]

    known = {session["sessionId"]: session for session in frames.one_each(sessions) if session["sessionId"]}
    for name in JOINED:
        assert values(listed, name) == [known.get(event["sessionId"] or "", {}).get(name) for event in expected]
    if len(some_events) < len(events):
        assert sorted(map(str, some_events.take_columns("str2")["str2"])) == sorted(map(str, listed["str2"]))


def test_narrowing() -> None:
    ids: list[Record] = [{"captureId": str(place)} for place in range(5)]
    own: list[Record] = [{"sessionId": "a"}, {"sessionId": "b"}, {}, {"sessionId": ""}]
    result: list[Record] = [
        {"sessionId": "a", "eventType": "X", "interaction": True},
        {"sessionId": "a", "eventType": "x", "interaction": False},
        {"sessionId": "b", "eventType": "X"},
        {"sessionId": None, "eventType": None, "interaction": True},
        {"sessionId": "", "eventType": "Y", "interaction": True},
    ]
    sessions = decoded(SESSION, [{**one, **record} for one, record in zip(ids, own, strict=False)])
    events = decoded(EVENT, [{**one, **record} for one, record in zip(ids, result, strict=True)])
    scope = joined(sessions, events)

    def at(eventType: str | None = None, interactionType: str = "all") -> tuple[list[int], list[int]]:
        chosen = filter_of(interactionType, eventType=eventType)
        some_sessions, some_events = scope.matching_sessions(chosen), scope.matching_events(chosen)
        return some_sessions.positions.tolist(), some_events.positions.tolist()

    assert at() == ([0, 1, 2, 3], [0, 1, 2, 3, 4])
    assert at("X") == ([0, 1], [0, 2])
    assert at(None, "interactive") == ([0], [0, 3, 4])
    assert at(None, "nonInteractive") == ([0], [1])
    assert at("X", "interactive") == ([0], [0])
    assert at("Y") == ([], [4])
    assert at("nobody") == ([], [])
    assert joined(SESSION.empty(), events).matching_sessions(filter_of(eventType="X")).empty


def test_a_scope_selects_by_the_columns_of_the_session() -> None:
    sessions = decoded(
        SESSION,
        [
            {"sessionId": "a", "spaceId": " ", "sessionCreated": ago(hours=1)},
            {"sessionId": "b", "spaceId": "", "sessionCreated": ago(hours=2)},
            {"sessionId": "c", "spaceId": " ", "deviceId": "' or true --", "sessionCreated": ago(hours=3)},
        ],
    )
    events = decoded(EVENT, [{"sessionId": name, "eventType": name, "captureId": name} for name in "abcx"])
    scope = joined(sessions, events)

    def selected(chosen: EventFilter) -> tuple[str, str]:
        rows = scope.matching_sessions(chosen), scope.matching_events(chosen)
        return "".join(rows[0].take_rows()["sessionId"]), "".join(rows[1].take_rows()["sessionId"])

    assert selected(filter_of(spaceId=" ")) == ("ac", "ac")
    assert selected(filter_of(eventType="c", spaceId=" ")) == ("c", "c")
    assert selected(filter_of(spaceId="")) == ("b", "b")
    assert selected(filter_of(spaceId=" ", deviceId="' or true --")) == ("c", "c")
    both_ends = Window(NOW - pd.Timedelta(hours=3), NOW - pd.Timedelta(hours=2))
    assert selected(filter_of(created=both_ends)) == ("bc", "abcx")


@pytest.mark.parametrize("empty", ["sessions", "events", "both"])
def test_nothing_joins_with_anything(empty: str) -> None:
    sessions = SESSION.empty() if empty != "events" else decoded(SESSION, [{"sessionId": "a"}])
    events = EVENT.empty() if empty != "sessions" else decoded(EVENT, [{"sessionId": "a"}])
    scope = joined(sessions, events)
    assert (len(scope.sessions), len(scope.events)) == (len(sessions), len(events))
    assert set(COUNTS) <= set(scope.sessions.frame.columns)
    assert set(JOINED) <= set(scope.events.frame.columns)


def test_rows_share_their_frame() -> None:
    frame = decoded(EVENT, [{"eventType": "X", "eventTime": ago(minutes=minute)} for minute in range(5)])
    rows = rows_of(frame)
    assert rows.having("eventType", "X").frame is frame
    assert rows.having("eventType", "nobody").empty
    data = joined(SESSION.empty(), frame)
    span = Window(NOW - pd.Timedelta(minutes=3), NOW)
    assert data.matching_events(EventFilter(span=span)).positions.tolist() == [0, 1, 2, 3]
    assert rows.take_rows(1, 3)["eventTime"].tolist() == frame["eventTime"].tolist()[1:3]


def test_what_is_kept_of_a_filter_is_small() -> None:
    """Every filter's rows refer to the same frame: it counts once, or the store would throw away what it needs."""
    records = [{"sessionId": f"s{number % 50}", "eventType": "AB"[number % 2]} for number in range(4000)]
    answer = decoded(EVENT, records)
    scope = joined(decoded(SESSION, [{"sessionId": f"s{number}"} for number in range(50)]), answer)
    assert size_of(scope.matching_events(filter_of(eventType="A"))) < 3 * 4 * 2000
    assert size_of(scope) < size_of(answer)

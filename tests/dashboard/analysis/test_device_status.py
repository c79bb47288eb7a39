"""Status, since, last seen and silence of things, scenario by scenario."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.device_status import latest_rows
from dashboard.analysis.joined_events import joined
from dashboard.analysis.status_reference import StatusReference
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, is_monitor
from tests.dashboard.frames import NOW, PSEUDONYMS, Record, ago, calm, decoded, moment_of

REFERENCE = StatusReference.load()
COLUMNS = ("str1", "str2", "deviceId")
SESSIONS: list[Record] = [
    {"sessionId": "s1", "deviceId": "kiosk-1", "spaceId": "store"},
    {"sessionId": "s2", "deviceId": "kiosk-2"},
]


def report(minutes: float, int1: Any, **more: Any) -> Record:
    """A gate's report, that many minutes ago."""
    return {
        "sessionId": "s1", "eventType": "MONITOR_GATE", "str1": "gate", "str2": "192.168.1.7", "str4": "g7",
        "int1": int1, "eventTime": ago(minutes=minutes), **more,
    }  # fmt: skip


def rows_of(latest: list[Record], events: list[Record], columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    past = joined(decoded(SESSION, SESSIONS), decoded(EVENT, events)).database
    return latest_rows(decoded(LATEST_EVENT, latest), past, columns, REFERENCE, NOW)


def only(latest: Record, events: list[Record], columns: tuple[str, ...] = COLUMNS) -> tuple[float | None, bool]:
    """Since how many minutes the one thing is in its state, and whether it may be longer."""
    rows = rows_of([{"deviceId": "kiosk-1", **latest}], events, columns)
    assert len(rows) == 1
    since = rows.loc[0, "since"]
    minutes = None if pd.isna(since) else (NOW - since) / pd.Timedelta(minutes=1)
    return minutes, bool(rows.loc[0, "since_is_at_least"])


def test_since_is_the_begin_of_the_newest_unbroken_run() -> None:
    events = [report(50, 1), report(40, 0), report(30, 1), report(20, 1), report(10, 1)]
    assert only(report(10, 1), events) == (30, False)


def test_order_of_arrival_does_not_matter() -> None:
    events = [report(20, 1), report(40, 0), report(10, 1), report(50, 1), report(30, 1)]
    assert only(report(10, 1), events) == (30, False)


def test_a_run_that_reaches_back_to_the_first_event_is_at_least_so_long() -> None:
    assert only(report(10, 0), [report(50, 0), report(10, 0)]) == (50, True)


def test_a_thing_without_history_is_known_since_it_was_last_seen() -> None:
    assert only(report(10, 0), []) == (10, True)


def test_a_latest_event_that_the_events_do_not_hold_yet_begins_a_run() -> None:
    assert only(report(1, 0), [report(50, 1), report(11, 1)]) == (1, False)


def test_events_newer_than_the_latest_answer_do_not_change_what_it_says() -> None:
    assert only(report(20, 0), [report(30, 1), report(20, 0), report(10, 1)]) == (20, False)


def test_the_same_event_in_both_answers_is_one() -> None:
    latest = report(10, 1, captureId="x")
    events = [report(30, 0), report(10, 1, captureId="x"), report(10, 0, captureId="y")]
    # At one and the same time the latest event is the last.
    assert only(latest, events) == (10, False)
    assert only(latest, events[1:2]) == (10, True)


def test_of_events_at_one_time_the_one_that_is_listed_first_is_the_later() -> None:
    """A list that is newest first has the smaller captureId first."""
    online, offline = report(20, 1, captureId="a"), report(20, 0, captureId="b")
    for pair in ([online, offline], [offline, online]):
        assert only(report(10, 1), [report(30, 1), *pair]) == (20, False)
    online, offline = report(20, 1, captureId="b"), report(20, 0, captureId="a")
    for pair in ([online, offline], [offline, online]):
        assert only(report(10, 1), [report(30, 1), *pair]) == (10, False)


def test_whole_numbers_and_floats_are_one_state_and_no_number_is_another() -> None:
    assert only(report(10, 1), [report(40, 2), report(30, 1.0), report(20, 1)]) == (30, False)
    assert only(report(10, None), [report(40, 1), report(30, None), report(20, None)]) == (30, False)
    assert only(report(10, 2**60), [report(40, 2**60 + 1), report(20, 2**60)]) == (20, False)


@pytest.mark.parametrize(
    "other",
    [{"str2": "192.168.1.8"}, {"str1": "xovis"}, {"sessionId": "s2"}, {"eventType": "MONITOR_OTHER"}, {"str1": None}],
)
def test_other_things_do_not_interrupt(other: Record) -> None:
    events = [report(50, 0), report(40, 1), report(30, 0, **other), report(20, 1)]
    assert only(report(10, 1), events) == (40, False)


def test_what_is_not_distinct_does_not_tell_things_apart() -> None:
    events = [report(40, 1), report(30, 0, str2="elsewhere"), report(20, 1)]
    assert only(report(10, 1), events, ("str1",)) == (20, False)


def test_a_latest_event_teaches_which_device_a_session_belongs_to() -> None:
    unknown = [report(40, 0, sessionId="s9"), report(30, 1, sessionId="s9")]
    latest = report(10, 1, sessionId="s9", deviceId="kiosk-9")
    assert only(latest, unknown) == (30, False)
    # Without it the device of those events is not known.
    assert only(report(10, 1), unknown) == (10, True)


def test_distinct_by_status_each_row_tells_of_the_last_time_in_it() -> None:
    events = [report(70, 1), report(60, 0), report(50, 0), report(40, 1), report(30, 0), report(20, 1), report(10, 1)]
    latest = [report(10, 1, deviceId="kiosk-1"), report(30, 0, deviceId="kiosk-1")]
    rows = rows_of(latest, events, ("str1", "str2", "deviceId", "int1"))
    assert rows["status"].tolist() == ["Offline", "Online"]
    assert ((NOW - rows["since"]) / pd.Timedelta(minutes=1)).tolist() == [30, 20]
    assert rows["since_is_at_least"].tolist() == [False, False]


def test_a_clock_that_is_ahead_gives_no_times() -> None:
    rows = rows_of([report(-30, 1, deviceId="kiosk-1")], [])
    assert rows.loc[0, ["silence", "last_seen", "since"]].isna().all()
    assert not rows.loc[0, "since_is_at_least"]
    assert rows.loc[0, "clock"] == "clock ahead"
    assert rows.loc[0, "eventTime"] == NOW + pd.Timedelta(minutes=30)


@pytest.mark.parametrize("ahead", [0.001, 60, 600_000])
def test_the_present_is_no_future(ahead: float) -> None:
    rows = rows_of([report(0, 1, str4="now"), report(-ahead, 1, str4="ahead")], []).set_index("str4")
    assert rows["clock"].fillna("-").to_dict() == {"now": "-", "ahead": "clock ahead"}
    assert rows.loc["now", "silence"] == 0


def test_events_from_the_future_take_part_in_no_run() -> None:
    events = [report(-5, 0), report(40, 0), report(30, 1), report(20, 1), report(-60, 1)]
    assert only(report(20, 1), events) == (30, False)


def test_a_status_from_the_future_goes_on_from_the_reports_before_now() -> None:
    assert only(report(-60, 1), [report(40, 0), report(30, 1), report(20, 1), report(-5, 0)]) == (30, False)
    assert only(report(-60, 1), [report(30, 1), report(20, 1)]) == (30, True)
    assert only(report(-60, 1), [report(30, 1), report(20, 0)]) == (None, False)


def test_undated_events_tell_nothing_about_time() -> None:
    rows = rows_of([report(0, 1, eventTime=None)], [report(10, 0), report(20, 1, eventTime="rubbish")])
    assert rows.loc[0, "status"] == "Online"
    assert pd.isna(rows.loc[0, "since"])
    assert pd.isna(rows.loc[0, "last_seen"])
    assert pd.isna(rows.loc[0, "silence"])


def test_the_most_urgent_come_first_then_the_longest_silence_then_what_is_no_monitoring() -> None:
    latest = [
        report(1, 1, str4="online-new"),
        {"eventType": "SEARCH", "str1": "old", "eventTime": ago(minutes=90)},
        report(5, 0, str4="offline-new"),
        report(99, 1, str4="online-old"),
        {"eventType": "SEARCH", "str1": "new", "eventTime": ago(minutes=1)},
        report(3, -1, str4="unknown"),
        {"eventType": "my_monitor_x", "str1": "undated"},
        report(50, 0, str4="offline-old"),
        report(4, 7, str4="seven"),
        report(2, None, str4="no status"),
        report(0, 0, str4="offline-undated", eventTime=None),
        report(-10, 0, str4="offline-ahead"),
        {"eventType": "SEARCH", "str1": "ahead", "eventTime": ago(minutes=-1)},
    ]
    rows = rows_of(latest, [])
    assert rows["str4"].fillna(rows["str1"]).tolist() == [
        "offline-old", "offline-new", "offline-ahead", "offline-undated", "seven", "unknown", "no status", "online-old",
        "online-new", "new", "old", "ahead", "undated",
    ]  # fmt: skip
    assert rows["status"].fillna("-").tolist() == [
        "Offline", "Offline", "Offline", "Offline", "Unknown (7)", "Unknown", "No status", "Online", "Online", "-", "-",
        "-", "-",
    ]  # fmt: skip
    assert rows["severity"].notna().tolist() == [True] * 9 + [False] * 4


def test_things_are_named_by_what_is_known_of_them() -> None:
    latest = [
        report(1, 1),
        report(2, 1, str2=None),
        report(3, 1, str1=None, str2=None, str4=None),
        {"eventType": "CART_ADD", "str1": "x", "int1": 2.5, "deviceId": "d", "eventTime": ago(minutes=4)},
        {"eventType": "CONTACT_IDENTIFY", "str1": "email", "str2": "me@example.com", "eventTime": ago(minutes=5)},
    ]
    rows = rows_of(latest, [], ("str1", "str2", "int1", "deviceId")).sort_values("silence")
    assert rows["thing"].fillna("-").tolist() == [
        "gate · 192.168.1.7 · g7", "gate · g7", "-", "x · 2.5",
        f"email · {PSEUDONYMS.of('me@example.com')}",
    ]  # fmt: skip


def test_nothing_at_all() -> None:
    rows = rows_of([], [])
    assert rows.empty
    assert {
        "status",
        "thing",
        "since",
        "since_is_at_least",
        "last_seen",
        "silence",
        "clock",
        *LATEST_EVENT.names,
    } <= set(rows.columns)
    assert rows["since"].dtype == "datetime64[us, UTC]"


def test_categories_are_read_like_text() -> None:
    latest = decoded(LATEST_EVENT, [report(1, 1, deviceId="kiosk-1"), {"str1": "untyped"}])
    sessions, events = decoded(SESSION, SESSIONS), decoded(EVENT, [report(30, 0), report(20, 1)])
    names = dict.fromkeys(("eventType", "sessionId", "str1", "str2", "deviceId"), "category")
    own = {name: kind for name, kind in names.items() if name in events.columns}
    coded = joined(sessions.astype({"deviceId": "category"}), events.astype(own)).database
    rows = latest_rows(latest.astype(names), coded, COLUMNS, REFERENCE, NOW)
    expected = latest_rows(latest, joined(sessions, events).database, COLUMNS, REFERENCE, NOW)
    pd.testing.assert_frame_equal(rows.astype(dict.fromkeys(names, "str")), expected)
    assert expected["since"].iloc[0] == NOW - pd.Timedelta(minutes=20)


def test_an_answer_is_not_changed() -> None:
    latest = decoded(LATEST_EVENT, [report(1, 1, ip="::1")])
    data = joined(decoded(SESSION, SESSIONS), decoded(EVENT, [report(1, 0)]))
    before = latest.copy(), data.events.frame.copy()
    latest_rows(latest, data.database, COLUMNS, REFERENCE, NOW)
    pd.testing.assert_frame_equal(latest, before[0])
    pd.testing.assert_frame_equal(data.events.frame, before[1])


def test_what_monitoring_is() -> None:
    assert all(map(is_monitor, ["MONITOR_X", "monitor_x", " Monitor_X", "MONITOR_"]))
    assert not any(map(is_monitor, ["MONITOR", "X_MONITOR_", "", None, 7, float("nan")]))


history = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from([0, 1, 1.0, None]),
        st.sampled_from(["gate", "xovis", None]),
        st.sampled_from(["s1", "s2", "s3", None]),
    ),
    max_size=30,
    unique_by=lambda item: item[0],
)


@calm
@given(history)
def test_since_against_a_walk_through_each_things_past(past: list[tuple[int, Any, str | None, str | None]]) -> None:
    """No two events at one time here, so that the order is beyond doubt."""
    events = [report(minutes, int1, str1=str1, sessionId=session) for minutes, int1, str1, session in past]
    device = {"s1": "kiosk-1", "s2": "kiosk-2"}
    things: dict[tuple[Any, Any], list[Record]] = {}
    for event in sorted(events, key=lambda event: event["eventTime"]):
        things.setdefault((event["str1"], device.get(event["sessionId"] or "")), []).append(event)
    latest = [{**known[-1], "deviceId": key[1]} for key, known in things.items()]
    rows = rows_of(latest, events, ("str1", "deviceId"))
    result = {
        (
            row["str1"] if isinstance(row["str1"], str) else None,
            row["deviceId"] if isinstance(row["deviceId"], str) else None,
        ): (
            row["since"].to_pydatetime(),
            row["since_is_at_least"],
        )
        for _, row in rows.iterrows()
    }
    expected = {}
    for key, known in things.items():
        run = [known[-1]]
        for event in reversed(known[:-1]):
            if event["int1"] != known[-1]["int1"]:
                break
            run.append(event)
        expected[key] = (moment_of(run[-1], "eventTime"), len(run) == len(known))
    assert result == expected

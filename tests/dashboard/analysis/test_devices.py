"""Silent, flapping, up, gone: things against a walk through their reports in plain Python."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.devices import KINDS, TILES, Devices, devices, listed
from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.joined_events import joined
from dashboard.analysis.status_course import course, in_words
from dashboard.analysis.status_reference import StatusReference
from dashboard.filters import Condition, Window
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION
from tests.dashboard.analysis.test_device_status import report
from tests.dashboard.frames import NOW, PSEUDONYMS, Record, ago, calm, decoded, moment_of

REFERENCE = StatusReference.load()
COLUMNS = ("str1", "str2", "deviceId")
SESSIONS: list[Record] = [
    {"sessionId": "s1", "deviceId": "kiosk-1", "spaceId": "store"},
    {"sessionId": "s2", "deviceId": "kiosk-2", "spaceId": "other"},
]
PLACE = {"s1": {"deviceId": "kiosk-1", "spaceId": "store"}, "s2": {"deviceId": "kiosk-2", "spaceId": "other"}}


def found(
    latest: list[Record],
    events: list[Record],
    columns: tuple[str, ...] = COLUMNS,
    span: Window | None = None,
    chosen: EventFilter | None = None,
) -> Devices:
    past = joined(decoded(SESSION, SESSIONS), decoded(EVENT, events), now=NOW)
    return devices(decoded(LATEST_EVENT, latest), past, columns, REFERENCE, NOW, span, chosen or EventFilter())


def answer(events: list[Record]) -> list[Record]:
    """What latest-event answers: the newest of each combination, with the place of its session."""
    newest: dict[Any, Record] = {}
    for event in sorted(events, key=lambda event: event["eventTime"] or ""):
        place = PLACE.get(event["sessionId"], {})
        newest[event.get("str1"), event.get("str2"), place.get("deviceId")] = {**event, **place}
    return list(newest.values())


def only(events: list[Record], span: Window | None = None) -> pd.Series:
    rows = found(answer(events), events, span=span).rows
    assert len(rows) == 1
    return rows.iloc[0]


def regular(last: float, every: float, count: int, int1: Any = 1, **more: Any) -> list[Record]:
    return [report(last + number * every, int1, **more) for number in range(count)]


@pytest.mark.parametrize(
    ("last", "every", "kind"),
    [(9, 1, "online"), (10, 1, "online"), (10.1, 1, "silent"), (59, 30, "online"), (61, 30, "silent")],
)
def test_silent_is_longer_than_twice_the_usual_gap_and_than_the_floor(last: float, every: float, kind: str) -> None:
    assert only(regular(last, every, 9))["kind"] == kind


def test_silent_wins_over_what_was_said_last() -> None:
    row = only(regular(200, 5, 9, int1=0))
    assert (row["kind"], row["status"]) == ("silent", "Offline")


def test_a_report_that_is_in_both_answers_is_no_gap_of_zero() -> None:
    """One report alone: without a gap the floor is the limit."""
    assert only([report(9, 1)])["silent_after"] == 600
    assert only([report(9, 1), report(59, 1)])["silent_after"] == 6000


def test_the_usual_gap_is_the_median() -> None:
    events = [*regular(5, 20, 5), report(800, 1), report(1400, 1)]
    assert only(events)["silent_after"] == pytest.approx(2400)


def test_a_thing_whose_last_time_cannot_be_told_is_never_online() -> None:
    for made in (ago(minutes=-30), None):
        latest = [report(0, int1, str2=str(int1), deviceId="kiosk-1", eventTime=made) for int1 in (0, 1, -1)]
        kinds = found(latest, []).rows.set_index("str2")["kind"].to_dict()
        assert kinds == {"0": "offline", "1": "unknown", "-1": "unknown"}


def test_a_report_from_the_future_does_not_keep_a_thing_alive() -> None:
    latest = [report(-30, 1, deviceId="kiosk-1")]
    assert found(latest, regular(5, 5, 9)).rows.loc[0, "kind"] == "online"
    assert found(latest, regular(50, 5, 9)).rows.loc[0, "kind"] == "silent"


def test_flapping_is_more_than_four_changes_within_an_hour() -> None:
    for changes, flapping in ((4, False), (5, True)):
        events = [report(2 + number * 10, number % 2) for number in range(changes + 1)]
        row = only(events)
        assert (row["flaps"], row["flapping"]) == (changes, flapping)


@pytest.mark.parametrize(
    ("last", "apart", "flapping"), [(59, 15, True), (61, 15, False), (10, 15.1, False), (0, 15, True)]
)
def test_flapping_now_ends_with_a_change_in_the_last_hour(last: float, apart: float, flapping: bool) -> None:
    events = [report(last + number * apart, number % 2) for number in range(6)] + regular(0, 5, 3, int1=0)
    if last < 10:
        events = events[:6]
    assert only(events)["flapping"] == flapping


def test_a_flapping_thing_is_in_two_tiles_and_the_kinds_add_up() -> None:
    events = [report(2 + number * 5, number % 2) for number in range(9)] + regular(500, 5, 9, str2="silent")
    devices = found(answer(events), events)
    assert devices.counts == {"offline": 1, "silent": 1, "flapping": 1, "unknown": 0, "online": 0}
    assert sum(devices.counts[kind] for kind in KINDS) == len(devices.rows)
    assert [listed(devices.rows, tile)["str2"].tolist() for tile in ("offline", "flapping", "silent")] == [
        ["192.168.1.7"], ["192.168.1.7"], ["silent"],
    ]  # fmt: skip


def test_up_leaves_out_what_is_not_known_and_counts_silence() -> None:
    # Known from 200 minutes ago: 50 online, 50 unknown, 50 offline, then online for 10 and silent for 40 (floor 10).
    events = [
        *regular(155, 5, 10, 1),
        *regular(105, 5, 10, -1),
        *regular(55, 5, 10, 0),
        report(50, 1),
    ]
    row = only(events)
    seconds = [round(row[f"seconds_{kind}"] / 60) for kind in ("online", "unknown", "offline", "silent")]
    assert seconds == [60, 50, 50, 40]
    assert row["up"] == pytest.approx(60 / 150)
    assert row["kind"] == "silent"
    half = only(events, Window(NOW - pd.Timedelta(minutes=200), NOW - pd.Timedelta(minutes=125)))
    assert (half["up"], half["flaps"]) == (1, 1)
    assert half["kind"] == "silent"
    nothing = only(events, Window(NOW - pd.Timedelta(hours=9), NOW - pd.Timedelta(hours=8)))
    assert pd.isna(nothing["up"])
    assert nothing["flaps"] == 0


def test_a_thing_that_left_the_answer_stays_and_is_marked() -> None:
    events = [*regular(5, 5, 9), *regular(30, 5, 9, 0, sessionId="s2", str4="left", ip="192.0.2.1")]
    rows = found([{**events[0], **PLACE["s1"]}], events).rows.set_index("str4")
    assert rows["gone"].to_dict() == {"g7": False, "left": True}
    left = rows.loc["left"]
    assert left[["spaceId", "deviceId", "status", "kind", "ip"]].tolist() == [
        "other", "kiosk-2", "Offline", "silent", PSEUDONYMS.of("192.0.2.1")
    ]  # fmt: skip
    assert left["last_seen"] == NOW - pd.Timedelta(minutes=30)
    assert (left["since"], left["since_is_at_least"]) == (NOW - pd.Timedelta(minutes=70), True)


def test_reports_whose_device_cannot_be_told_make_no_thing() -> None:
    events = [*regular(5, 5, 9), *regular(30, 5, 9, sessionId="nobody")]
    assert found([{**events[0], **PLACE["s1"]}], events).rows["gone"].tolist() == [False]
    # Without the device among the columns it is the same thing.
    assert len(found([{**events[0], **PLACE["s1"]}], events, ("str1",)).rows) == 1


def test_a_thing_behind_a_newer_event_of_another_type_is_not_gone() -> None:
    events = regular(5, 5, 9)
    latest = [{**report(1, None, eventType="SEARCH"), **PLACE["s1"]}]
    rows = found(latest, events).rows
    assert rows[["eventType", "gone", "kind"]].to_numpy().tolist() == [["MONITOR_GATE", False, "online"]]


def test_a_filter_that_the_api_was_not_asked_for_applies_to_the_history() -> None:
    events = [*regular(5, 5, 9), *regular(5, 5, 9, sessionId="s2")]
    chosen = EventFilter((Condition("spaceId", ("store",)),))
    assert found([{**events[0], **PLACE["s1"]}], events, chosen=chosen).rows["spaceId"].tolist() == ["store"]


def test_stores_are_ordered_by_their_most_urgent_thing_and_stay_together() -> None:
    events = [
        *regular(1, 1, 3, 1, str2="a"),
        *regular(1, 1, 3, 1, str2="b", sessionId="s2"),
        *regular(1, 1, 3, 0, str2="c", sessionId="s2"),
        *regular(1, 1, 3, -1, str2="d"),
    ]
    rows = found(answer(events), events).rows
    assert rows["str2"].tolist() == ["c", "b", "d", "a"]
    assert found(answer(events), events).down_by_space() == {"other": 1}
    unplaced = [report(1, 0, sessionId="nobody")]
    assert found(unplaced, []).down_by_space() == {None: 1}


def test_a_run_from_the_begin_of_the_day_reaches_back() -> None:
    assert only(regular(5, 10, 144))["reaches_back"]
    assert not only(regular(5, 10, 100))["reaches_back"]
    assert not only([*regular(5, 10, 100), *regular(1005, 10, 44, 0)])["reaches_back"]
    assert only([report(31 * 60, 1)])["reaches_back"]


def test_without_any_thing() -> None:
    nothing = found([{"eventType": "SEARCH", "eventTime": ago(minutes=1)}], [])
    assert nothing.rows.empty
    assert nothing.counts == dict.fromkeys(TILES, 0)
    assert nothing.down_by_space() == {}
    assert in_words(course(nothing, -1, NOW - pd.Timedelta(hours=24), NOW)) == "Not known 24 h"


def test_other_latest_events_get_the_numbers_of_the_things_among_them() -> None:
    events = regular(500, 5, 9)
    devices = found(answer(events), events)
    other = {"eventType": "SEARCH", "eventTime": ago(minutes=1), "str1": "x"}
    from dashboard.analysis.device_status import latest_rows

    past = joined(decoded(SESSION, SESSIONS), decoded(EVENT, events), now=NOW).database
    rows = latest_rows(decoded(LATEST_EVENT, [*answer(events), other]), past, COLUMNS, REFERENCE, NOW)
    complete = devices.complete(rows).set_index("eventType")
    assert complete["kind"].fillna("-").to_dict() == {"MONITOR_GATE": "silent", "SEARCH": "-"}
    assert complete["place"].to_dict() == {"MONITOR_GATE": 0, "SEARCH": -1}
    assert complete.loc["MONITOR_GATE", "up"] == devices.rows.loc[0, "up"]


reports = st.lists(
    st.tuples(
        st.one_of(st.integers(-100, 1500), st.none()),
        st.sampled_from([0, 1, 1.0, -1, 7, None]),
        st.sampled_from(["gate", "xovis", "", None]),
        st.sampled_from(["s1", "s2", "s3", None]),
    ),
    max_size=40,
    unique_by=lambda item: (item[0], item[2], PLACE.get(item[3] or "", {}).get("deviceId")),
)
spans = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).map(sorted)


@calm
@given(reports, spans)
def test_everything_against_a_walk(past: list[tuple[int | None, Any, str | None, str | None]], span: list[int]) -> None:
    events = [
        report(minutes or 0, int1, str1=str1, sessionId=session, **({} if minutes is not None else {"eventTime": None}))
        for minutes, int1, str1, session in past
    ]
    window = Window(NOW - pd.Timedelta(minutes=span[1]), NOW - pd.Timedelta(minutes=span[0]))
    things = found(answer(events), events, span=window)
    result = {(_text(row["str1"]), _text(row["deviceId"])): row for _, row in things.rows.iterrows()}
    expected: dict[tuple[Any, Any], list[Record]] = {}
    for event in events:
        expected.setdefault((event["str1"], PLACE.get(event["sessionId"], {}).get("deviceId")), []).append(event)
    assert result.keys() == expected.keys()
    for key, own in expected.items():
        walk = Walk(own, window)
        row = result[key]
        said = row["status"]
        kind = {"Offline": "offline", "Online": "online"}.get(said, "unknown")
        if walk.silent:
            kind = "silent"
        elif not walk.times and kind == "online":
            kind = "unknown"
        assert row["kind"] == kind
        assert (row["flaps"], row["flapping"]) == (walk.flaps, walk.flapping)
        for name, seconds in walk.seconds.items():
            if walk.times:
                assert row[f"seconds_{name}"] == pytest.approx(seconds)
        known = sum(walk.seconds[name] for name in ("online", "offline", "silent"))
        assert (pd.isna(row["up"])) == (not known)
        if known:
            assert row["up"] == pytest.approx(walk.seconds["online"] / known)
    assert things.counts["flapping"] == sum(Walk(own, window).flapping for own in expected.values())


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class Walk:
    """A walk through the reports of one thing, whose times all differ."""

    def __init__(self, reports: list[Record], span: Window) -> None:
        now, minute = NOW.to_pydatetime(), timedelta(minutes=1)
        dated = sorted(self._dated(reports, now), key=lambda one: one[0])
        self.times = [moment for moment, _ in dated]
        gaps = [(later - sooner) for sooner, later in zip(self.times, self.times[1:], strict=False)]
        usual = median(gaps) if gaps else timedelta(0)
        limit = max(2 * usual, 10 * minute)
        self.silent = bool(self.times) and now - self.times[-1] > limit
        changes: list[datetime] = []
        self.seconds = dict.fromkeys(("online", "offline", "unknown", "silent"), 0.0)
        start, end = span.start.to_pydatetime(), span.end.to_pydatetime()
        for place, (moment, status) in enumerate(dated):
            until = dated[place + 1][0] if place + 1 < len(dated) else now
            held = min(moment + limit, until)
            kind = {0: "offline", 1: "online"}.get(status, "unknown")
            self.seconds[kind] += self._overlap(moment, held, start, end)
            self.seconds["silent"] += self._overlap(held, until, start, end)
            if place and dated[place - 1][1] != status:
                changes.append(moment)
        self.flaps = sum(start <= moment <= end for moment in changes)
        hour = timedelta(hours=1)
        self.flapping = any(
            sum(last - hour <= moment <= last for moment in changes) > 4 for last in changes if last > now - hour
        )

    @staticmethod
    def _dated(reports: list[Record], now: datetime) -> list[tuple[datetime, Any]]:
        moments = ((moment_of(event, "eventTime"), event["int1"]) for event in reports)
        return [(moment, status) for moment, status in moments if moment is not None and moment <= now]

    @staticmethod
    def _overlap(begin: datetime, until: datetime, start: datetime, end: datetime) -> float:
        return max((min(until, end) - max(begin, start)).total_seconds(), 0.0)

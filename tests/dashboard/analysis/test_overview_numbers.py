"""Numbers against an independent count over the raw records, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import pandas as pd
import pytest
from hypothesis import given

from dashboard.analysis import overview_numbers
from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.joined_events import joined
from dashboard.analysis.overview_numbers import Outside, Overview, overview, value_counts
from dashboard.filters import Window
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.analysis.shop import is_purchase, is_visit
from tests.dashboard.frames import NOW, Record, ago, calm, decoded, moment_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def numbers(sessions: pd.DataFrame, events: pd.DataFrame) -> Overview:
    return overview(joined(sessions, events).database, NOW)


def counts_of(frame: pd.DataFrame, column: str) -> pd.Series:
    return value_counts(Database(records=frame), "records", column)


def within(record: Record, field: str, first: timedelta, last: timedelta) -> bool:
    """Whether a record's time is in (now - last, now - first]."""
    moment = moment_of(record, field)
    now = NOW.to_pydatetime()
    return moment is not None and now - last < moment <= now - first


def active(events: list[Record], first: timedelta, last: timedelta) -> int:
    return len({event["sessionId"] for event in events if is_visit(event) and within(event, "eventTime", first, last)})


def revenue(events: list[Record], first: timedelta | None = None, last: timedelta | None = None) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(prec=2000):
        for event in filter(is_purchase, events):
            if event.get("int1") is None:
                continue
            name = (event.get("str2") or "").strip()
            name = name.upper() if len(name) == 3 and all("A" <= letter <= "Z" for letter in name.upper()) else name
            counts = first is None or last is None or within(event, "eventTime", first, last)
            sums[name] += Decimal(repr(event["int1"])) if counts else 0
    return dict(sums)


@calm
@given(frames.sessions, frames.events)
def test_overview_counts_what_its_docstring_says(sessions: list[Record], events: list[Record]) -> None:
    session_frame, event_frame = decoded(SESSION, sessions), decoded(EVENT, events)
    before = session_frame.copy(), event_frame.copy()
    found = numbers(session_frame, event_frame)
    pd.testing.assert_frame_equal(session_frame, before[0])
    pd.testing.assert_frame_equal(event_frame, before[1])

    kept = frames.one_each(sessions)
    visitors = {event["sessionId"] for event in events if is_visit(event)}
    zero = timedelta(0)

    assert found.sessions == len(kept)
    assert found.sessions_interactive == sum(session["sessionId"] in visitors for session in kept)
    assert found.visitors == len(visitors)
    assert found.converted == len(visitors & {event["sessionId"] for event in events if is_purchase(event)})
    assert found.events == len(events)
    assert found.interactive == sum(event["interaction"] is True for event in events)
    assert found.unsaid == sum(event["interaction"] is None for event in events)
    assert found.active == active(events, zero, 30 * MINUTE)
    assert found.active_by_minute == [active(events, n * MINUTE, (n + 1) * MINUTE) for n in reversed(range(30))]
    assert found.active_by_hour == [active(events, n * HOUR, (n + 1) * HOUR) for n in reversed(range(24))]
    assert found.revenue == revenue(events)
    assert found.purchases == sum(map(is_purchase, events))
    assert found.purchases_of_machines == sum(
        event["eventType"] == "PURCHASE" and event["interaction"] is False for event in events
    )
    assert found.purchases_unreadable == sum(is_purchase(event) and event.get("int1") is None for event in events)
    past, before_that = revenue(events, zero, HOUR), revenue(events, HOUR, 2 * HOUR)
    assert found.revenue_hour == {name: (past[name], before_that[name]) for name in past}

    def per_hour(records: list[Record], field: str) -> list[int]:
        return [sum(within(record, field, n * HOUR, (n + 1) * HOUR) for record in records) for n in reversed(range(24))]

    interactive = [event for event in events if event["interaction"] is True]
    assert found.sessions_by_hour == per_hour(kept, "sessionCreated")
    assert found.events_by_hour == per_hour(events, "eventTime")
    assert found.interactive_by_hour == per_hour(interactive, "eventTime")
    said = per_hour([event for event in events if event["interaction"] is not None], "eventTime")
    assert found.said_by_hour == said
    purchases = per_hour(list(filter(is_purchase, events)), "eventTime")
    assert found.hour == {
        "active": (found.active, active(events, 60 * MINUTE, 90 * MINUTE)),
        "sessions": (found.sessions_by_hour[-1], found.sessions_by_hour[-2]),
        "events": (found.events_by_hour[-1], found.events_by_hour[-2]),
        "interactive": (found.interactive_by_hour[-1], found.interactive_by_hour[-2]),
        "said": (said[-1], said[-2]),
        "purchases": (purchases[-1], purchases[-2]),
    }


def test_overview_of_nothing() -> None:
    found = numbers(SESSION.empty(), EVENT.empty())
    assert (found.sessions, found.events, found.active, found.revenue) == (0, 0, 0, {})
    assert found.active_by_minute == [0] * 30
    assert found.events_by_hour == [0] * 24


def test_revenue_is_exact_beyond_floats_and_beyond_28_digits() -> None:
    amounts = [0.1, 0.2, 10**40 + 1, -(10**40), 1e-30]
    events = decoded(EVENT, [{"eventType": "PURCHASE", "int1": amount, "str2": "EUR"} for amount in amounts])
    assert numbers(SESSION.empty(), events).revenue == {"EUR": Decimal("1.300000000000000000000000000001")}


def test_an_amount_that_no_float_holds_counts_exactly() -> None:
    amounts = [10**400, 1, -(10**400), 10**400]
    events = decoded(EVENT, [{"eventType": "PURCHASE", "int1": amount, "str2": "EUR"} for amount in amounts])
    overview = numbers(SESSION.empty(), events)
    assert overview.revenue == {"EUR": Decimal(10**400 + 1)}
    assert overview.purchases_unreadable == 0


def test_the_currency_of_most_purchases_comes_first() -> None:
    currencies = ["SEK", "EUR", "USD", "eur", None, " usd "]
    events = decoded(EVENT, [{"eventType": "PURCHASE", "int1": 1, "str2": name} for name in currencies])
    assert list(numbers(SESSION.empty(), events).revenue) == ["EUR", "USD", "", "SEK"]


def test_amounts_in_different_units_are_not_added() -> None:
    units = ["€", "US$", "kr", None, "", "  ", "?", "eur", " € "]
    events = decoded(EVENT, [{"eventType": "PURCHASE", "int1": 1 << n, "str2": unit} for n, unit in enumerate(units)])
    assert numbers(SESSION.empty(), events).revenue == {
        "": Decimal(8 + 16 + 32), "€": Decimal(1 + 256), "US$": Decimal(2), "kr": Decimal(4), "?": Decimal(64),
        "EUR": Decimal(128),
    }  # fmt: skip


def test_endless_amounts_are_not_added() -> None:
    events = decoded(EVENT, [{"eventType": "PURCHASE", "int1": 1, "str2": "EUR"}] * 2)
    events["int1"] = pd.Series([float("inf"), float("-inf")], dtype=object)
    found = numbers(SESSION.empty(), events)
    assert (found.purchases, found.purchases_unreadable, found.revenue) == (2, 2, {})


@pytest.mark.parametrize(
    ("interaction", "eventType", "session", "active", "converted", "revenue"),
    [
        (True, "PURCHASE", "a", 1, 1, {"EUR": Decimal(5)}),
        (True, "PURCHASE", None, 0, 0, {"EUR": Decimal(5)}),
        (None, "PURCHASE", "a", 0, 0, {"EUR": Decimal(5)}),
        (False, "PURCHASE", "a", 0, 0, {}),
        (True, "purchase", "a", 1, 0, {}),
        (True, "MONITOR_X", "a", 0, 0, {}),
        (True, "MONITOR", "a", 1, 0, {}),
        (True, None, "a", 1, 0, {}),
    ],
)
def test_people_and_machines(
    interaction: bool | None, eventType: str | None, session: str | None, active: int, converted: int, revenue: Any
) -> None:
    record = {
        "eventType": eventType, "interaction": interaction, "sessionId": session, "eventTime": ago(minutes=5),
        "int1": 5, "str2": "eur",
    }  # fmt: skip
    found = numbers(SESSION.empty(), decoded(EVENT, [record]))
    assert (found.active, found.converted, found.revenue) == (active, converted, revenue)


@pytest.mark.parametrize(
    ("seconds", "counts"), [(0, True), (-0.000001, False), (1800, False), (1799.999999, True), (900, True)]
)
def test_active_is_half_an_hour_open_at_its_begin(seconds: float, counts: bool) -> None:
    event = {"eventType": "SEARCH", "interaction": True, "sessionId": "a", "eventTime": ago(seconds=seconds)}
    assert numbers(SESSION.empty(), decoded(EVENT, [event])).active == counts


def test_categories_join_and_count_like_text() -> None:
    sessions = decoded(SESSION, [{"sessionId": "a", "spaceId": "s"}, {"sessionId": "b", "spaceId": "t"}])
    events = decoded(
        EVENT, [{"sessionId": "b", "interaction": True, "eventType": "X", "eventTime": ago(minutes=1)}] * 3
    )
    texts = joined(sessions, events)
    categories = joined(
        sessions.astype({"sessionId": "category", "spaceId": "category"}),
        events.astype({"sessionId": "category", "eventType": "category"}),
    )
    spaces = (data.events.frame["spaceId"].tolist() for data in (categories, texts))
    assert list(spaces) == [["t"] * 3] * 2
    assert overview(categories.database, NOW) == overview(texts.database, NOW)
    assert value_counts(categories.database, "events", "spaceId").to_dict() == {"t": 3}


def test_a_window_has_both_its_ends() -> None:
    times = [ago(hours=24), ago(hours=24, microseconds=1), ago(), ago(microseconds=-1), None, ago(hours=5)]
    events = decoded(EVENT, [{"eventTime": time} for time in times])
    window = Window(NOW - pd.Timedelta(hours=24), NOW)
    inside = joined(SESSION.empty(), events).matching_events(EventFilter(span=window))
    assert sorted(inside.positions.tolist()) == [0, 2, 5]
    assert overview_numbers.outside(Database(events=events), window) == Outside(1, 1, 1)


def test_value_counts_go_down_and_then_by_value() -> None:
    events = decoded(EVENT, [{"eventType": name} for name in ["b", "a", "c", "c", None, "B", "ä"]])
    counts = counts_of(events, "eventType")
    assert list(counts.items()) == [("c", 2), ("B", 1), ("a", 1), ("b", 1), ("ä", 1)]
    assert counts_of(EVENT.empty(), "eventType").empty
    exact = decoded(EVENT, [{"int1": value} for value in (1, 1.0, 2**60, 0.5)])
    assert counts_of(exact, "int1").to_dict() == {1: 2, 0.5: 1, 2**60: 1}
    assert counts_of(decoded(EVENT, [{"interaction": True}, {}]), "interaction").to_dict() == {True: 1}

"""Numbers of each store against a count over the raw records in plain Python."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.span_numbers import comparison
from dashboard.analysis.store_numbers import StoreNumbers, store_numbers
from dashboard.filters import Condition, Window
from tests.dashboard import frames
from tests.dashboard.analysis import shop
from tests.dashboard.frames import NOW, Record, calm, moment_of


def by_space(found: StoreNumbers) -> dict[str | None, dict[str, int]]:
    rows = found.counts.to_dict("records")
    return {
        None if pd.isna(row["spaceId"]) else row["spaceId"]: {
            str(name): int(number) for name, number in row.items() if name != "spaceId"
        }
        for row in rows
    }


@calm
@given(shop.sessions, shop.events, shop.spans, st.sampled_from(["", "x"]))
def test_each_store_has_what_the_docstring_says(
    sessions: list[Record], events: list[Record], span: Window | None, only: str
) -> None:
    compared = comparison(span, shop.DAY)
    # A filter on events changes nothing; one on stores narrows.
    conditions = (Condition("eventType", ("SEARCH",)), *((Condition("spaceId", (only,)),) if only else ()))
    found = store_numbers(shop.shop(sessions, events).database, NOW, compared, EventFilter(conditions))
    numbers = by_space(found)

    spaces = shop.spaces_of(sessions)
    kept = frames.one_each(sessions)
    of_event = [(spaces.get(event["sessionId"] or "-"), event) for event in events]
    expected_spaces = {one.get("spaceId") for one in kept} | {space for space, event in of_event if event["sessionId"]}
    expected_spaces |= {space for space, event in of_event if shop.is_purchase(event)}
    if only:
        expected_spaces &= {only}
    assert set(numbers) == expected_spaces
    assert [space for space in numbers if space is not None] == sorted(space for space in numbers if space is not None)

    for space, own_numbers in numbers.items():
        own = [event for other, event in of_event if other == space]
        created = [one for one in kept if one.get("spaceId") == space]

        def inside(event: Record) -> bool:
            return shop.in_span(event, "eventTime", compared.shown)

        visitors = {event["sessionId"] for event in own if shop.is_visit(event) and inside(event)}
        purchases = [event for event in own if shop.is_purchase(event)]
        shown = [event for event in purchases if inside(event)]
        active = {
            event["sessionId"]
            for event in own
            if shop.is_visit(event)
            and (moment := moment_of(event, "eventTime")) is not None
            and shop.half_hour_ago() < moment <= NOW
        }
        assert own_numbers["active"] == len(active)
        assert own_numbers["sessions"] == sum(shop.in_span(one, "sessionCreated", compared.shown) for one in created)
        assert own_numbers["visitors"] == len(visitors)
        assert own_numbers["converted"] == len(visitors & {event["sessionId"] for event in shown})
        assert own_numbers["purchases"] == len(shown)
        assert own_numbers["unreadable"] == sum(event.get("int1") is None for event in shown)
        for name, other in (("newer", compared.newer), ("earlier", compared.earlier)):
            dated = [event for event in purchases if other and shop.in_span(event, "eventTime", other)]
            assert own_numbers[f"purchases_{name}"] == len(dated)
            begun = [one for one in created if other and shop.in_span(one, "sessionCreated", other)]
            assert own_numbers[f"sessions_{name}"] == len(begun)
        assert dict(found.revenue.get(space, {})) == shop.revenue(shown)


def test_nothing_has_no_stores() -> None:
    found = store_numbers(shop.shop([], []).database, NOW, comparison(None, shop.DAY))
    assert found.counts.empty
    assert (found.revenue, found.units) == ({}, ())

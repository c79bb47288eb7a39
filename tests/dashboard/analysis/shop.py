"""Records of shops that real traffic could hold, and what they mean, in plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from dashboard.analysis.joined_events import JoinedEvents, joined
from dashboard.filters import Window
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, decoded, moment_of

FUNNEL = ["CATEGORY_VIEW", "PRODUCT_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE"]
DAY = Window(NOW - pd.Timedelta(hours=24), NOW)

_ids = st.sampled_from([None, "", "a", "b", "c", "ä"])
sessions = st.lists(
    st.fixed_dictionaries(
        {"sessionId": _ids, "sessionCreated": frames.times},
        optional={
            "spaceId": st.sampled_from([None, "", "x", "y", "=1"]),
            "latitude": st.sampled_from([None, 0, 1.5, 59.3, -33.9, 90, 95, 85.0511]),
            "longitude": st.sampled_from([None, 0, 18.1, 179.9, -179.9, 181]),
            "locationAccuracy": st.sampled_from([None, 0, -4, 12.5, 30, 1e9]),
        },
    ),
    max_size=12,
).map(frames.with_ids)
events = st.lists(
    st.fixed_dictionaries(
        {
            "sessionId": _ids,
            "eventTime": frames.times,
            "eventType": st.sampled_from([*FUNNEL, *FUNNEL, "SEARCH", "MONITOR_X", "APP_START", "", None]),
            "interaction": st.sampled_from([True, True, False, None]),
        },
        optional={
            "productId": st.sampled_from([None, "", "p", "q"]),
            "int1": st.one_of(st.none(), frames.numbers),
            "str1": st.sampled_from([None, "", " ", "Shirt", "shirt ", "röd"]),
            "str2": st.sampled_from([None, "eur", "EUR ", "€", "SEK"]),
        },
    ),
    max_size=25,
)
spans = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 1440), st.integers(0, 1440)).map(
        lambda ends: Window(NOW - pd.Timedelta(minutes=max(ends)), NOW - pd.Timedelta(minutes=min(ends)))
    ),
)


def shop(sessions: list[Record], events: list[Record]) -> JoinedEvents:
    return joined(decoded(SESSION, sessions), decoded(EVENT, events), NOW)


def in_span(record: Record, field: str, span: Window | None) -> bool:
    if span is None:
        return True
    moment = moment_of(record, field)
    return moment is not None and span.start <= pd.Timestamp(moment) <= span.end


def is_visit(event: Record) -> bool:
    return (
        event["interaction"] is True
        and not (event["eventType"] or "").lstrip().upper().startswith("MONITOR_")
        and bool(event["sessionId"])
    )


def is_purchase(event: Record) -> bool:
    return event["eventType"] == "PURCHASE" and event["interaction"] is not False


def unit_of(event: Record) -> str:
    name = (event.get("str2") or "").strip()
    return name.upper() if len(name) == 3 and all("A" <= letter <= "Z" for letter in name.upper()) else name


def revenue(purchases: Iterable[Record]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    with localcontext(prec=2000):
        for event in purchases:
            if event.get("int1") is not None:
                sums[unit_of(event)] = sums.get(unit_of(event), Decimal(0)) + Decimal(repr(event["int1"]))
    return sums


def spaces_of(sessions: list[Record]) -> dict[str, Any]:
    """The store of each session that has an id; None for none."""
    return {one["sessionId"]: one.get("spaceId") for one in frames.one_each(sessions) if one["sessionId"]}


def half_hour_ago() -> datetime:
    return NOW.to_pydatetime().astimezone(UTC) - timedelta(minutes=30)

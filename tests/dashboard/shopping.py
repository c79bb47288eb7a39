"""Records of shoppers, as odd as real traffic has them, and what they did, read in plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd
from hypothesis import strategies as st

from dashboard.analysis.joined_events import JoinedEvents, joined
from dashboard.filters import Window
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, ago, decoded, moment_of

STEPS = ("CATEGORY_VIEW", "PRODUCT_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE")
TYPES = (*STEPS, "CART_REMOVE", "SEARCH", "MONITOR_X", "Äpple", "", None)
SPAN = Window(NOW - pd.Timedelta(hours=3), NOW)

# Few moments, so that many are equal; the ends of the span, the future, and none.
times = st.sampled_from([None, *(ago(seconds=n) for n in (-60, 0, 1, 2, 60, 1800, 1801, 3600, 10_800, 10_801, 90_000))])
interactions = st.sampled_from([True, True, True, None, False])
ids = st.sampled_from([None, "", "a", "b", "c"])
items = st.sampled_from([None, "", "p", "q", "ü"])


def events(types: Iterable[str | None] = TYPES, longest: int = 30) -> st.SearchStrategy[list[Record]]:
    one = st.fixed_dictionaries(
        {
            "sessionId": ids,
            "eventTime": times,
            "eventType": st.sampled_from(list(types)),
            "interaction": interactions,
        },
        optional={
            "productId": items,
            "categoryId": items,
            "int1": st.one_of(st.none(), frames.numbers, st.integers(1, 5)),
            "str1": st.one_of(st.none(), frames.texts, st.sampled_from(["Yoga", "yoga ", "YOGA", "ß", "SS"])),
            "str2": st.one_of(st.none(), st.sampled_from(["EUR", "eur", "€", " SEK "])),
        },
    )
    return st.lists(one, max_size=longest).map(frames.with_ids)


sessions = st.lists(
    st.fixed_dictionaries({"sessionId": ids, "spaceId": st.sampled_from([None, "s", "t"]), "sessionCreated": times}),
    max_size=4,
).map(frames.with_ids)


def join(sessions: list[Record], events: list[Record]) -> JoinedEvents:
    return joined(decoded(SESSION, sessions), decoded(EVENT, events), now=NOW)


def time_of(event: Record) -> datetime:
    moment = moment_of(event, "eventTime")
    assert moment is not None
    return moment


def in_order(events: Iterable[Record]) -> list[Record]:
    """Oldest first; of equal times the larger captureId first, as the order of records says."""
    by_id = sorted(events, key=lambda event: event["captureId"], reverse=True)
    return sorted(by_id, key=time_of)


def is_dated(event: Record, span: Window | None) -> bool:
    moment = moment_of(event, "eventTime")
    return moment is not None and (span is None or span.start <= moment <= span.end)


def of_people(events: Iterable[Record], span: Window | None = None) -> dict[str, list[Record]]:
    """The events of each session, in order, that a person may have done."""
    found: dict[str, list[Record]] = {}
    for event in events:
        if (
            event["sessionId"]
            and event["interaction"] is not False
            and not (event["eventType"] or "").lstrip().upper().startswith("MONITOR_")
            and is_dated(event, span)
        ):
            found.setdefault(event["sessionId"], []).append(event)
    return {name: in_order(own) for name, own in found.items()}


def quantity(event: Record) -> float:
    value = event.get("int1")
    return float(value) if value is not None and value > 0 else 1.0


def seconds(span: timedelta) -> float:
    return span.total_seconds()

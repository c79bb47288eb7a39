"""Products and searches against a count over the raw records in plain Python."""

from __future__ import annotations

from hypothesis import given

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.top_lists import top_products, top_searches
from dashboard.filters import Condition, Window
from tests.dashboard.analysis import shop
from tests.dashboard.frames import Record, calm

BY_TYPE = EventFilter((Condition("eventType", ("CHECKOUT",)),))


def of_people(events: list[Record], span: Window | None) -> list[Record]:
    return [
        event
        for event in events
        if event["interaction"] is not False
        and event["sessionId"]
        and event["eventTime"]
        and shop.in_span(event, "eventTime", span)
    ]


@calm
@given(shop.events, shop.spans)
def test_the_products_that_most_sessions_viewed(events: list[Record], span: Window | None) -> None:
    found = top_products(shop.shop([], events).database, span, BY_TYPE, most=1)
    own = of_people(events, span)

    def sessions(product: str, eventType: str) -> int:
        return len({e["sessionId"] for e in own if e.get("productId") == product and e["eventType"] == eventType})

    numbers = [(name, sessions(name, "PRODUCT_VIEW"), sessions(name, "CART_ADD")) for name in ("p", "q")]
    ranked = sorted((row for row in numbers if row[1] or row[2]), key=lambda row: (-row[1], -row[2], row[0]))
    assert [tuple(row) for row in found.itertuples(index=False)] == ranked[:1]


@calm
@given(shop.events, shop.spans)
def test_the_texts_that_most_sessions_searched_for(events: list[Record], span: Window | None) -> None:
    found = top_searches(shop.shop([], events).database, span, BY_TYPE)
    counted: dict[str, list[str]] = {}
    written: dict[str, list[str]] = {}
    for event in of_people(events, span):
        text = event.get("str1") or ""
        if event["eventType"] == "SEARCH" and text.strip():
            counted.setdefault(text.strip().casefold(), []).append(event["sessionId"])
            written.setdefault(text.strip().casefold(), []).append(text)
    shown = {key: min(own, key=lambda text: (-own.count(text), text)).strip() for key, own in written.items()}
    ranked = sorted((-len(set(own)), -len(own), shown[key]) for key, own in counted.items())
    expected = [(text, -sessions, -searches) for sessions, searches, text in ranked]
    assert [tuple(row) for row in found.itertuples(index=False)] == expected

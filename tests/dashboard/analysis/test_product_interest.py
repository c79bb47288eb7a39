"""Products and categories against a count in plain Python."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.product_interest import COUNTS, product_interest
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import Record, ago, calm
from tests.dashboard.shopping import SPAN, STEPS, join, of_people, quantity, time_of


def amount(event: Record) -> Decimal | None:
    """The amount of a purchase to nine digits after the point; None where it is missing or too large for that."""
    value = event.get("int1")
    if value is None or abs(Decimal(repr(value))) >= Decimal(10) ** 19:
        return None
    return Decimal(repr(value)).quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)


def unit(event: Record) -> str:
    text = (event.get("str2") or "").strip()
    return text.upper() if text.isalpha() else text


def categories(events: list[Record]) -> dict[str, str]:
    """The category that most events of a product name, of equals the last by name."""
    found: dict[str, Counter[str]] = {}
    for event in events:
        if event.get("productId") and event.get("categoryId"):
            found.setdefault(event["productId"], Counter())[event["categoryId"]] += 1
    return {item: max(counts, key=lambda name: (counts[name], name)) for item, counts in found.items()}


@calm
@given(
    shopping.events((*STEPS, "CART_REMOVE", "MONITOR_X"), 40),
    st.sampled_from([None, SPAN]),
    st.sampled_from(["productId", "categoryId"]),
)
def test_items_count_what_the_docstring_says(
    events: list[Record], span: Window | None, by: Literal["productId", "categoryId"]
) -> None:
    own = of_people(events, span)
    kinds = {"PRODUCT_VIEW", "CATEGORY_VIEW", "CART_ADD", "CART_REMOVE", "PURCHASE"}
    of_product = categories([event for one in own.values() for event in one if event["eventType"] in kinds])

    def item_of(event: Record) -> str | None:
        if by == "productId":
            return event.get("productId") or None
        return event.get("categoryId") or of_product.get(event.get("productId") or "") or None

    views = {"PRODUCT_VIEW"} if by == "productId" else {"PRODUCT_VIEW", "CATEGORY_VIEW"}
    counts: dict[str, dict[str, float]] = {}
    revenue: dict[str, dict[str, Decimal]] = {}
    unreadable = 0
    for one in own.values():
        deeds = [event for event in one if event["eventType"] in kinds - {"PURCHASE"}]
        purchases = [event for event in one if event["eventType"] == "PURCHASE"]
        for item in {item_of(event) for event in deeds} - {None}:
            mine = [event for event in deeds if item_of(event) == item]
            viewed = [event for event in mine if event["eventType"] in views]
            added = [event for event in mine if event["eventType"] == "CART_ADD"]
            removed = [event for event in mine if event["eventType"] == "CART_REMOVE"]
            after = [event for event in purchases if added and time_of(event) >= min(map(time_of, added))]
            row = counts.setdefault(str(item), dict.fromkeys(COUNTS, 0))
            row["viewed"] += bool(viewed)
            row["views"] += len(viewed)
            row["carts"] += bool(added)
            row["added"] += sum(map(quantity, added))
            row["removed"] += sum(map(quantity, removed))
            row["bought"] += bool(after)
            row["viewed, not bought"] += bool(viewed) and not after
            for purchase in after:
                value = amount(purchase)
                if value is None:
                    unreadable += 1
                else:
                    sums = revenue.setdefault(str(item), {})
                    sums[unit(purchase)] = sums.get(unit(purchase), Decimal(0)) + value
    found = product_interest(join([], events).database, by, EventFilter(span=span))
    table = found.counts.to_dict("index")
    assert {item: {name: pytest.approx(value) for name, value in row.items()} for item, row in counts.items()} == table
    assert found.revenue == revenue
    assert found.unreadable == unreadable


def test_revenue_of_different_currencies_is_not_added() -> None:
    common = {"interaction": True, "eventTime": ago(seconds=5)}
    events = [
        {**common, "sessionId": name, "captureId": f"{name}{n}", **more}
        for name, currency in (("a", "EUR"), ("b", "sek"), ("c", "EUR"))
        for n, more in enumerate(
            [{"eventType": "CART_ADD", "productId": "p"}, {"eventType": "PURCHASE", "int1": 0.1, "str2": currency}]
        )
    ]
    found = product_interest(join([], events).database)
    assert found.revenue == {"p": {"EUR": Decimal("0.2"), "SEK": Decimal("0.1")}}
    assert product_interest(join([], []).database).counts.empty

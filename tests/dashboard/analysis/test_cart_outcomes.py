"""Carts and checkouts against a walk through each session in plain Python."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.cart_outcomes import Outcomes, cart_outcomes
from dashboard.analysis.event_filter import EventFilter
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import NOW, Record, ago, calm
from tests.dashboard.shopping import SPAN, STEPS, in_order, join, of_people, quantity, time_of


def last(events: list[Record], eventType: str) -> datetime | None:
    return max((time_of(event) for event in events if event["eventType"] == eventType), default=None)


@calm
@given(shopping.events((*STEPS, "CART_REMOVE", "MONITOR_X"), 30), st.sampled_from([None, SPAN]))
def test_outcomes_count_what_the_docstring_says(events: list[Record], span: Window | None) -> None:
    now = NOW.to_pydatetime()
    past = [event for event in events if event["eventTime"] is None or time_of(event) <= now]
    carts, checkouts = [0, 0, 0], [0, 0, 0]
    added = removed = 0.0
    gaps: list[float] = []
    abandoned: list[str] = []
    value: dict[str, Decimal] = {}
    valued = 0
    for name, own in of_people(past, span).items():
        cart, checkout, purchase = (last(own, kind) for kind in ("CART_ADD", "CHECKOUT", "PURCHASE"))
        shopped = [moment for moment in (cart, checkout) if moment is not None]
        if not shopped:
            continue
        active = max(map(time_of, own)) > now - timedelta(minutes=30)
        added += sum(quantity(event) for event in own if event["eventType"] == "CART_ADD")
        removed += sum(quantity(event) for event in own if event["eventType"] == "CART_REMOVE")
        for moment, counts in ((cart, carts), (checkout, checkouts)):
            if moment is not None:
                bought = purchase is not None and purchase >= moment
                counts[0] += 1
                counts[1] += bought
                counts[2] += not bought and active
        if checkout and purchase and purchase >= checkout:
            gaps.append((purchase - checkout).total_seconds())
        if active or (purchase is not None and purchase >= max(shopped)):
            continue
        abandoned.append(name)
        if checkout is not None:
            newest = in_order(event for event in own if event["eventType"] == "CHECKOUT")[-1]
            amount = newest.get("int1")
            if amount is not None and abs(Decimal(repr(amount))) < Decimal(10) ** 19:
                valued += 1
                unit = (newest.get("str2") or "").strip()
                unit = unit.upper() if unit.isalpha() else unit
                exact = Decimal(repr(amount)).quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)
                value[unit] = value.get(unit, Decimal(0)) + exact

    found = cart_outcomes(join([], events).database, NOW, EventFilter(span=span))
    assert (found.carts, found.checkouts) == (Outcomes(*carts), Outcomes(*checkouts))
    assert (found.added, found.removed) == (pytest.approx(added), pytest.approx(removed))
    assert found.seconds_to_purchase == (median(gaps) if gaps else None)
    assert sorted(found.abandoned["sessionId"]) == sorted(abandoned)
    assert found.abandoned["last event"].is_monotonic_decreasing
    assert (found.value, found.valued) == (value, valued)


@pytest.mark.parametrize(
    ("types", "minutes", "outcome"),
    [
        (("CART_ADD", "PURCHASE"), 60, Outcomes(1, 1, 0)),
        (("CART_ADD", "PURCHASE", "CART_ADD"), 60, Outcomes(1, 0, 0)),
        (("CART_ADD",), 60, Outcomes(1, 0, 0)),
        (("CART_ADD",), 5, Outcomes(1, 0, 1)),
        (("CART_ADD", "PURCHASE"), 5, Outcomes(1, 1, 0)),
    ],
)
def test_bought_open_and_abandoned(types: tuple[str, ...], minutes: int, outcome: Outcomes) -> None:
    events = [
        {"sessionId": "a", "captureId": f"{n}", "eventType": name, "eventTime": ago(minutes=minutes, seconds=-n)}
        for n, name in enumerate(types)
    ]
    found = cart_outcomes(join([], events).database, NOW)
    assert found.carts == outcome
    assert len(found.abandoned) == outcome.abandoned
    assert isinstance(found.abandoned["last event"].dtype, pd.DatetimeTZDtype)


def test_carts_of_nothing() -> None:
    found = cart_outcomes(join([], []).database, NOW)
    assert (found.carts, found.added, found.seconds_to_purchase, found.value) == (Outcomes(0, 0, 0), 0, None, {})
    assert found.abandoned.empty

"""The course of a session against a walk through its records in plain Python."""

from __future__ import annotations

from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given

from dashboard.analysis.session_course import furthest_step, quantity_of, session_course
from gridrt_client.schema import EVENT
from tests.dashboard import shopping
from tests.dashboard.frames import Record, ago, calm, decoded
from tests.dashboard.shopping import STEPS, in_order, time_of


def cart_events(*deeds: tuple[str, str | None, Any]) -> list[Record]:
    return [
        {"captureId": f"{n}", "eventType": kind, "productId": product, "int1": int1, "eventTime": ago(seconds=90 - n)}
        for n, (kind, product, int1) in enumerate(deeds)
    ]


@calm
@given(shopping.events((*STEPS, "CART_REMOVE", "CART_CLEAR", "MONITOR_X", None), 25))
def test_a_session_is_told_in_order(events: list[Record]) -> None:
    dated = in_order(event for event in events if event["eventTime"] is not None)
    course = session_course(decoded(EVENT, events))
    listed = course.events["captureId"].tolist()
    assert listed[: len(dated)] == [event["captureId"] for event in dated]
    assert sorted(listed) == sorted(event["captureId"] for event in events)
    gaps = [(time_of(after) - time_of(before)).total_seconds() for before, after in pairwise(dated)]
    assert course.events["gap"].tolist()[1 : len(dated)] == gaps
    assert course.start == (pd.Timestamp(time_of(dated[0])) if dated else None)
    assert course.end == (pd.Timestamp(time_of(dated[-1])) if dated else None)
    assert course.of_people == sum(
        event["interaction"] is True and not (event["eventType"] or "").lstrip().upper().startswith("MONITOR_")
        for event in events
    )
    there = {event["eventType"] for event in events if event["interaction"] is not False}
    assert course.furthest == max((step for step in STEPS if step in there), key=STEPS.index, default=None)
    purchases = [event for event in events if event["eventType"] == "PURCHASE" and event["interaction"] is not False]
    assert course.purchases == len(purchases)
    assert course.purchases_unreadable == sum(event.get("int1") is None for event in purchases)
    sums: dict[str, Decimal] = {}
    with localcontext(prec=2000):
        for event in purchases:
            if event.get("int1") is not None:
                unit = (event.get("str2") or "").strip()
                unit = unit.upper() if unit.isalpha() else unit
                sums[unit] = sums.get(unit, Decimal(0)) + Decimal(repr(event["int1"]))
    assert course.revenue == sums


@pytest.mark.parametrize(
    ("deeds", "cart"),
    [
        ([("CART_ADD", "p", 2)], {"p": 2}),
        ([("CART_ADD", "p", 2), ("CART_ADD", "q", None), ("CART_ADD", "p", 1)], {"p": 3, "q": 1}),
        ([("CART_ADD", "p", 2), ("CART_REMOVE", "p", 1)], {"p": 1}),
        ([("CART_ADD", "p", 2), ("CART_REMOVE", "p", None)], {}),
        ([("CART_ADD", "p", 2), ("CART_REMOVE", "p", 5)], {}),
        ([("CART_ADD", "p", 2), ("CART_REMOVE", "q", 1)], {"p": 2}),
        ([("CART_ADD", "p", 2), ("CART_CLEAR", None, None), ("CART_ADD", None, 1)], {None: 1}),
        ([("CART_ADD", "p", 2), ("PURCHASE", None, 10)], {}),
        ([("CART_ADD", "p", -2), ("CART_ADD", "q", 0.5)], {"p": 1, "q": 0.5}),
    ],
)
def test_the_cart_as_it_grew(deeds: list[tuple[str, str | None, Any]], cart: dict[str | None, float]) -> None:
    course = session_course(decoded(EVENT, cart_events(*deeds)))
    assert course.events["cart"].iloc[-1] == cart


def test_each_event_has_the_cart_after_it() -> None:
    deeds = [("CART_ADD", "p", 1), ("SEARCH", None, None), ("CART_ADD", "q", 2), ("CART_REMOVE", "p", 1)]
    course = session_course(decoded(EVENT, cart_events(*deeds)))
    assert course.events["cart"].tolist() == [{"p": 1}, {"p": 1}, {"p": 1, "q": 2}, {"q": 2}]


@pytest.mark.parametrize(
    ("int1", "quantity"),
    [(2, 2), (2.0, 2), (0.5, 0.5), (0, None), (-1, None), (None, None), (float("inf"), None), (10**400, 10**400)],
)
def test_quantities(int1: Any, quantity: float | None) -> None:
    assert quantity_of(int1) == quantity


def test_the_furthest_step_is_the_last_of_the_list_that_is_there() -> None:
    assert furthest_step(["CART_ADD", "SEARCH", "CATEGORY_VIEW"]) == "CART_ADD"
    assert furthest_step(["SEARCH"]) is None


def test_a_session_without_events() -> None:
    course = session_course(EVENT.empty())
    assert (len(course.events), course.start, course.furthest, course.revenue) == (0, None, None, {})

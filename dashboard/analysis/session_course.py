"""The course of one session: its events in order, the cart as it grew, the furthest step, the revenue."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.columns import passing, without_categories
from dashboard.analysis.formatting import is_missing
from dashboard.analysis.funnel import EXAMPLE
from dashboard.analysis.joined_events import PURCHASE, newest_first
from dashboard.analysis.purchase_amounts import add_up
from gridrt_client.filtering import holds
from gridrt_client.schema import is_monitor

Cart = dict[str | None, int | float]
"""Quantity by ``productId``, None where an event doesn't name it; in the order in which they were put in."""


@dataclass(frozen=True, eq=False)
class SessionCourse:
    """What happened in one session.

    Attributes
    ----------
    events
        Its events in order (the reverse of `record_order`), undated last, as texts and numbers. Two more columns:
        ``gap``, the seconds since the event before (float64, NaN at the first and for undated ones), and ``cart``, the
        `Cart` after the event (object).
    start, end
        The times of the first and of the last event; None where none has a time.
    of_people
        How many events a person did: ``interaction`` true, not ``MONITOR_*``.
    furthest
        The last of `funnel.EXAMPLE` that the session has an event of, not done by a machine; None for none of them.
    revenue
        As `overview_numbers.Overview.revenue`, of this session.
    purchases, purchases_unreadable
        How many purchases; how many of them have no finite ``int1``.
    """

    events: pd.DataFrame
    start: pd.Timestamp | None
    end: pd.Timestamp | None
    of_people: int
    furthest: str | None
    revenue: dict[str, Decimal]
    purchases: int
    purchases_unreadable: int


def session_course(events: pd.DataFrame) -> SessionCourse:
    """Return the course of a session whose events, with the columns of `schema.EVENT`, are all those given."""
    own = without_categories(newest_first(events).iloc[::-1])
    own = own.sort_values("eventTime", kind="stable", na_position="last").reset_index(drop=True)
    times, types = own["eventTime"], own["eventType"]
    carts = pd.Series([None] * len(own), dtype=object)
    for place, cart in enumerate(_carts(own)):
        carts[place] = cart
    of_machines = holds(own["interaction"], False)
    seen = set(types[~of_machines].dropna())
    purchases = own[holds(types, PURCHASE) & ~of_machines]
    units = (None if is_missing(unit) else unit for unit in purchases["str2"].array)
    amounts = add_up(("all", amount, unit, 1) for amount, unit in zip(purchases["int1"].array, units, strict=True))
    dated = times.dropna()
    return SessionCourse(
        events=own.assign(gap=times.diff().dt.total_seconds(), cart=carts),
        start=dated.iloc[0] if len(dated) else None,
        end=dated.iloc[-1] if len(dated) else None,
        of_people=int(np.count_nonzero(holds(own["interaction"], True) & ~passing(types, is_monitor))),
        furthest=furthest_step(seen),
        revenue=amounts.of("all"),
        purchases=len(purchases),
        purchases_unreadable=amounts.unreadable.total(),
    )


def furthest_step(types: Iterable[str], steps: Sequence[str] = EXAMPLE) -> str | None:
    """Return the last of the steps that is among the event types, whatever their order; None for none."""
    seen = set(types)
    return next((step for step in reversed(steps) if step in seen), None)


def quantity_of(int1: Any) -> int | float | None:
    """Return the quantity that ``int1`` of a cart event says; None where it is missing, not finite or not above 0."""
    if is_missing(int1) or (isinstance(int1, float) and not math.isfinite(int1)) or int1 <= 0:
        return None
    quantity: int | float = int(int1) if isinstance(int1, float) and int1.is_integer() else int1
    return quantity


def _carts(events: pd.DataFrame) -> list[Cart]:
    """The cart after each event.

    ``CART_ADD`` adds its quantity, one where it says none; ``CART_REMOVE`` takes away its quantity, all of the product
    where it says none; ``CART_CLEAR`` and a purchase empty the cart.
    """
    found: list[Cart] = []
    cart: Cart = {}
    for eventType, product, int1, interaction in zip(
        *(events[name].array for name in ("eventType", "productId", "int1", "interaction")), strict=True
    ):
        name = None if is_missing(product) else str(product)
        if eventType == "CART_ADD":
            cart = {**cart, name: cart.get(name, 0) + (quantity_of(int1) or 1)}
        elif eventType == "CART_REMOVE" and name in cart:
            taken = quantity_of(int1)
            left = 0 if taken is None else cart[name] - taken
            cart = {key: left if key == name else value for key, value in cart.items() if key != name or left > 0}
        elif eventType == "CART_CLEAR" or (eventType == PURCHASE and interaction is not False):
            cart = {}
        found.append(cart)
    return found

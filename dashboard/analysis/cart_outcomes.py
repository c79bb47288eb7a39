"""Carts and checkouts: which ended in a purchase, which were abandoned, which are still open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import PURCHASE
from dashboard.analysis.overview_numbers import ACTIVE_MINUTES
from dashboard.analysis.people_events import rows
from dashboard.analysis.product_interest import QUANTITY
from dashboard.analysis.purchase_amounts import currency_of

SHOPPING: Final = """
    with sessions_with as materialized (
        select visitor,
            max(eventTime) filter (eventType = 'CART_ADD') as cart,
            max(eventTime) filter (eventType = 'CHECKOUT') as checkout,
            max(eventTime) filter (eventType = $purchase) as purchase,
            max(eventTime) as last,
            any_value(spaceId) as spaceId, any_value(sessionId) as sessionId,
            coalesce(sum({quantity}) filter (eventType = 'CART_ADD'), 0) as added,
            coalesce(sum({quantity}) filter (eventType = 'CART_REMOVE'), 0) as removed
        from events where {people} and eventTime <= $now group by visitor
        having cart is not null or checkout is not null),
    outcomes as (
        select *, last > $now - to_minutes({minutes}) as is_active,
            coalesce(purchase >= cart, false) as cart_bought,
            coalesce(purchase >= checkout, false) as checkout_bought,
            coalesce(purchase >= greatest(cart, checkout), false) as bought
        from sessions_with)
"""
NUMBERS: Final = """
    select count(cart), count(*) filter (cart is not null and cart_bought),
        count(*) filter (cart is not null and not cart_bought and is_active),
        count(checkout), count(*) filter (checkout is not null and checkout_bought),
        count(*) filter (checkout is not null and not checkout_bought and is_active),
        coalesce(sum(added), 0), coalesce(sum(removed), 0),
        median(epoch_us(purchase) - epoch_us(checkout)) filter (checkout_bought)
    from outcomes
"""
ABANDONED: Final = """
    select sessionId, spaceId, last, checkout is not null, added, removed
    from outcomes where not bought and not is_active order by last desc, sessionId limit {most}
"""
VALUE: Final = """
    select str2, sum(try_cast(int1 as decimal(28, 9))), count(*)
    from outcomes join (
        select visitor, int1, str2 from events where eventType = 'CHECKOUT' and eventTime <= $now and {people}
        qualify row_number() over (partition by visitor order by newest) = 1) using (visitor)
    where not bought and not is_active and try_cast(int1 as decimal(28, 9)) is not null group by str2
"""


@dataclass(frozen=True)
class Outcomes:
    """Sessions with a cart, or with a checkout: how many there are, and how they ended.

    ``bought``: a purchase at or after their last ``CART_ADD``, or ``CHECKOUT``. ``ongoing``: not bought, but with an
    event in the last 30 minutes. ``abandoned``: the others.
    """

    sessions: int
    bought: int
    ongoing: int

    @property
    def abandoned(self) -> int:
        return self.sessions - self.bought - self.ongoing


@dataclass(frozen=True, eq=False)
class CartOutcomes:
    """Carts and checkouts of a span.

    Attributes
    ----------
    carts, checkouts
        Sessions with ``CART_ADD``; with ``CHECKOUT``.
    added, removed
        Quantity put into carts and taken out (``int1``, one where it isn't a number above 0).
    seconds_to_purchase
        The median time from a session's last ``CHECKOUT`` to its last purchase, where that isn't before; None for none.
    value
        Of abandoned sessions whose last ``CHECKOUT`` has an amount (``int1``), the sum by unit (``str2``).
    valued
        How many sessions these are.
    abandoned
        The newest sessions whose cart or checkout was abandoned, at most `MOST_ABANDONED`. Columns ``sessionId``,
        ``spaceId`` (text), ``last event`` (UTC), ``checkout`` (whether they came so far), ``added``, ``removed``.
    """

    carts: Outcomes
    checkouts: Outcomes
    added: float
    removed: float
    seconds_to_purchase: float | None
    value: dict[str, Decimal]
    valued: int
    abandoned: pd.DataFrame


MOST_ABANDONED: Final = 1_000


def cart_outcomes(database: Database, now: pd.Timestamp, chosen: EventFilter = EVERYTHING) -> CartOutcomes:
    """Return how carts and checkouts ended, as of ``now`` (UTC); events from the future take no part."""
    shared = SHOPPING.replace("{quantity}", QUANTITY).replace("{minutes}", str(ACTIVE_MINUTES))
    given = {"now": now, "purchase": PURCHASE}
    (numbers,) = rows(database, chosen, shared + NUMBERS, **given)
    *counts, added, removed, microseconds = numbers
    value: dict[str, Decimal] = {}
    valued = 0
    for unit, amount, sessions in rows(database, chosen, shared + VALUE, **given):
        valued += sessions
        value[currency_of(unit)] = value.get(currency_of(unit), Decimal(0)) + amount
    columns = ["sessionId", "spaceId", "last event", "checkout", "added", "removed"]
    found = rows(database, chosen, shared + ABANDONED.replace("{most}", str(MOST_ABANDONED)), **given)
    abandoned = pd.DataFrame(found, columns=columns).astype(
        {"sessionId": "str", "spaceId": "str", "last event": "datetime64[us]", "checkout": "bool", "added": "float64",
         "removed": "float64"}
    )  # fmt: skip
    abandoned["last event"] = abandoned["last event"].dt.tz_localize("UTC")
    return CartOutcomes(
        Outcomes(*counts[:3]),
        Outcomes(*counts[3:]),
        added,
        removed,
        None if microseconds is None else microseconds / 1_000_000,
        value,
        valued,
        abandoned,
    )

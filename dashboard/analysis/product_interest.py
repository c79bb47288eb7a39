"""Products and categories: viewed, put into carts, bought, and what sessions that bought them brought in.

A purchase hardly ever names a product. A product is *bought* in a session that put it into the cart (``CART_ADD``) and
has a purchase at or after its first time there. Taking it out again doesn't undo that.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import PURCHASE
from dashboard.analysis.people_events import rows
from dashboard.analysis.purchase_amounts import currency_of

COUNTS: Final = ("viewed", "views", "carts", "added", "removed", "bought", "viewed, not bought")

QUANTITY: Final = "case when try_cast(int1 as double) > 0 then try_cast(int1 as double) else 1 end"

# What each session did with each product or category; the statements go on from there.
DEEDS: Final = """
    with relevant as materialized (
        select visitor, productId, categoryId, eventType, eventTime, int1, str2 from events
        where eventType in ('PRODUCT_VIEW', 'CATEGORY_VIEW', 'CART_ADD', 'CART_REMOVE', $purchase) and {people}),
    purchases as (select visitor, max(eventTime) as last from relevant where eventType = $purchase group by visitor),
    of_product as (
        select productId, arg_max(categoryId, (number, categoryId)) as category from (
            select productId, categoryId, count(*) as number from relevant
            where productId <> '' and categoryId <> '' group by all)
        group by productId),
    named as (
        select visitor, eventType, eventTime, int1, {item} as item
        from relevant left join of_product using (productId) where eventType <> $purchase),
    deeds as materialized (
        select visitor, item,
            count(*) filter (eventType in ('PRODUCT_VIEW', 'CATEGORY_VIEW')) as views,
            min(eventTime) filter (eventType = 'CART_ADD') as added_at,
            coalesce(sum({quantity}) filter (eventType = 'CART_ADD'), 0) as added,
            coalesce(sum({quantity}) filter (eventType = 'CART_REMOVE'), 0) as removed
        from named where item <> '' group by visitor, item),
    outcomes as (
        select deeds.*, coalesce(added_at <= last, false) as bought
        from deeds left join purchases using (visitor))
"""
NUMBERS: Final = """
    select item, count(*) filter (views > 0) as viewed, sum(views)::bigint, count(added_at), sum(added), sum(removed),
        count(*) filter (bought), count(*) filter (views > 0 and not bought)
    from outcomes group by item order by viewed desc, item
"""
REVENUE: Final = """
    select item, str2, sum(try_cast(int1 as decimal(28, 9))),
        count(*) filter (try_cast(int1 as decimal(28, 9)) is null)
    from outcomes join relevant using (visitor)
    where bought and eventType = $purchase and eventTime >= added_at group by all
"""
ITEMS: Final = {
    "productId": "productId",
    "categoryId": "coalesce(nullif(relevant.categoryId, ''), of_product.category)",
}


@dataclass(frozen=True, eq=False)
class ProductInterest:
    """What sessions did with each product, or each category.

    Attributes
    ----------
    counts
        One row per product or category that is named, index its id (text), most viewed first. Columns, int64 but for
        the quantities (float64): ``viewed`` (sessions that viewed it), ``views`` (events), ``carts`` (sessions that put
        it into the cart), ``added``, ``removed`` (quantity, ``int1``, one where it isn't a number above 0), ``bought``
        (sessions), ``viewed, not bought`` (sessions).
    revenue
        For each that is bought in a session with a readable amount: the sum of the purchases that make it bought, by
        unit; exact to nine digits after the point. It is that of the whole purchase, so that it counts for each product
        in it.
    unreadable
        Purchases of a product without an amount, counted once for each product.
    """

    counts: pd.DataFrame
    revenue: dict[str, dict[str, Decimal]]
    unreadable: int


def product_interest(
    database: Database,
    by: Literal["productId", "categoryId"] = "productId",
    chosen: EventFilter = EVERYTHING,
) -> ProductInterest:
    """Return how products, or categories, go from views to carts to purchases.

    A category is viewed by ``CATEGORY_VIEW`` and by ``PRODUCT_VIEW``. An event that names a product and no category
    counts for the category that most events of that product name.
    """
    shared = DEEDS.replace("{item}", ITEMS[by]).replace("{quantity}", QUANTITY)
    if by == "productId":
        # A category view may name a product that was open before.
        shared = shared.replace("('PRODUCT_VIEW', 'CATEGORY_VIEW')) as views", "('PRODUCT_VIEW')) as views")
    found = rows(database, chosen, shared + NUMBERS, purchase=PURCHASE)
    index = pd.Index([item for item, *_ in found], dtype="str", name=by)
    counts = pd.DataFrame([numbers for _, *numbers in found], index=index, columns=list(COUNTS))
    types = {name: "float64" if name in ("added", "removed") else "int64" for name in COUNTS}
    revenue: dict[str, dict[str, Decimal]] = {}
    unreadable = 0
    for item, unit, amount, without in rows(database, chosen, shared + REVENUE, purchase=PURCHASE):
        unreadable += without
        if amount is not None:
            sums = revenue.setdefault(item, {})
            sums[currency_of(unit)] = sums.get(currency_of(unit), Decimal(0)) + amount
    return ProductInterest(counts.astype(types), revenue, unreadable)

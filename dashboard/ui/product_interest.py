"""Products, or categories: viewed, in carts, bought, and viewed without being bought."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown, money, plural, whole
from dashboard.analysis.product_interest import ProductInterest, product_interest
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table, link_parameters
from dashboard.ui.behaviour_panels import ITEM_ORDERS, ITEMS

HOW = (
    "By session, from what people did in the time range. A purchase doesn't name products: a product is bought in a "
    "session that put it into the cart and has a PURCHASE at or after its first time there, also where it was taken "
    "out again. A category has the events that name it, and those of products that most often come with it."
)
COLUMNS = {
    "viewed": "Sessions that viewed it.",
    "views": "How often it was viewed: PRODUCT_VIEW, of categories CATEGORY_VIEW too.",
    "carts": "Sessions that put it into the cart (CART_ADD).",
    "added": "Quantity put into carts: int1, one where it isn't a number above 0.",
    "removed": "Quantity taken out again (CART_REMOVE), counted in the same way.",
    "bought": "Sessions that put it into the cart and have a purchase afterwards.",
    "bought of carts": "Share of the sessions that put it into the cart.",
    "viewed, not bought": "Sessions that viewed it and did not buy it.",
    "revenue of these purchases": "The whole amounts of the purchases that make it bought, other products in them "
    "included. Nothing is added across currencies.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of items and of their order, and the table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = link_parameters.segments("items", ITEMS, label="Items", default="productId")
        order = link_parameters.segments("itemOrder", ITEM_ORDERS, label="Order", default="viewed")
    field: Literal["productId", "categoryId"] = "categoryId" if by == "categoryId" else "productId"
    found = data.memoize(
        "product_interest",
        lambda: product_interest(data.joined.database, field, data.chosen.within(span)),
        field,
        span,
    )
    noun = "product" if field == "productId" else "category"
    many = "products" if field == "productId" else "categories"
    if found.counts.empty:
        st.info(f"No event in the time range names a {noun}.", icon="🌙")
        return
    never = int((found.counts["bought"] == 0).sum())
    parts = [f"{plural(len(found.counts), noun, many)}, {whole(never)} of them in no purchase."]
    if found.unreadable:
        parts.append(f"{plural(found.unreadable, 'purchase')} without a readable amount not in the revenue.")
    st.caption(escape_markdown(" ".join(parts)), help=HOW)
    column = order or "viewed"
    table = data.memoize("product_table", lambda: _table(found, field, column), field, column, span)
    behaviour_table.draw(
        "products" if field == "productId" else "categories",
        table,
        chosen,
        span,
        alt=f"Views, carts and purchases of {many}.",
        order=ITEM_ORDERS[column],
        help=COLUMNS,
        quantities=("added", "removed"),
    )


def _table(found: ProductInterest, field: str, order: str) -> pd.DataFrame:
    counts = found.counts.sort_values([order, "viewed"], ascending=False, kind="stable")
    amounts = [
        ", ".join(money(amount, unit) for unit, amount in sorted(found.revenue.get(item, {}).items())) or None
        for item in counts.index
    ]
    table = counts.reset_index(names=field)
    share = (table["bought"] / table["carts"].where(table["carts"] > 0)).astype("float64")
    more = {"bought of carts": share, "revenue of these purchases": pd.Series(amounts, dtype="str")}
    return table.assign(**more)[[field, *COLUMNS]]

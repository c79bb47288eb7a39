"""The products and the searches that most sessions have: two short tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.analysis import top_lists
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.span_numbers import Comparison
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.ui import export_button
from dashboard.ui.page_links import page_link
from gridrt_client.safe_text import shown

LONGEST = 60


def draw(data: FilteredData, compared: Comparison, chosen: Filters) -> None:
    """Draw both tables, of the chosen time range and whatever the filters on events."""
    products, searches = data.memoize(
        "top_lists",
        lambda: (
            top_lists.top_products(data.joined.database, compared.shown, data.chosen),
            top_lists.top_searches(data.joined.database, compared.shown, data.chosen),
        ),
        compared.shown,
    )
    names = viewer_state.names()
    window = compared.shown or data.window
    left, right = st.columns(2)
    with left, st.container(key="top_products"):
        st.markdown("**Most viewed products**", help="Sessions that viewed a product, and that put it into the cart.")
        named = [names.of("productId", product) for product in products["productId"]]
        _table(products, "product", named, {"viewed": "viewed by", "added": "in the cart of"})
        if len(products):
            export_button.draw("top_products", rows_of(products), chosen, window)
        page_link("analytics", "Products and what is bought →", {"panel": "Products"})
    with right, st.container(key="top_searches"):
        st.markdown(
            "**Most frequent searches**",
            help="Sessions that searched for a text (str1 of SEARCH), in any case, as most are written.",
        )
        texts = [shown(text, LONGEST) for text in searches["query"]]
        _table(searches, "search", texts, {"sessions": "sessions", "searches": "searches"})
        if len(searches):
            export_button.draw("top_searches", rows_of(searches), chosen, window)
        page_link("analytics", "Searches and where they lead →", {"panel": "Searches"})


def _table(rows: pd.DataFrame, title: str, texts: list[str], titles: dict[str, str]) -> None:
    if rows.empty:
        what = "product was viewed" if title == "product" else "search was made"
        st.caption(f"No {what} in this time.")
        return
    columns: dict[str, Any] = {title: texts, **{shown_as: rows[name] for name, shown_as in titles.items()}}
    config = {name: st.column_config.NumberColumn(format="localized", width=90) for name in titles.values()}
    st.dataframe(pd.DataFrame(columns), hide_index=True, column_config=config)

"""Searches by their text, those that lead nowhere first."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.formatting import percent, plural, whole
from dashboard.analysis.searches import searches
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table

HOW = (
    "SEARCH events of the time range that a person did, by str1. Texts that differ only in case and in blanks at the "
    "ends are one, as most of them are written. A search leads to a product when the session has a PRODUCT_VIEW at or "
    "after it and before its next search."
)
COLUMNS = {
    "searches": "How often it was searched for.",
    "sessions": "In how many sessions.",
    "with a product view": "Searches with a PRODUCT_VIEW before the session's next search.",
    "without": "Searches without one: they lead nowhere.",
    "share without": "Of the searches for this text.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw how many searches lead nowhere, and the table of their texts."""
    found = data.memoize("searches", lambda: searches(data.joined.database, data.chosen.within(span)), span)
    if found.empty:
        st.info("Nobody searched in the time range.", icon="🌙")
        return
    total, without = int(found["searches"].sum()), int(found["without"].sum())
    unnamed = int(found.loc[found["query"].isna(), "searches"].sum())
    text = f"{whole(without)} of {plural(total, 'search', 'searches')} lead nowhere ({percent(without, total)})."
    st.caption(f"{text} {whole(unnamed)} of them without a text." if unnamed else text, help=HOW)
    behaviour_table.draw(
        "searches",
        found.assign(**{"share without": found["without"] / found["searches"]}),
        chosen,
        span,
        alt="Searches by text, with and without a following product view.",
        order="those that lead nowhere most often first",
        help=COLUMNS,
    )

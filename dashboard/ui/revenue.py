"""The revenue per currency, with that of the span before, and sentences about the purchases."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import MISSING, amount_of, escape_markdown, percent, plural, whole
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.span_numbers import Comparison, SpanNumbers
from dashboard.data.stores import ComparedNumbers
from dashboard.filters import Filters, Window
from dashboard.ui import export_button
from dashboard.ui.overview_metrics import UNCOMPARED, Spans
from gridrt_client.safe_text import shown

MOST_CURRENCIES: Final = 50
"""The most units of revenue that are listed: more than one tenant uses, unless ``str2`` holds other texts."""


def draw(sales: ComparedNumbers, compared: Comparison, window: Window, chosen: Filters) -> None:
    """Draw the revenue per unit, exactly as in the events, and how many visits led to a purchase.

    ``sales`` are without the filters on events: each would take purchases or visits away.
    """
    spans = Spans.of(compared, chosen)
    st.markdown(f"**Revenue, {spans.shown}**", help="Sum of int1 of the purchases by str2. Nothing is converted.")
    with st.container(key="sales"):
        st.caption(escape_markdown(_sentences(sales.shown, compared, chosen)))
    revenue = sales.shown.revenue
    if not revenue:
        return
    listed = list(revenue.items())[:MOST_CURRENCIES]
    table = pd.DataFrame(
        {
            "currency": [shown(code, 24) if code else "none given" for code, _ in listed],
            "revenue": [amount_of(amount, code) for code, amount in listed],
        }
    )
    columns = {"revenue": "revenue"}
    if sales.earlier is not None:
        columns = (
            {"newer": "last hour", "earlier": "hour before"} if compared.shown is None else {"earlier": "span before"}
        )
        for name, title in columns.items():
            numbers: SpanNumbers = getattr(sales, name)
            amounts = [numbers.revenue.get(code) for code, _ in listed]
            table[title] = [
                MISSING if amount is None else amount_of(amount, code)
                for amount, (code, _) in zip(amounts, listed, strict=True)
            ]
    right = st.column_config.TextColumn(alignment="right")
    with st.container(key="revenue"):
        st.dataframe(table, hide_index=True, height=200, column_config=dict.fromkeys(table.columns[1:], right))
    notes = []
    if len(revenue) > len(listed):
        notes.append(f"The {len(listed)} with the most purchases of {plural(len(revenue), 'currency', 'currencies')}.")
    if sales.earlier is None:
        notes.append(UNCOMPARED)
    if notes:
        st.caption(" ".join(notes))
    exact = pd.DataFrame({"currency": list(revenue), "revenue": pd.Series(list(revenue.values()), dtype=object)})
    export_button.draw("revenue", rows_of(exact), chosen, compared.shown or window)


def _sentences(numbers: SpanNumbers, compared: Comparison, chosen: Filters) -> str:
    """Return sentences about the purchases: none, none with a readable amount, and how many there are of each kind."""
    parts = []
    if not numbers.purchases:
        parts.append(f"No purchases in the {'past 24 hours' if compared.shown is None else 'chosen time range'}.")
    elif numbers.unreadable == numbers.purchases:
        parts.append(f"{plural(numbers.purchases, 'purchase')}, none with a readable amount.")
    elif numbers.unreadable:
        parts.append(f"{plural(numbers.purchases, 'purchase')}, {whole(numbers.unreadable)} without a readable amount.")
    else:
        parts.append(f"{plural(numbers.purchases, 'purchase')}.")
    if numbers.visitors and numbers.purchases:
        parts.append(
            f"Conversion {percent(numbers.converted, numbers.visitors)}: "
            f"{whole(numbers.converted)} of {plural(numbers.visitors, 'visit')}."
        )
    if numbers.of_machines:
        parts.append(f"{plural(numbers.of_machines, 'PURCHASE event')} not done by a person: not counted.")
    if chosen.on_events:
        parts.append("Whatever the filters on events.")
    return " ".join(parts)

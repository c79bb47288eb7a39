"""The numbers of one store in a span, against the span before and against another store."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import MISSING, amount_of, percent, whole
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.span_numbers import Comparison, SpanNumbers
from dashboard.data import stores, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.ui import export_button
from gridrt_client.safe_text import shown


def draw(
    data: FilteredData, compared: Comparison, chosen: Filters, other: tuple[str, FilteredData] | None = None
) -> None:
    """Draw the numbers as a table: a row for each number, a column for each span and store."""
    newer, earlier = ("last hour", "hour before") if compared.shown is None else ("chosen range", "span before")
    spans = {newer: compared.newer} | ({} if compared.earlier is None else {earlier: compared.earlier})
    columns: dict[str, SpanNumbers] = {name: stores.numbers_of(data, span) for name, span in spans.items()}
    if other is not None:
        label = viewer_state.names().of("spaceId", other[0])
        columns |= {f"{label}, {name}": stores.numbers_of(other[1], span) for name, span in spans.items()}
    table = number_table(columns)
    with st.container(key="store_against"):
        st.dataframe(
            table,
            hide_index=True,
            column_config={name: st.column_config.TextColumn(alignment="right") for name in table.columns[1:]},
        )
    if compared.earlier is None:
        st.caption(
            "The equally long span before is not completely within the 24 hours, so there is nothing to compare with."
        )
    export_button.draw("store_against", rows_of(table), chosen, compared.newer)


def number_table(columns: dict[str, SpanNumbers]) -> pd.DataFrame:
    """Return a row for each number and a column of text for each of ``columns``, besides ``number``."""
    units = dict.fromkeys(unit for numbers in columns.values() for unit in numbers.revenue)
    titles = ["sessions", "visitors", "purchases", "conversion"]
    titles += [f"revenue, {shown(unit, 12) if unit else 'no currency'}" for unit in units]

    def texts(numbers: SpanNumbers) -> list[str]:
        amounts = [numbers.revenue.get(unit) for unit in units]
        return [
            *(whole(number) for number in (numbers.sessions, numbers.visitors, numbers.purchases)),
            percent(numbers.converted, numbers.visitors),
            *(
                MISSING if amount is None else amount_of(amount, unit)
                for amount, unit in zip(amounts, units, strict=True)
            ),
        ]

    return pd.DataFrame({"number": titles, **{name: texts(numbers) for name, numbers in columns.items()}}, dtype="str")

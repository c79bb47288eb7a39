"""The course of one session: a sentence, its events over time, and the table of them in order."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import age, clock, escape_markdown, is_missing, money, plural, whole, zone_label
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.names import Names
from dashboard.analysis.session_course import SessionCourse
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures.plotly_base import CONFIG
from dashboard.figures.session_timeline import session_timeline
from dashboard.filters import Filters, Window
from dashboard.tables.session_timeline import cart_text, timeline_table
from dashboard.ui import export_button
from dashboard.ui.selectable_table import time_columns

MOST_ROWS: Final = 500
"""The events of a session that are listed; the export has all."""

HEADER_PIXELS: Final = 38
ROW_PIXELS: Final = 35
MOST_PIXELS: Final = 620
COLUMNS: Final = {
    "gap": st.column_config.TextColumn(width=80, help="Since the event before."),
    "what": st.column_config.TextColumn(width=460, help="Each filled field with what it means in this type of event."),
    "cart": st.column_config.TextColumn(
        width=260,
        help="What is in the cart after the event: CART_ADD and CART_REMOVE by their quantity (int1; without one, one "
        "is added and all of it removed), empty after CART_CLEAR and PURCHASE.",
    ),
}


def draw(course: SessionCourse, record: pd.Series | None, data: FilteredData, chosen: Filters) -> None:
    """Draw what is known of a session's events; ``record`` is the session, None where it isn't listed."""
    names = viewer_state.names()
    summary = _summary(course, record, chosen.tz, names)
    st.markdown(escape_markdown(summary))
    if course.events.empty:
        return
    with st.container(key="session_timeline"):
        if course.start is not None:
            figure = session_timeline(course, chosen.tz, is_dark())
            about = (
                "Events of the session over time, by type, and the items in its cart. The table lists them in order."
            )
            st.plotly_chart(figure, key="session_figure", config=CONFIG, alt=about)
        table = timeline_table(course.events.head(MOST_ROWS), chosen.tz, names)
        st.dataframe(
            table,
            hide_index=True,
            key="session_events",
            height=min(HEADER_PIXELS + ROW_PIXELS * len(table), MOST_PIXELS),
            column_config=time_columns(table, chosen.tz) | COLUMNS,
            placeholder="—",
            alt="Events of the session, in order.",
        )
        if len(course.events) > len(table):
            st.caption(f"The first {whole(len(table))} of {plural(len(course.events), 'event')}. The file holds all.")
    reach = Window(course.start or data.window.start, course.end or data.window.end)
    export_button.draw("session", rows_of(course.events.drop(columns=["gap", "cart"])), chosen, reach)


def _summary(course: SessionCourse, record: pd.Series | None, tz: str, names: Names) -> str:
    """Return one sentence: when, how long, where, what, how far, and for how much."""
    parts = [_when(course, record, tz)]
    if record is not None:
        places = [
            names.of(name, record[name]) for name in ("spaceId", "appId", "country") if not is_missing(record[name])
        ]
        parts.append(f"in {', '.join(places)}" if places else "in an unknown place")
    parts.append(f"{plural(len(course.events), 'event')}, {whole(course.of_people)} of them by a person")
    parts.append(f"furthest step {course.furthest}" if course.furthest else "none of the steps to a purchase")
    parts.append(_sale(course))
    cart = course.events["cart"].iloc[-1] if len(course.events) else {}
    if cart:
        parts.append(f"left in the cart: {cart_text(cart, names)}")
    return "; ".join(parts) + "."


def _when(course: SessionCourse, record: pd.Series | None, tz: str) -> str:
    if course.start is None or course.end is None:
        created = None if record is None else record["sessionCreated"]
        return f"Created {clock(created, tz)}" if not is_missing(created) else "At an unknown time"
    seconds = (course.end - course.start).total_seconds()
    return f"{clock(course.start, tz)} to {clock(course.end, tz)[11:]} ({age(seconds)}), {zone_label(tz, course.end)}"


def _sale(course: SessionCourse) -> str:
    if not course.purchases:
        return "no purchase"
    amounts = ", ".join(money(amount, currency) for currency, amount in course.revenue.items())
    text = plural(course.purchases, "purchase") + (f" for {amounts}" if amounts else "")
    return f"{text}, {whole(course.purchases_unreadable)} without an amount" if course.purchases_unreadable else text

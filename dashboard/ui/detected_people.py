"""Moods, ages and genders that cameras detected, as aggregates."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.detected_people import FEWEST_SESSIONS, KINDS, DetectedPeople, detected_people
from dashboard.analysis.formatting import plural
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table

TITLES = {"mood": "Moods", "age": "Ages", "gender": "Genders"}
HELP = {
    "sessions": "Sessions with at least one such event. One session may have several values.",
    "events": "How often it was detected.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw a table for each kind; values of few sessions are withheld."""
    st.caption(
        f"What cameras detected is shown only for values that at least {FEWEST_SESSIONS} sessions have.",
        help="DETECT_MOOD and DETECT_GENDER by str1, DETECT_AGE by int1 in steps of ten years, in the time range.",
    )
    for kind, (eventType, _) in KINDS.items():
        found = _detected(data, kind, span)
        st.markdown(f"**{TITLES[kind]}**")
        if found.withheld:
            values = plural(found.withheld, "value")
            st.caption(f"Withheld: {values} that fewer than {FEWEST_SESSIONS} sessions have.")
        elif found.counts.empty:
            st.caption(f"There are no {eventType} events with a value in the time range.")
        if not found.counts.empty:
            alt = f"{TITLES[kind]} by the number of sessions."
            behaviour_table.draw(kind, found.counts, chosen, span, alt=alt, help=HELP)


def _detected(data: FilteredData, kind: str, span: Window) -> DetectedPeople:
    def compute() -> DetectedPeople:
        return detected_people(data.joined.database, kind, data.chosen.within(span))

    return data.memoize("detected_people", compute, kind, span)

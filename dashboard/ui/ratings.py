"""Ratings, the net promoter score, and what people wrote."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.ratings import STARS, Ratings, ratings
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures.plotly_base import CONFIG
from dashboard.figures.rating_bars import rating_bars
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table

HOW_MEAN = "The mean of int1 of RATING events with a whole number from 1 to 5, in the time range."
HOW_NPS = (
    "Net promoter score from ratings: 5 is a promoter's, 4 is passive, 1 to 3 is a detractor's. Promoters less "
    "detractors, per hundred ratings: -100 to 100."
)


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the mean, the score and the distribution of ratings, and the newest texts."""
    found = data.memoize("ratings", lambda: ratings(data.joined.database, data.chosen.within(span)), span)
    if not found.total and not found.other and found.texts.empty:
        st.info("Nobody rated anything or gave feedback in the time range.", icon="🌙")
        return
    with st.container(horizontal=True, gap="small"):
        mean, score = found.mean, found.nps
        st.metric("Ratings", whole(found.total), help="RATING events with a whole number from 1 to 5.", border=True)
        st.metric("Mean", "—" if mean is None else f"{mean:.2f}", help=HOW_MEAN, border=True)
        st.metric("NPS", "—" if score is None else f"{score:+.0f}", help=HOW_NPS, border=True)
    if found.other:
        st.caption(f"{plural(found.other, 'more rating')} with another number or none, which count nowhere.")
    if found.total:
        _distribution(data, found, span)
    st.markdown("**Comments and feedback, newest first**")
    if found.texts.empty:
        st.caption("Nobody wrote anything.")
        return
    if found.number_of_texts > len(found.texts):
        st.caption(f"The newest {whole(len(found.texts))} of {plural(found.number_of_texts, 'text')}.")
    behaviour_table.draw(
        "feedback",
        found.texts,
        chosen,
        span,
        alt="Comments of ratings and feedback, newest first.",
        order="newest first",
        help={"rating": "int1 of RATING; feedback has none.", "text": "str1, as it was written."},
        selected="feedback",
    )


def _distribution(data: FilteredData, found: Ratings, span: Window) -> None:
    dark = is_dark()
    figure = data.memoize("rating_bars", lambda: rating_bars(found, dark), span, dark)
    about = ", ".join(f"{star} stars: {whole(found.distribution[star])}" for star in reversed(STARS))
    st.plotly_chart(figure, key="rating_bars", config=CONFIG, alt=f"Ratings. {about}.")
    st.caption(f"{about}. {whole(found.promoters)} promoters, {whole(found.detractors)} detractors.")

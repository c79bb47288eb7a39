"""Ratings by their number of stars, as bars."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.analysis.formatting import percent, whole
from dashboard.analysis.ratings import Ratings
from dashboard.figures import plotly_base
from dashboard.figures.theme import ACCENT


def rating_bars(ratings: Ratings, dark: bool) -> go.Figure:
    """Return one bar for each number of stars, 5 on top, with how many ratings have it and their share."""
    stars = sorted(ratings.distribution, reverse=True)
    numbers = [ratings.distribution[star] for star in stars]
    figure = plotly_base.labelled_bars(
        dark,
        [f"{star} ★" for star in stars],
        max([*numbers, 1]),
        room=1.4,
        height=34 * len(stars) + 16,
        hovermode=False,
    )
    figure.add_bar(
        orientation="h",
        x=numbers,
        y=list(range(len(stars))),
        marker={"color": ACCENT, "line": {"width": 0}},
        text=[f"{whole(number)} · {percent(number, ratings.total)}" for number in numbers],
        textposition="outside",
        cliponaxis=False,
    )
    return figure

"""The events of one session over time, by type, and the number of items in its cart below them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.session_course import SessionCourse
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text, positions, ticks_of, zone_title
from dashboard.figures.theme import ACCENT, event_colour

MOST_EVENTS = 2_000
"""More points than a person can tell apart."""
MOST_TYPES = 20


def session_timeline(course: SessionCourse, tz: str, dark: bool) -> go.Figure:
    """Return one mark for each dated event, in the row of its type, and a line of the items in the cart.

    At most the first `MOST_EVENTS` events are drawn; types beyond the `MOST_TYPES` first ones share a row.
    """
    drawn = course.events[course.events["eventTime"].notna()].head(MOST_EVENTS)
    types = drawn["eventType"].fillna("(missing)").astype("str")
    known = list(dict.fromkeys(types))
    listed = known[:MOST_TYPES]
    rows = [*listed, *(["other types"] if len(known) > len(listed) else [])]
    items = np.array([sum(cart.values()) for cart in drawn["cart"]], dtype=np.float64)
    has_cart = bool(items.any())
    figure = plotly_base.figure(
        dark,
        height=26 * len(rows) + 60 + (110 if has_cart else 0),
        dragmode=False,
        hovermode="closest",
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
    times = pd.DatetimeIndex(drawn["eventTime"])
    x = [moment.strftime("%Y-%m-%dT%H:%M:%S.%f") for moment in times]
    low = 0.0 if not has_cart else 110 / (26 * len(rows) + 110)
    place = {name: row for row, name in enumerate(rows)}
    figure.add_scatter(
        x=x,
        y=[place.get(name, len(listed)) for name in types],
        mode="markers",
        marker={"color": [event_colour(name) for name in types], "size": 11, "line": {"width": 0}},
        hovertext=[
            f"<b>{as_text(name)}</b><br>{moment:%H:%M:%S}"
            for name, moment in zip(types, times.tz_convert(tz), strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[as_text(name, 24) for name in rows],
        range=[len(rows) - 0.5, -0.5],
        domain=[low + (0.06 if has_cart else 0), 1],
        fixedrange=True,
        automargin=True,
        zeroline=False,
    )
    if has_cart:
        figure.add_scatter(x=x, y=items, yaxis="y2", line={"color": ACCENT, "width": 2, "shape": "hv"}, fill="tozeroy",
                           hovertemplate="%{y:,} in the cart<extra></extra>")  # fmt: skip
        axis = {**figure.layout.yaxis.to_plotly_json(), "tickvals": None, "ticktext": None}
        figure.update_layout(
            yaxis2={
                **axis, "domain": [0, low - 0.02], "range": [0, float(items.max()) * 1.15], "anchor": "x",
                "title": {"text": "cart"}, **plotly_base.count_ticks(float(items.max()) * 1.15, 3),
            }
        )  # fmt: skip
    if len(times):
        _time_axis(figure, times, tz)
    return figure


def _time_axis(figure: go.Figure, times: pd.DatetimeIndex, tz: str) -> None:
    margin = max((times[-1] - times[0]) * 0.02, pd.Timedelta("2s"))
    first, last = times[0] - margin, times[-1] + margin
    marks, texts = ticks_of(pd.DatetimeIndex([first, last]), tz)
    figure.update_xaxes(
        range=positions(pd.DatetimeIndex([first.floor("s"), last.ceil("s")])),
        tickvals=marks,
        ticktext=texts,
        title={"text": zone_title(first, last, tz)},
        fixedrange=True,
        type="date",
        anchor="y2" if "yaxis2" in figure.layout.to_plotly_json() else "y",
    )

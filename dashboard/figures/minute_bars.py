"""The minute bars: active sessions in each of the last minutes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures import plotly_base
from dashboard.figures.theme import ACCENT


def minute_bars(active: Sequence[int], now: pd.Timestamp, tz: str, dark: bool) -> go.Figure:
    """Return active sessions in each of the last minutes, the oldest first; the last bar ends at `now`."""
    minutes = len(active)
    ends = [now.tz_convert(tz) - pd.Timedelta(minutes=minutes - 1 - number) for number in range(minutes)]
    about = [f"{(end - pd.Timedelta('1min')).strftime('%H:%M')} to {end.strftime('%H:%M')}" for end in ends]
    figure = plotly_base.figure(
        dark,
        height=120,
        dragmode=False,
        hovermode="x",
        showlegend=False,
        bargap=0.15,
        margin=plotly_base.SMALL_MARGIN,
    )
    figure.update_xaxes(
        range=[-minutes + 0.5, 0.5],
        tickvals=[-minutes + 1, -minutes // 2, 0],
        ticktext=[f"{minutes} min ago", f"{minutes // 2} min ago", "now"],
        fixedrange=True,
        automargin=True,
        showgrid=False,
    )
    # A quiet half hour would otherwise be drawn on an axis from -1 to 1.
    top = max([*active, 4]) * 1.1
    figure.update_yaxes(range=[0, top], fixedrange=True, automargin=True, **plotly_base.count_ticks(top, 4))
    figure.add_bar(
        x=list(range(-minutes + 1, 1)),
        y=np.asarray(active, dtype=np.int64),
        marker={"color": ACCENT, "line": {"width": 0}},
        customdata=about,
        hovertemplate="%{y:,} active<br>%{customdata}<extra></extra>",
    )
    return figure

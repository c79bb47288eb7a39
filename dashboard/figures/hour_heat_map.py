"""Events by hour and by the value of a column, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.histogram import HistogramCounts, bin_edges
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text, positions, range_texts, ticks_of, zone_title

# From the ground to a strong blue, readable on both grounds; one hue, so that lightness alone carries the number.
_SCALES = {False: ("#f3f7fb", "#8fc1e3", "#0072b2", "#00324f"), True: ("#141b24", "#0b4a73", "#2f8fcf", "#d6ecfb")}
_HOUR = pd.Timedelta("1h")


def hour_heat_map(
    counted: HistogramCounts, span: tuple[pd.Timestamp, pd.Timestamp], tz: str, dark: bool, labels: Sequence[str]
) -> go.Figure:
    """Return a row for each column of the counts, named by ``labels``, with a cell for each bin of an hour."""
    counts = counted.counts
    edges = bin_edges(*span, _HOUR, tz)
    hours = range_texts(edges, tz)
    names = [as_text(label, 30) for label in labels]
    figure = plotly_base.figure(
        dark,
        height=26 * max(len(names), 1) + 110,
        dragmode=False,
        hovermode="closest",
        margin=plotly_base.SMALL_MARGIN,
    )
    middles = edges[:-1] + (edges[1:] - edges[:-1]) / 2
    values = counts.to_numpy().T.astype(np.float32)
    figure.add_heatmap(
        x=positions(middles),
        y=list(range(len(names))),
        z=values,
        # A quiet hour of a rare type differs from none: the scale is that of square roots.
        zmin=0,
        zmax=max(float(values.max()) if values.size else 0.0, 1.0),
        colorscale=[[place**2, colour] for place, colour in zip((0, 1 / 3, 2 / 3, 1), _SCALES[dark], strict=True)],
        xgap=1,
        ygap=1,
        customdata=np.tile(np.array(hours, dtype=object), (len(names), 1)) if names else None,
        hovertemplate="%{customdata}<br><b>%{z:,}</b> events<extra></extra>",
        colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ",d", "title": {"text": "events"}},
    )
    marks, texts = ticks_of(edges, tz)
    figure.update_xaxes(
        type="date", tickvals=marks, ticktext=texts, title={"text": zone_title(*span, tz)}, fixedrange=True,
        showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.5, -0.5], fixedrange=True,
        automargin=True, showgrid=False, zeroline=False,
    )  # fmt: skip
    return figure

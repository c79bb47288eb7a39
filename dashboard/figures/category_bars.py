"""The category bars: events by the value of a column, as a legend to click on."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from dashboard.analysis.formatting import percent, whole
from dashboard.analysis.histogram import HistogramCounts
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text


def category_bars(counted: HistogramCounts, dark: bool, colours: Mapping[str, str] | None = None) -> go.Figure:
    """Return the columns of `histogram_counts` as one bar each, with number and share: a legend to click on.

    Plotly takes clicks on a point only where dragging doesn't select, so the histogram itself can't offer both.
    """
    counts = counted.counts
    totals = counts.sum()
    whole_window = int(totals.sum())
    names = [as_text(str(name), 24) for name in counts.columns]
    rows = list(range(len(names)))
    figure = plotly_base.figure(
        dark,
        height=24 * max(len(rows), 1) + 16,
        dragmode=False,
        clickmode="event+select",
        hovermode="closest",
        showlegend=False,
        bargap=0.25,
        margin={"l": 8, "r": 8, "t": 4, "b": 4},
    )
    # Room to the right of the longest bar, for its number.
    longest = int(totals.max()) if rows else 0
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, max(longest, 1) * 3])
    figure.update_yaxes(
        tickvals=rows,
        ticktext=names,
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        showgrid=False,
        zeroline=False,
    )
    figure.add_bar(
        orientation="h",
        x=totals.to_numpy(),
        y=rows,
        marker={"color": plotly_base.column_colours(counted, colours), "line": {"width": 0}},
        text=[f"{whole(int(total))} · {percent(int(total), whole_window)}" for total in totals],
        textposition="outside",
        cliponaxis=False,
        customdata=plotly_base.value_keys(counted),
        hovertext=[as_text(str(name), 200) for name in counts.columns],
        hovertemplate="<b>%{hovertext}</b><br>%{text}<extra></extra>",
    )
    return figure

"""The category bars: events by the value of a column, as a legend to click on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import plotly.graph_objects as go

from dashboard.analysis.formatting import MISSING, is_missing, percent, whole
from dashboard.analysis.histogram import HistogramCounts
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text


def category_bars(
    counted: HistogramCounts,
    dark: bool,
    colours: Mapping[str, str] | None = None,
    label: Callable[[str], str] = str,
) -> go.Figure:
    """Return the columns of `histogram_counts` as one bar each, with number and share: a legend to click on.

    ``label`` returns what a person reads for a value.

    Plotly takes clicks on a point only where dragging doesn't select, so the histogram itself can't offer both.
    """
    counts, totals = counted.counts, counted.totals
    names = [as_text(label(str(name)), 24) for name in counts.columns]
    longest = float(totals.max()) if names else 0.0
    figure = plotly_base.labelled_bars(
        dark,
        names,
        longest if longest > 0 else 1,
        room=3,
        height=24 * max(len(names), 1) + 16,
        clickmode="event+select",
        hovermode="closest",
    )
    figure.add_bar(
        orientation="h",
        x=totals.to_numpy(),
        y=list(range(len(names))),
        marker={"color": plotly_base.column_colours(counted, colours), "line": {"width": 0}},
        text=[_number(total, counted) for total in totals],
        textposition="outside",
        cliponaxis=False,
        customdata=plotly_base.value_keys(counted),
        hovertext=[as_text(str(name), 200) for name in counts.columns],
        hovertemplate="<b>%{hovertext}</b><br>%{text}<extra></extra>",
    )
    return figure


def _number(total: float, counted: HistogramCounts) -> str:
    """The measure of a value, with its share where the parts add up to the whole."""
    if counted.measure.kind in ("count", "sessions"):
        text = whole(total)
    else:
        text = MISSING if is_missing(total) else f"{total:,.2f}"
    shared = counted.measure.additive and counted.whole > 0 and counted.totals.min() >= 0
    return f"{text} · {percent(total, counted.whole)}" if shared else text

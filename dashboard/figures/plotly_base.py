"""What the Plotly figures have in common: layout, mode bar, axes of counts, keys and colours of values.

Values of the data (event types, ids …) are untrusted: Plotly reads some HTML in texts (`<b>`, `<a href>`) and
`%{…}` in hover templates. They therefore enter a figure only through `axes.as_text`, never as part of a template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.analysis.histogram import HistogramCounts
from dashboard.figures.axes import count_step
from dashboard.figures.theme import MISSING_COLOUR, OTHER_COLOUR, plotly_layout, value_colours
from gridrt_client.safe_text import read_shown, shown

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"],
}
"""For `st.plotly_chart(config=…)`: only "download" and "fullscreen" stay in the mode bar. Zoom is the page's own."""

SMALL_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


def figure(dark: bool, **layout: Any) -> go.Figure:
    """Return a figure without traces, with the common layout and this one's own."""
    # An empty template keeps Plotly's own (7 kB) out of what is sent; Streamlit's theme is applied in the browser.
    # Merged before: Plotly takes long to update a figure.
    return go.Figure(layout=_merged({"template": {}, **plotly_layout(dark)}, layout))


def labelled_bars(dark: bool, names: Sequence[str], longest: float, *, room: float, **layout: Any) -> go.Figure:
    """Return a figure for horizontal bars with their numbers behind them, without the bars.

    Parameters
    ----------
    names
        The labels, from the top; the bars are at 0, 1, ….
    longest, room
        The length of the longest bar, and how many times as long the axis is, so that its number has room.
    """
    margin = {"l": 8, "r": 8, "t": 4, "b": 4}
    drawn = figure(dark, **{"dragmode": False, "showlegend": False, "bargap": 0.25, "margin": margin} | layout)
    drawn.update_xaxes(visible=False, fixedrange=True, range=[0, longest * room])
    drawn.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        showgrid=False,
        zeroline=False,
    )
    return drawn


def count_ticks(top: float, most: int) -> dict[str, Any]:
    """Labels of a linear axis of counts: Plotly's own choice has halves, which it writes as equal whole numbers."""
    return {"tick0": 0, "dtick": count_step(top, most), "tickformat": ",d"}


def value_keys(counts: HistogramCounts) -> list[str]:
    """What identifies each column in a selection: "=" and the value as it is shown, or "missing" or "other"."""
    special = {counts.other: "other", counts.missing: "missing"}
    return [special.get(name, f"={shown(name)}") for name in counts.counts.columns]


def column_colours(counts: HistogramCounts, known: Mapping[str, str] | None) -> list[str]:
    """The colour of each column; ``known`` are those of all values that the data holds."""
    keys = value_keys(counts)
    names = {key: read_shown(key[1:]) for key in keys if key.startswith("=")}
    chosen = value_colours(counts.by, names.values(), known)
    special = {"other": OTHER_COLOUR, "missing": MISSING_COLOUR}
    return [special.get(key) or chosen[names[key]] for key in keys]


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(common)
    for name, value in own.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged

"""The event histogram: events over time, stacked by the value of a column.

Time axes are drawn in UTC and labelled in the chosen zone. Plotly's date axes know no zones; with local times on them
the hour that occurs twice when the clock is put back would be drawn on top of itself, and a brushed range could not be
turned back into a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.formatting import whole
from dashboard.analysis.histogram import HistogramCounts, bin_edges
from dashboard.figures.axes import as_text, log_ticks, per, positions, range_texts, ticks_of, zone_title
from dashboard.figures.plotly_base import SMALL_MARGIN, column_colours, count_ticks, figure, value_keys

Mode = Literal["count", "percent", "log"]

HATCHED = "<br>hatched: only partly in the time range"
_INVISIBLE = {"color": "rgba(0,0,0,0)", "line": {"width": 0}}


@dataclass(frozen=True, eq=False)
class _Bins:
    """Where bins are drawn.

    Attributes
    ----------
    edges
        One more than there are bins, UTC.
    partial
        Which bins the window cuts.
    lengths
        Milliseconds.
    """

    edges: pd.DatetimeIndex
    partial: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.int64]

    @property
    def even(self) -> bool:
        """Whether all bins are equally long: then their places are two numbers, and the figure half as large."""
        return bool((self.lengths == self.lengths[0]).all())


def event_histogram(
    counted: HistogramCounts,
    size: pd.Timedelta,
    start: pd.Timestamp,
    end: pd.Timestamp,
    tz: str,
    dark: bool,
    *,
    mode: Mode = "count",
    colours: Mapping[str, str] | None = None,
    legend: bool = True,
    height: int = 320,
) -> go.Figure:
    """Return stacked areas in steps from `histogram_counts` for the same window, size and zone.

    The number of shapes decides how long the browser draws, so a value is one shape and not fifty bars. Pointing and
    selecting is left to one invisible column per bin, the trace "bins", which also lists the bin's numbers. The same
    counts give the same JSON, byte for byte: the browser then has nothing to draw again. A first or last bin that the
    window cuts is hatched over its whole height. The mouse selects a range of time (`chart_selections`); the axes
    don't zoom by themselves.

    Parameters
    ----------
    mode
        "count", "percent" (share within each bin) or "log": a logarithmic axis, on which stacks would mislead, so each
        value is a stepped line there.
    colours
        Those of all values that the data holds, as `theme.category_colours` gives them, so that each value has the
        same one in every figure.
    """
    counts = counted.counts
    bins = _bins(counts, size, start, end, tz)
    drawn = figure(
        dark,
        height=height,
        barmode="overlay",
        bargap=0,
        dragmode="select",
        selectdirection="h",
        hovermode="closest",
        hoverlabel={"namelength": -1, "align": "left"},
        showlegend=legend and len(counts.columns) > 0,
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "traceorder": "normal"},
        margin=SMALL_MARGIN,
    )
    _label_axes(drawn, bins, size, zone_title(start, end, tz), tz, mode)
    if not counts.to_numpy().any():
        drawn.update_yaxes(range=[0, 1], showticklabels=False)
        drawn.add_annotation(text="No events in this window", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
        return drawn
    heights = _heights(counts, mode)
    shades = column_colours(counted, colours)
    _add_values(drawn, bins, heights, list(counts.columns), value_keys(counted), shades, log=mode == "log")
    top = _scale(drawn, counts, mode)
    if bins.partial.any():
        _add_hatching(drawn, bins, dark)
    _add_bins(drawn, bins, counts, heights, shades, top, tz, percent=mode == "percent")
    return drawn


def _bins(counts: pd.DataFrame, size: pd.Timedelta, start: pd.Timestamp, end: pd.Timestamp, tz: str) -> _Bins:
    edges = bin_edges(start, end, size, tz)
    partial = np.zeros(len(counts), dtype=bool)
    partial[0] |= bool(edges[0] < start)
    partial[-1] |= bool(edges[-1] > end)
    moments: npt.NDArray[np.int64] = edges.to_numpy("datetime64[ms]").view(np.int64)
    return _Bins(edges, partial, np.diff(moments))


def _label_axes(drawn: go.Figure, bins: _Bins, size: pd.Timedelta, title: str, tz: str, mode: Mode) -> None:
    ticks, texts = ticks_of(bins.edges, tz)
    drawn.update_xaxes(
        type="date",
        range=positions(bins.edges[[0, -1]]),
        fixedrange=True,
        tickvals=ticks,
        ticktext=texts,
        title={"text": title + (HATCHED if bins.partial.any() else ""), "standoff": 4},
        automargin=True,
        showgrid=False,
    )
    what = "share of events" if mode == "percent" else "events"
    drawn.update_yaxes(
        type="log" if mode == "log" else "linear",
        rangemode="tozero",
        fixedrange=True,
        title={"text": f"{what} per {per(size)}", "standoff": 4},
        minallowed=None if mode == "log" else 0,
        automargin=True,
    )


def _heights(counts: pd.DataFrame, mode: Mode) -> npt.NDArray[Any]:
    """What is drawn of each bin (row) and value (column): counts (int32) or percents (float32)."""
    values = counts.to_numpy().astype(np.int32, casting="same_kind")
    if mode != "percent":
        return values
    totals = np.maximum(values.sum(axis=1), 1)
    shares: npt.NDArray[np.float32] = np.round(100 * values / totals[:, None], 2).astype(np.float32)
    return shares


def _add_values(
    drawn: go.Figure,
    bins: _Bins,
    heights: npt.NDArray[Any],
    names: list[str],
    keys: list[str],
    shades: list[str],
    *,
    log: bool,
) -> None:
    """Add one trace per value."""
    x = positions(bins.edges)
    places: dict[str, Any] = {"x0": x[0], "dx": int(bins.lengths[0])} if bins.even else {"x": x}
    for column, (name, key, colour) in enumerate(zip(names, keys, shades, strict=True)):
        trace = {"name": as_text(str(name)), "legendgroup": key, "hoverinfo": "skip", "mode": "lines"}
        y = heights[:, column]
        if log:
            # Zero has no place on this axis. Both ends of each bin are given, so that one alone is a line too.
            steps = np.repeat(np.where(y > 0, y, np.nan).astype(np.float32), 2)
            drawn.add_scatter(x=np.repeat(x, 2)[1:-1].tolist(), y=steps, line={"color": colour, "width": 2}, **trace)
        else:
            line = {"color": colour, "width": 0, "shape": "hv"}
            drawn.add_scatter(**places, y=np.append(y, y[-1]), stackgroup="1", fillcolor=colour, line=line, **trace)


def _scale(drawn: go.Figure, counts: pd.DataFrame, mode: Mode) -> float:
    """Set the range and the labels of the vertical axis; returns its upper end."""
    if mode == "log":
        top = int(counts.to_numpy().max()) * 1.5
        ticks = log_ticks(top, 8)
        drawn.update_yaxes(
            range=[float(np.log10(0.8)), round(float(np.log10(top)), 3)],
            tickvals=ticks,
            ticktext=[whole(tick) for tick in ticks],
        )
    elif mode == "percent":
        top = 100.0
        drawn.update_yaxes(range=[0, top], tick0=0, dtick=25, ticksuffix="%")
    else:
        top = int(counts.sum(axis=1).max()) * 1.05
        drawn.update_yaxes(range=[0, top], **count_ticks(top, 5))
    return top


def _add_hatching(drawn: go.Figure, bins: _Bins, dark: bool) -> None:
    """Add stripes over the bins that the window cuts; they show on areas of any colour and on the ground."""
    ground, ink = ("16,22,29", "230,237,243") if dark else ("255,255,255", "15,24,34")
    stripes = {
        "shape": "/",
        "fillmode": "replace",
        "size": 8,
        "solidity": 0.4,
        "fgcolor": f"rgba({ground},0.85)",
        "bgcolor": f"rgba({ink},0.3)",
    }
    # Bars are drawn below areas, but those of an axis that lies over another are drawn above all of that one's.
    drawn.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False})
    drawn.add_bar(
        x=positions(bins.edges[:-1][bins.partial]),
        y=[1] * int(bins.partial.sum()),
        yaxis="y2",
        offset=0,
        width=bins.lengths[bins.partial].astype(np.float64),
        marker={**_INVISIBLE, "pattern": stripes},
        name="partly in the window",
        showlegend=False,
        hoverinfo="skip",
    )


def _add_bins(
    drawn: go.Figure,
    bins: _Bins,
    counts: pd.DataFrame,
    heights: npt.NDArray[Any],
    shades: list[str],
    top: float,
    tz: str,
    *,
    percent: bool,
) -> None:
    """Add the invisible columns that are pointed at and selected."""
    totals = counts.sum(axis=1).to_numpy()
    number = ":.1f}%" if percent else ":,}"
    drawn.add_bar(
        x=positions(bins.edges[:-1]),
        y=np.full(len(counts), top, dtype=np.float32),
        offset=0,
        width=int(bins.lengths[0]) if bins.even else bins.lengths.astype(np.float64),
        marker=_INVISIBLE,
        name="bins",
        showlegend=False,
        hovertext=[
            f"{text}<br>{whole(int(total))} in this bin{', which is only partly in the window' if cut else ''}"
            for text, total, cut in zip(range_texts(bins.edges, tz), totals, bins.partial, strict=True)
        ],
        # Values of the data stay out of the template: it names them by their places.
        meta=[as_text(str(name), 24) for name in counts.columns],
        customdata=heights,
        hovertemplate="%{hovertext}"
        + "".join(
            f'<br><span style="color:{colour}">■</span> %{{meta[{place}]}}: <b>%{{customdata[{place}]{number}</b>'
            for place, colour in enumerate(shades)
        )
        + "<extra></extra>",
    )

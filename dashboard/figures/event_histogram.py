"""The event histogram: events over time, stacked by the value of a column.

Time axes are drawn in UTC and labelled in the chosen zone. Plotly's date axes know no zones; with local times on them
the hour that occurs twice when the clock is put back would be drawn on top of itself, and a brushed range could not be
turned back into a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

Mode = Literal["count", "lines", "percent", "log"]

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
    before: npt.NDArray[np.float64] | None = None,
    label: Callable[[str], str] = str,
) -> go.Figure:
    """Return stacked areas in steps from `histogram_counts` for the same window, size and zone.

    A value is one shape, because the number of shapes decides how long the browser draws; one invisible column per bin,
    the trace "bins", is pointed at and selected. The same counts give the same JSON, byte for byte: the browser then
    has nothing to draw again. A bin that the window cuts is hatched.

    Parameters
    ----------
    mode
        "count", "lines" (each value by itself), "percent" (share within each bin) or "log". What would mislead is not
        stacked: values on a logarithmic axis, and what doesn't add up, as averages and sessions.
    colours
        Those of all values that the data holds, as `theme.category_colours` gives them, so that each value has the
        same one in every figure.
    before
        The measure of all events in each bin of the equally long span before, drawn as a dotted line.
    label
        Returns what a person reads for a value.
    """
    if mode in ("count", "percent") and not counted.measure.additive:
        mode = "lines"
    counts = counted.counts.rename(columns=label)
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
    _label_axes(drawn, bins, zone_title(start, end, tz), tz, f"{counted.measure.words} per {per(size)}", mode)
    if not np.nan_to_num(counts.to_numpy(dtype=np.float64)).any():
        drawn.update_yaxes(range=[0, 1], showticklabels=False)
        drawn.add_annotation(text="No events in this window", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
        return drawn
    heights = _heights(counts, mode)
    shades = column_colours(counted, colours)
    _add_values(drawn, bins, heights, list(counts.columns), value_keys(counted), shades, mode)
    if before is not None and mode != "percent":
        _add_before(drawn, bins, before, dark)
    top = _scale(drawn, counts, mode, before)
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


def _label_axes(drawn: go.Figure, bins: _Bins, title: str, tz: str, what: str, mode: Mode) -> None:
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
    what = f"share of {what}" if mode == "percent" else what
    drawn.update_yaxes(
        type="log" if mode == "log" else "linear",
        rangemode="tozero",
        fixedrange=True,
        title={"text": as_text(what), "standoff": 4},
        automargin=True,
    )


def _heights(counts: pd.DataFrame, mode: Mode) -> npt.NDArray[Any]:
    """What is drawn of each bin (row) and value (column): counts (int32), else float32."""
    values = counts.to_numpy()
    if mode != "percent":
        return values.astype(np.int32 if values.dtype.kind == "i" else np.float32, casting="same_kind")
    totals = values.sum(axis=1)
    totals = np.where(totals == 0, 1, totals)
    shares: npt.NDArray[np.float32] = np.round(100 * values / totals[:, None], 2).astype(np.float32)
    return shares


def _add_values(
    drawn: go.Figure,
    bins: _Bins,
    heights: npt.NDArray[Any],
    names: list[str],
    keys: list[str],
    shades: list[str],
    mode: Mode,
) -> None:
    """Add one trace per value."""
    x = positions(bins.edges)
    places: dict[str, Any] = {"x0": x[0], "dx": int(bins.lengths[0])} if bins.even else {"x": x}
    for column, (name, key, colour) in enumerate(zip(names, keys, shades, strict=True)):
        trace = {"name": as_text(str(name)), "legendgroup": key, "hoverinfo": "skip", "mode": "lines"}
        y = heights[:, column]
        if mode in ("lines", "log"):
            # Zero has no place on a logarithmic axis. Both ends of each bin are given, so that one alone is a line too.
            steps = np.repeat(np.where(y > 0, y, np.nan).astype(np.float32) if mode == "log" else y, 2)
            drawn.add_scatter(x=np.repeat(x, 2)[1:-1].tolist(), y=steps, line={"color": colour, "width": 2}, **trace)
        else:
            line = {"color": colour, "width": 0, "shape": "hv"}
            drawn.add_scatter(**places, y=np.append(y, y[-1]), stackgroup="1", fillcolor=colour, line=line, **trace)


def _add_before(drawn: go.Figure, bins: _Bins, before: npt.NDArray[np.float64], dark: bool) -> None:
    """Add the span before as a dotted line."""
    drawn.add_scatter(
        x=np.repeat(positions(bins.edges), 2)[1:-1].tolist(),
        y=np.repeat(before[: len(bins.edges) - 1].astype(np.float32), 2),
        line={"color": "#e6edf3" if dark else "#0f1822", "width": 1.5, "dash": "dot"},
        name="the span before",
        mode="lines",
        hoverinfo="skip",
    )


def _scale(drawn: go.Figure, counts: pd.DataFrame, mode: Mode, before: npt.NDArray[np.float64] | None) -> float:
    """Set the range and the labels of the vertical axis; returns its upper end."""
    values = np.nan_to_num(counts.to_numpy(dtype=np.float64))
    highest = float(values.max() if mode in ("lines", "log") else np.maximum(values, 0).sum(axis=1).max())
    highest = max(highest, 0.0 if before is None else float(np.nan_to_num(before).max(initial=0.0)))
    if mode == "log":
        top = highest * 1.5
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
        top = highest * 1.05
        lowest = min(float(values.min()), 0.0) * 1.05
        steps = count_ticks(top, 5) if counts.to_numpy().dtype.kind == "i" else {}
        drawn.update_yaxes(range=[lowest, top], **steps)
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
    whole_numbers = counts.to_numpy().dtype.kind == "i"
    number = ":.1f}%" if percent else ":,}" if whole_numbers else ":,.2f}"
    totals = [f"{whole(int(total))} in this bin" for total in counts.sum(axis=1)] if whole_numbers else None
    drawn.add_bar(
        x=positions(bins.edges[:-1]),
        y=np.full(len(counts), top, dtype=np.float32),
        offset=0,
        width=int(bins.lengths[0]) if bins.even else bins.lengths.astype(np.float64),
        marker=_INVISIBLE,
        name="bins",
        showlegend=False,
        hovertext=[
            f"{text}<br>{total}{', which is only partly in the window' if cut else ''}"
            for text, total, cut in zip(
                range_texts(bins.edges, tz), totals or ["this bin"] * len(counts), bins.partial, strict=True
            )
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

"""Plotly figures. Each function takes counted numbers and gives a figure; nothing here fetches or imports Streamlit.

Values of the data (event types, ids …) are untrusted: Plotly reads some HTML in texts (`<b>`, `<a href>`) and
`%{…}` in hover templates. They therefore enter a figure only through `as_text`, never as part of a template.

Time axes are drawn in UTC and *labelled* in the chosen zone. Plotly's date axes know no zones; with local times on
them the hour that occurs twice when the clock is put back would be drawn on top of itself, and a brushed range could
not be turned back into a time.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.formatting import percent, whole
from dashboard.analysis.histogram import MISSING, OTHER, bin_edges, bin_size, histogram_counts
from dashboard.figures.axes import as_text, count_step, log_ticks, per, positions, range_texts, ticks_of, zone_title
from dashboard.figures.theme import ACCENT, MISSING_COLOUR, OTHER_COLOUR, plotly_layout, value_colours
from gridrt_client.safe_text import read_shown, shown

__all__ = [
    "CONFIG",
    "MISSING",
    "OTHER",
    "Mode",
    "as_text",
    "bin_edges",
    "bin_size",
    "category_bars",
    "category_of_selection",
    "event_histogram",
    "histogram_counts",
    "minute_bars",
    "range_of_selection",
]

# For `st.plotly_chart(config=…)`: only "download" and "fullscreen" stay in the mode bar. Zoom is the page's own.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"],
}

HATCHED = "<br>hatched: only partly in the time range"

Mode = Literal["count", "percent", "log"]


def _keys(counts: pd.DataFrame) -> list[str]:
    """What identifies each column in a selection: "=" and the value as it is shown, or "missing" or "other"."""
    special = {counts.attrs.get("other"): "other", counts.attrs.get("missing"): "missing"}
    return [special.get(name, f"={shown(name)}") for name in counts.columns]


def _colours(counts: pd.DataFrame, known: Mapping[str, str] | None) -> list[str]:
    names = {key: read_shown(key[1:]) for key in _keys(counts) if key.startswith("=")}
    chosen = value_colours(counts.attrs.get("by", "eventType"), names.values(), known)
    special = {"other": OTHER_COLOUR, "missing": MISSING_COLOUR}
    return [special.get(key) or chosen[names[key]] for key in _keys(counts)]


def _figure(dark: bool, **layout: Any) -> go.Figure:
    # An empty template keeps Plotly's own (7 kB) out of what is sent; Streamlit's theme is applied in the browser.
    # Merged before: Plotly takes long to update a figure.
    return go.Figure(layout=_merged({"template": {}, **plotly_layout(dark)}, layout))


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(common)
    for name, value in own.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged


def event_histogram(
    counts: pd.DataFrame,
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
    """Stacked areas in steps from `histogram_counts` for the same window, size and zone.

    `mode` is "count", "percent" (share within each bin) or "log": a logarithmic axis, on which stacks would mislead, so
    each value is a stepped line there. A first or last bin that the window cuts is hatched over its whole height. The
    mouse selects a range of time (see `range_of_selection`); the axes don't zoom by themselves.

    `colours`: those of all values that the data holds, as `theme.category_colours` gives them, so that each value has
    the same one in every figure.

    How many shapes there are decides how long the browser draws, so a value is one shape and not fifty bars. Pointing
    and selecting is left to one unseen column per bin, the trace "bins", which also lists the bin's numbers. The same
    counts give the same JSON, byte for byte: the browser then has nothing to draw again.
    """
    log = mode == "log"
    edges = bin_edges(start, end, size, tz)
    totals = counts.sum(axis=1).to_numpy()
    partial = np.zeros(len(counts), dtype=bool)
    partial[0] |= bool(edges[0] < start)
    partial[-1] |= bool(edges[-1] > end)
    what = "share of events" if mode == "percent" else "events"
    figure = _figure(
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
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
    ticks, texts = ticks_of(edges, tz)
    figure.update_xaxes(
        type="date",
        range=positions(edges[[0, -1]]),
        fixedrange=True,
        tickvals=ticks,
        ticktext=texts,
        title={"text": zone_title(start, end, tz) + (HATCHED if partial.any() else ""), "standoff": 4},
        automargin=True,
        showgrid=False,
    )
    figure.update_yaxes(
        type="log" if log else "linear",
        rangemode="tozero",
        fixedrange=True,
        title={"text": f"{what} per {per(size)}", "standoff": 4},
        minallowed=None if log else 0,
        automargin=True,
    )
    if not counts.to_numpy().any():
        figure.update_yaxes(range=[0, 1], showticklabels=False)
        figure.add_annotation(
            text="No events in this window", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper"
        )
        return figure

    values = counts.to_numpy().astype(np.int32, casting="same_kind")
    parts = np.round(100 * values / np.maximum(totals, 1)[:, None], 2).astype(np.float32)
    heights = parts if mode == "percent" else values
    # Where all bins are equally long their places are two numbers, and the figure half as large.
    x = positions(edges)
    length = np.diff(edges.to_numpy("datetime64[ms]").view(np.int64))
    even = (length == length[0]).all()
    places: dict[str, Any] = {"x0": x[0], "dx": int(length[0])} if even else {"x": x}
    keys, shades = _keys(counts), _colours(counts, colours)
    for column, (name, key, colour) in enumerate(zip(counts.columns, keys, shades, strict=True)):
        trace = {"name": as_text(str(name)), "legendgroup": key, "hoverinfo": "skip", "mode": "lines"}
        y = heights[:, column]
        if log:
            # Zero has no place on this axis. Both ends of each bin are given, so that one alone is a line too.
            steps = np.repeat(np.where(y > 0, y, np.nan).astype(np.float32), 2)
            figure.add_scatter(x=np.repeat(x, 2)[1:-1].tolist(), y=steps, line={"color": colour, "width": 2}, **trace)
        else:
            line = {"color": colour, "width": 0, "shape": "hv"}
            figure.add_scatter(**places, y=np.append(y, y[-1]), stackgroup="1", fillcolor=colour, line=line, **trace)

    top = 100.0 if mode == "percent" else int(totals.max()) * 1.05
    if log:
        top = int(values.max()) * 1.5
        figure.update_yaxes(range=[float(np.log10(0.8)), round(float(np.log10(top)), 3)], **_log_ticks(top, 8))
    elif mode == "percent":
        figure.update_yaxes(range=[0, top], tick0=0, dtick=25, ticksuffix="%")
    else:
        figure.update_yaxes(range=[0, top], **_count_ticks(top, 5))
    if partial.any():
        # Bars are drawn below areas, but those of an axis that lies over another are drawn above all of that one's.
        figure.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False})
        figure.add_bar(
            x=[position for position, cut in zip(x[:-1], partial, strict=True) if cut],
            y=[1] * int(partial.sum()),
            yaxis="y2",
            offset=0,
            width=length[partial].astype(np.float64),
            marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}, "pattern": _stripes(dark)},
            name="partly in the window",
            showlegend=False,
            hoverinfo="skip",
        )
    number = ":.1f}%" if mode == "percent" else ":,}"
    figure.add_bar(
        x=x[:-1],
        y=np.full(len(counts), top, dtype=np.float32),
        offset=0,
        width=int(length[0]) if even else length.astype(np.float64),
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        name="bins",
        showlegend=False,
        hovertext=[
            f"{text}<br>{whole(int(total))} in this bin{', which is only partly in the window' if cut else ''}"
            for text, total, cut in zip(range_texts(edges, tz), totals, partial, strict=True)
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
    return figure


def _count_ticks(top: float, most: int) -> dict[str, Any]:
    """Labels of a linear axis of counts: Plotly's own choice has halves, which it writes as equal whole numbers."""
    return {"tick0": 0, "dtick": count_step(top, most), "tickformat": ",d"}


def _log_ticks(top: float, most: int) -> dict[str, Any]:
    ticks = log_ticks(top, most)
    return {"tickvals": ticks, "ticktext": [whole(tick) for tick in ticks]}


def _stripes(dark: bool) -> dict[str, Any]:
    """Stripes that show on areas of any colour and on the ground."""
    ground, ink = ("16,22,29", "230,237,243") if dark else ("255,255,255", "15,24,34")
    colours = {"fgcolor": f"rgba({ground},0.85)", "bgcolor": f"rgba({ink},0.3)"}
    return {"shape": "/", "fillmode": "replace", "size": 8, "solidity": 0.4, **colours}


def category_bars(counts: pd.DataFrame, dark: bool, colours: Mapping[str, str] | None = None) -> go.Figure:
    """The columns of `histogram_counts` as one bar each, with number and share: a legend to click on.

    Plotly takes clicks on a point only where dragging doesn't select, so the histogram itself can't offer both.
    """
    totals = counts.sum()
    whole_window = int(totals.sum())
    names = [as_text(str(name), 24) for name in counts.columns]
    rows = list(range(len(names)))
    figure = _figure(
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
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, max(longest, 1) * 2])
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
        marker={"color": _colours(counts, colours), "line": {"width": 0}},
        text=[f"{whole(int(total))} · {percent(int(total), whole_window)}" for total in totals],
        textposition="outside",
        cliponaxis=False,
        customdata=_keys(counts),
        hovertext=[as_text(str(name), 200) for name in counts.columns],
        hovertemplate="<b>%{hovertext}</b><br>%{text}<extra></extra>",
    )
    return figure


def minute_bars(active: Sequence[int], now: pd.Timestamp, tz: str, dark: bool) -> go.Figure:
    """Active sessions in each of the last minutes, the oldest first; the last bar ends at `now`."""
    minutes = len(active)
    ends = [now.tz_convert(tz) - pd.Timedelta(minutes=minutes - 1 - number) for number in range(minutes)]
    about = [f"{(end - pd.Timedelta('1min')).strftime('%H:%M')} to {end.strftime('%H:%M')}" for end in ends]
    figure = _figure(
        dark,
        height=120,
        dragmode=False,
        hovermode="x",
        showlegend=False,
        bargap=0.15,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
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
    figure.update_yaxes(range=[0, top], fixedrange=True, automargin=True, **_count_ticks(top, 4))
    figure.add_bar(
        x=list(range(-minutes + 1, 1)),
        y=np.asarray(active, dtype=np.int64),
        marker={"color": ACCENT, "line": {"width": 0}},
        customdata=about,
        hovertemplate="%{y:,} active<br>%{customdata}<extra></extra>",
    )
    return figure


def range_of_selection(selection: Mapping[str, Any]) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The time range (UTC, whole seconds) of a box drawn in `event_histogram`, or None when there is no box.

    `selection` is what `st.plotly_chart` keeps in its state, with or without the outer "selection".
    """
    boxes = selection.get("selection", selection).get("box") or []
    for box in boxes:
        ends = [pd.to_datetime(end, utc=True, errors="coerce") for end in box.get("x") or []]
        if len(ends) >= 2 and not pd.isna(ends).any():
            start, end = min(ends).floor("s"), max(ends).ceil("s")
            return (start, end) if start < end else None
    return None


def category_of_selection(selection: Mapping[str, Any]) -> str | None:
    """The value that was clicked in `category_bars`, or None (nothing, several, the missing values or the rest)."""
    inner = selection.get("selection", selection)
    keys = {str(point.get("legendgroup") or point.get("customdata")) for point in inner.get("points") or []}
    key = keys.pop() if len(keys) == 1 and not inner.get("box") else ""
    return read_shown(key[1:]) if key.startswith("=") else None

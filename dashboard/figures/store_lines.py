"""Stores compared over time: a line for each on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.axes import as_text, per, positions, range_texts, ticks_of, zone_title
from dashboard.figures.plotly_base import SMALL_MARGIN, count_ticks, figure

_DASHES: Final = ("solid", "dash", "dot", "dashdot")
_SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "triangle-down")


def store_lines(
    lines: Mapping[str, Sequence[float]],
    texts: Mapping[str, Sequence[str]],
    edges: pd.DatetimeIndex,
    partial: tuple[bool, bool],
    names: Mapping[str, str],
    colours: Mapping[str, str],
    title: str,
    tz: str,
    dark: bool,
) -> go.Figure:
    """Return a line for each store; a drag selects a range of time (`chart_selections`).

    Parameters
    ----------
    lines, texts
        For each ``spaceId`` the numbers of the bins, and how they read.
    edges, partial
        The edges of the bins, UTC, and whether the first and the last are only partly in the time range: they are
        drawn as open marks.
    names, colours
        What a person reads for each ``spaceId``, and its colour. Lines differ by dashes and marks too.
    title
        What the numbers are.
    """
    size = pd.Timedelta(edges[-1] - edges[-2])
    drawn = figure(
        dark,
        height=330,
        dragmode="select",
        selectdirection="h",
        hovermode="x unified",
        margin={**SMALL_MARGIN, "b": 110},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "traceorder": "normal"},
        showlegend=True,
    )
    moments = edges.as_unit("us").to_numpy("datetime64[us]")
    middles = pd.DatetimeIndex(moments[:-1] + np.diff(moments) // 2).tz_localize("UTC")
    times = range_texts(edges, tz)
    for place, (space, numbers) in enumerate(lines.items()):
        symbol = _SYMBOLS[place % len(_SYMBOLS)]
        symbols = [symbol] * len(numbers)
        for end, is_partial in zip((0, -1), partial, strict=True):
            symbols[end] = f"{symbol}-open" if is_partial else symbols[end]
        said = [f"{text}{'' if place else f', {time}'}" for text, time in zip(texts[space], times, strict=True)]
        drawn.add_scatter(
            x=positions(middles),
            y=list(numbers),
            mode="lines+markers",
            name=as_text(names[space], 40),
            line={"color": colours[space], "width": 2, "dash": _DASHES[place % len(_DASHES)]},
            marker={"color": colours[space], "size": 7, "symbol": symbols},
            customdata=said,
            hovertemplate="%{fullData.name}: <b>%{customdata}</b><extra></extra>",
        )
    _label_axes(drawn, lines, edges, partial, f"{as_text(title)} per {per(size)}", tz)
    return drawn


def _label_axes(
    drawn: go.Figure,
    lines: Mapping[str, Sequence[float]],
    edges: pd.DatetimeIndex,
    partial: tuple[bool, bool],
    title: str,
    tz: str,
) -> None:
    ticks, labels = ticks_of(edges, tz)
    ends = "<br>open marks: only partly in the time range" if any(partial) else ""
    drawn.update_xaxes(
        type="date",
        range=positions(edges[[0, -1]]),
        fixedrange=True,
        tickvals=ticks,
        ticktext=labels,
        title={"text": f"{zone_title(edges[0], edges[-1], tz)}{ends}", "standoff": 4},
        unifiedhovertitle={"text": " "},
    )
    top = max((max(numbers, default=0) for numbers in lines.values()), default=0)
    low = min((min(numbers, default=0) for numbers in lines.values()), default=0)
    labels_of_counts: dict[str, Any] = count_ticks(max(top, 1), 5)
    drawn.update_yaxes(
        fixedrange=True,
        range=[min(low, 0), max(top, 1) * 1.08],
        title={"text": title, "standoff": 4},
        **labels_of_counts,
    )

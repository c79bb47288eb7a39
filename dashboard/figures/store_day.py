"""A store's day: visitors, purchases, revenue, steps of the funnel and outages on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.formatting import amount_of, whole
from dashboard.analysis.histogram import as_moments
from dashboard.analysis.names import shortened
from dashboard.analysis.outages import Outage
from dashboard.analysis.store_course import FUNNEL, StoreCourse
from dashboard.analysis.store_drops import Drop
from dashboard.figures.axes import as_text, per, positions, range_texts, ticks_of, zone_title
from dashboard.figures.plotly_base import count_ticks, figure
from dashboard.figures.theme import ACCENT, OTHER_COLOUR, event_colour

MOST_UNITS: Final = 2
"""The units of revenue that have a row of their own: those of most purchases."""
MOST_THINGS: Final = 12
ROW, GAP, BAR, BELOW = 92, 34, 36, 136
"""Pixels: the height of a row of numbers, the space above each row for its title, the height of a thing's bar, and the
space for the labels of the time axis and the legend."""

_DROP_COLOUR: Final = "#d55e00"
_REVENUE_COLOUR: Final = "#e69f00"
_OTHER_STYLE: Final = {"color": OTHER_COLOUR, "width": 2, "dash": "dash"}


@dataclass(frozen=True)
class Row:
    """One row of the figure: its title, its height in pixels, its traces without their axes, and texts above bars."""

    title: str
    height: int
    traces: list[go.Bar | go.Scatter]
    axis: dict[str, Any]
    labels: tuple[str, ...] = ()


def store_day(
    course: StoreCourse,
    outages: Sequence[Outage],
    size: pd.Timedelta,
    tz: str,
    dark: bool,
    *,
    other: tuple[str, StoreCourse] | None = None,
    drop: Drop | None = None,
) -> go.Figure:
    """Return the figure; a drag in any row selects a range of time (`chart_selections`).

    Parameters
    ----------
    course
        The numbers of the store as one (None), with bins of ``size`` in ``tz``.
    outages
        Of the store's things, any order; those of at most `MOST_THINGS` things are drawn, the longest first.
    other
        Another store to compare with: its name, and its course with the same bins as one (None). A dashed line each.
    drop
        The fall that is marked with a line over all rows.
    """
    rows = [*_number_rows(course, other, tz), _funnel_row(course), *_outage_rows(outages)]
    total = sum(row.height + GAP for row in rows)
    day = figure(
        dark,
        height=total + 4 + BELOW,
        dragmode="select",
        selectdirection="h",
        hovermode="x unified",
        hoversubplots="axis",
        barmode="overlay",
        bargap=0.08,
        margin={"l": 8, "r": 8, "t": 4, "b": BELOW},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "traceorder": "normal"},
    )
    _add_rows(day, rows, total)
    _label_time(day, course, size, tz, len(rows))
    if drop is not None:
        (x,) = positions(pd.DatetimeIndex([drop.moment]))
        line = {"color": _DROP_COLOUR, "width": 2, "dash": "dot"}
        day.add_shape(type="line", xref="x", x0=x, x1=x, yref="paper", y0=0, y1=1, line=line)
    return day


def _add_rows(day: go.Figure, rows: Sequence[Row], total: int) -> None:
    """Add the rows from top to bottom; ``total`` is the height of all of them in pixels."""
    top = float(total)
    for number, row in enumerate(rows, start=1):
        name = "" if number == 1 else str(number)
        upper, lower = (top - GAP) / total, (top - GAP - row.height) / total
        day.update_layout({f"yaxis{name}": {"domain": [max(lower, 0), upper], "fixedrange": True, **row.axis}})
        day.add_annotation(
            text=row.title,
            showarrow=False,
            x=0,
            xref="paper",
            xanchor="left",
            y=upper,
            yref="paper",
            yanchor="bottom",
            font={"size": 13},
        )
        for trace in row.traces:
            day.add_trace(trace.update(xaxis="x", yaxis=f"y{name}"))
        for place, label in enumerate(row.labels):
            day.add_annotation(
                text=label,
                showarrow=False,
                font={"size": 11},
                x=0,
                xref="paper",
                xanchor="left",
                y=upper - place * BAR / total,
                yref="paper",
                yanchor="top",
            )
        top -= GAP + row.height


def _label_time(day: go.Figure, course: StoreCourse, size: pd.Timedelta, tz: str, rows: int) -> None:
    ticks, texts = ticks_of(course.edges, tz)
    partial = "<br>hatched: only partly in the time range" if any(course.partial) else ""
    day.update_xaxes(
        type="date",
        range=positions(course.edges[[0, -1]]),
        fixedrange=True,
        tickvals=ticks,
        ticktext=texts,
        anchor=f"y{rows if rows > 1 else ''}",
        title={
            "text": f"{zone_title(course.span.start, course.span.end, tz)}, per {per(size)}{partial}",
            "standoff": 4,
        },
        showgrid=True,
        # The axis is in UTC; the first row writes the time in the zone.
        unifiedhovertitle={"text": " "},
    )


def _number_rows(course: StoreCourse, other: tuple[str, StoreCourse] | None, tz: str) -> list[Row]:
    counts = course.counts[None]
    rows: list[Row] = []
    times = range_texts(course.edges, tz)
    for name, title, colour in (
        ("visitors", "Visitors", ACCENT),
        ("purchases", "Purchases", event_colour("PURCHASE")),
    ):
        numbers = counts[name].to_numpy()
        texts = [f"{whole(number)}{'' if rows else f', {time}'}" for number, time in zip(numbers, times, strict=True)]
        traces: list[go.Bar | go.Scatter] = [_bars(course, numbers, title, colour, texts)]
        top = int(numbers.max(initial=0))
        if other is not None:
            label, others = other
            line = others.counts[None][name].to_numpy()
            traces.append(_line(course, line, f"{title}, {label}", _OTHER_STYLE))
            top = max(top, int(line.max(initial=0)))
        rows.append(
            Row(f"<b>{title}</b>", ROW, traces, {"range": [0, max(top, 1) * 1.1], **count_ticks(max(top, 1), 3)})
        )
    for unit in course.units[:MOST_UNITS]:
        amounts = course.revenue[None].get(unit)
        if amounts is None:
            continue
        values = np.array([float(amount) for amount in amounts])
        label = f"Revenue, {as_text(unit, 12) if unit else 'no currency'}"
        texts = [amount_of(amount, unit) for amount in amounts]
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 1.0)
        rows.append(
            Row(
                f"<b>{label}</b>",
                ROW,
                [_bars(course, values, label, _REVENUE_COLOUR, texts)],
                {"range": [low, high * 1.1], "nticks": 4, "tickformat": ",~r"},
            )
        )
    return rows


def _funnel_row(course: StoreCourse) -> Row:
    counts = course.counts[None]
    traces = [
        _line(course, counts[step].to_numpy(), step, {"color": event_colour(step), "width": 2}, legend=True)
        for step in FUNNEL
    ]
    top = max(int(counts[list(FUNNEL)].to_numpy().max(initial=0)), 1)
    return Row(
        "<b>Sessions with each step of the funnel</b>",
        ROW + 30,
        traces,
        {"range": [0, top * 1.1], **count_ticks(top, 4)},
    )


def _outage_rows(outages: Sequence[Outage]) -> list[Row]:
    if not outages:
        return []
    lengths: dict[str, pd.Timedelta] = {}
    for outage in outages:
        lengths[outage.thing] = lengths.get(outage.thing, pd.Timedelta(0)) + (outage.end - outage.start)
    things = sorted(lengths, key=lambda thing: (-lengths[thing], thing))[:MOST_THINGS]
    traces: list[go.Bar | go.Scatter] = []
    for status in dict.fromkeys(outage.status for outage in outages):
        own = [outage for outage in outages if outage.status == status and outage.thing in things]
        if not own:
            continue
        traces.append(
            go.Bar(
                orientation="h",
                base=positions(pd.DatetimeIndex([outage.start for outage in own])),
                x=[(outage.end - outage.start).total_seconds() * 1000 for outage in own],
                # Below the thing's name.
                y=[things.index(outage.thing) + 0.22 for outage in own],
                width=0.36,
                name=as_text(status),
                marker={
                    "color": own[0].colour,
                    "line": {"width": 0},
                    "pattern": {"shape": "/" if own[0].is_silent else "", "solidity": 0.4},
                },
                hovertext=[as_text(f"{outage.thing}: {outage.status}", 120) for outage in own],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    axis = {
        "range": [len(things) - 0.5, -0.5],
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
    }
    labels = tuple(as_text(shortened(thing, 48), 60) for thing in things)
    return [Row("<b>Things that were offline or silent</b>", BAR * len(things), traces, axis, labels)]


def _bars(course: StoreCourse, values: Any, name: str, colour: str, texts: list[str]) -> go.Bar:
    begins = course.edges[:-1]
    shapes = [""] * len(begins)
    for place, is_partial in zip((0, -1), course.partial, strict=True):
        shapes[place] = "/" if is_partial else shapes[place]
    lengths = np.diff(course.edges.to_numpy("datetime64[ms]").view(np.int64))
    return go.Bar(
        x=positions(_middles(course)),
        y=values,
        width=(lengths * 0.92).tolist(),
        name=name,
        showlegend=False,
        marker={"color": colour, "line": {"width": 0}, "pattern": {"shape": shapes, "solidity": 0.5}},
        customdata=texts,
        hovertemplate=f"{name}: <b>%{{customdata}}</b><extra></extra>",
    )


def _line(course: StoreCourse, values: Any, name: str, style: dict[str, Any], *, legend: bool = False) -> go.Scatter:
    return go.Scatter(
        x=positions(_middles(course)),
        y=values,
        mode="lines+markers",
        line=style,
        marker={"size": 4},
        name=as_text(name, 60),
        showlegend=legend,
        hovertemplate="%{fullData.name}: <b>%{y:,}</b><extra></extra>",
    )


def _middles(course: StoreCourse) -> pd.DatetimeIndex:
    """The middle of each bin."""
    moments = course.edges.as_unit("us").to_numpy("datetime64[us]").view(np.int64)
    return as_moments((moments[:-1] + moments[1:]) // 2)

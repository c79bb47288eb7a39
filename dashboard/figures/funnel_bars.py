"""The funnel as bars: the sessions at each step, and those of the span before."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.analysis.formatting import percent, whole
from dashboard.analysis.funnel import FunnelStep
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text
from dashboard.figures.theme import ACCENT, OTHER_COLOUR


def funnel_bars(steps: Sequence[FunnelStep], before: Sequence[FunnelStep] | None, dark: bool) -> go.Figure:
    """Return one bar for each step with its sessions and their share of the first step's.

    Parameters
    ----------
    before
        The same steps in the span before: a narrower grey bar each. None where there is none.
    """
    places = list(range(len(steps)))
    longest = max([1, *(step.sessions for step in (*steps, *(before or ())))])
    figure = plotly_base.labelled_bars(
        dark,
        [as_text(step.eventType, 24) for step in steps],
        longest,
        room=1.5,
        height=(52 if before else 40) * max(len(steps), 1) + 24,
        hovermode="closest",
        showlegend=before is not None,
        barmode="group",
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        margin={"l": 8, "r": 8, "t": 32 if before else 4, "b": 4},
    )
    rows = [("this span", steps, ACCENT)] + ([("the span before", before, OTHER_COLOUR)] if before else [])
    for name, numbers, colour in rows:
        first = numbers[0].sessions if numbers else 0
        texts = [f"{whole(step.sessions)} · {percent(step.sessions, first)}" for step in numbers]
        figure.add_bar(
            orientation="h",
            x=[step.sessions for step in numbers],
            y=places,
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hovertext=[as_text(step.eventType, 200) for step in numbers],
            hovertemplate="<b>%{hovertext}</b><br>%{text}<extra>%{fullData.name}</extra>",
        )
    return figure

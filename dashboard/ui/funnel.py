"""The funnel over a list of event types that is in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard.analysis import people_events
from dashboard.analysis.formatting import age, escape_markdown, percent, plural, whole
from dashboard.analysis.funnel import EXAMPLE, MOST_STEPS, FunnelStep, funnel, funnel_by_space
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures.funnel_bars import funnel_bars
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters, Window
from dashboard.tables.names import name_of
from dashboard.ui import behaviour_table
from gridrt_client.safe_text import read_shown, shown

HOW = (
    "Within a session, in order: the first event of the first type, then the first event of each further type at or "
    "after the moment of the one before. Other events may lie between; events of the same moment count as in order. "
    "Only events in the time range take part, without MONITOR_* and without those that no person did."
)


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of steps, the funnel as bars and as a table, and the same by store on demand."""
    steps = _steps()
    if not steps:
        st.info("Choose at least one event type: each is a step of the funnel.", icon="🔍")
        return
    now, before = _funnels(data, span, steps)
    st.caption(escape_markdown(_summary(now, before)), help=HOW)
    dark = is_dark()
    figure = data.memoize("funnel_bars", lambda: funnel_bars(now, before, dark), steps, span, dark)
    st.plotly_chart(figure, key="funnel_bars", config=CONFIG, alt=f"{_summary(now, before)} The table has the numbers.")
    behaviour_table.draw(
        "funnel", _table(now, before), chosen, span, alt="Sessions at each step, and their share of the steps before."
    )
    _notes(now)
    if st.toggle("By store", key="funnelByStore", bind="query-params", help="The same steps for each spaceId."):
        _by_store(data, span, chosen, steps)


def _steps() -> tuple[str, ...]:
    counts = viewer_state.current().counts.get("eventType", pd.Series(dtype="int64"))
    linked = [*st.query_params.get_all("steps"), *(st.session_state.get("steps") or ())]
    options = list(dict.fromkeys([*EXAMPLE, *(shown(value) for value in counts.index), *linked]))
    chosen = st.multiselect(
        "steps",
        options,
        default=list(EXAMPLE),
        key="steps",
        bind="query-params",
        max_selections=MOST_STEPS,
        accept_new_options=True,
        filter_mode="contains",
        help=f"Event types in the order in which a session has to have them, at most {MOST_STEPS}.",
    )
    return tuple(dict.fromkeys(map(read_shown, chosen)))[:MOST_STEPS]


def _funnels(
    data: FilteredData, span: Window, steps: tuple[str, ...]
) -> tuple[list[FunnelStep], list[FunnelStep] | None]:
    """Return the funnel of the span and that of the span before, None where that isn't in the 24 hours."""
    earlier = people_events.span_before(span, data.window)

    def compute(one: Window) -> list[FunnelStep]:
        chosen = replace(data.chosen, span=one)
        return data.memoize("funnel", lambda: funnel(data.joined.database, steps, chosen), steps, one)

    return compute(span), compute(earlier) if earlier else None


def _summary(now: Sequence[FunnelStep], before: Sequence[FunnelStep] | None) -> str:
    first, last = now[0].sessions, now[-1].sessions
    text = f"{whole(last)} of {plural(first, 'session')} went through all steps ({percent(last, first)})."
    if before is None:
        return f"{text} There is no equally long span before within the 24 hours to compare with."
    first, last = before[0].sessions, before[-1].sessions
    return f"{text} In the equally long span before: {whole(last)} of {whole(first)} ({percent(last, first)})."


def _table(now: Sequence[FunnelStep], before: Sequence[FunnelStep] | None) -> pd.DataFrame:
    def shares(steps: Sequence[FunnelStep], place: int) -> tuple[float | None, float | None]:
        first, previous = steps[0].sessions, steps[max(place - 1, 0)].sessions
        return _share(steps[place].sessions, first), _share(steps[place].sessions, previous) if place else None

    table = pd.DataFrame(
        {
            "step": [shown(step.eventType, 60) for step in now],
            "sessions": [step.sessions for step in now],
            "of the first": pd.Series([shares(now, place)[0] for place in range(len(now))], dtype="float64"),
            "of the step before": pd.Series([shares(now, place)[1] for place in range(len(now))], dtype="float64"),
            "median time since it": [None if step.seconds is None else age(step.seconds) for step in now],
        }
    )
    if before is not None:
        table["sessions, span before"] = [step.sessions for step in before]
        table["of the first, span before"] = pd.Series(
            [shares(before, place)[0] for place in range(len(before))], dtype="float64"
        )
    return table


def _share(part: int, total: int) -> float | None:
    return part / total if total else None


def _notes(steps: Sequence[FunnelStep]) -> None:
    of_machines = [f"{whole(step.of_machines)} {shown(step.eventType, 60)}" for step in steps if step.of_machines]
    with st.container():
        if of_machines:
            st.caption(escape_markdown(f"Not done by a person, so not in the funnel: {', '.join(of_machines)}."))


def _by_store(data: FilteredData, span: Window, chosen: Filters, steps: tuple[str, ...]) -> None:
    only = replace(data.chosen, span=span)
    counts = data.memoize("funnel_by_space", lambda: funnel_by_space(data.joined.database, steps, only), steps, span)
    table = pd.DataFrame({"store": [name_of("spaceId", space) for space in counts.index]})
    for place, name in enumerate(counts.columns, start=1):
        table[f"{place}. {shown(name, 60)}"] = counts[name].to_numpy()
    first, last = counts.iloc[:, 0], counts.iloc[:, -1]
    table["conversion"] = (last / first.where(first > 0)).to_numpy(dtype="float64")
    behaviour_table.draw(
        "funnel_by_store", table, chosen, span, alt="Sessions at each step by store.", order="most sessions first"
    )

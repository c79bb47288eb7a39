"""The funnel over a list of event types that is in the link."""

from __future__ import annotations

from collections.abc import Sequence

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
from dashboard.ui import behaviour_table, link_parameters
from gridrt_client.safe_text import read_shown, shown

HOW = (
    "Within a session, in order: the first event of the first type, then the first event of each further type at or "
    "after the moment of the one before. Other events may lie between; events of the same moment count as in order. "
    "Only events in the time range take part, without MONITOR_* and without those that no person did."
)
COLUMNS = {
    "sessions": "Sessions that came to this step, through all steps before it.",
    "of the first": "Share of the sessions at the first step.",
    "of the step before": "Share of the sessions at the step before.",
    "median time": "From the step before to this one: half of the sessions took less.",
    "sessions before": "The same in the equally long span before.",
    "of the first before": "The same in the equally long span before.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of steps, the funnel as bars and as a table, and the same by store on demand."""
    steps = _steps()
    if not steps:
        st.info("Choose at least one event type: each is a step of the funnel.", icon="🔍")
        return
    now, before = _funnels(data, span, steps)
    summary, dark = _summary(now, before), is_dark()
    st.caption(escape_markdown(summary), help=HOW)
    figure = data.memoize("funnel_bars", lambda: funnel_bars(now, before, dark), steps, span, dark)
    st.plotly_chart(figure, key="funnel_bars", config=CONFIG, alt=f"{summary} The table has the numbers.")
    alt = "Sessions at each step, and their share of the steps before."
    behaviour_table.draw(
        "funnel", _table(now, before), chosen, span, alt=alt, help=COLUMNS, exported=["median seconds"]
    )
    _notes(now)
    if link_parameters.switch("funnelByStore", label="By store", help="The same steps for each store (spaceId)."):
        _by_store(data, span, chosen, steps)


def _steps() -> tuple[str, ...]:
    """Choose the steps; the link names them once each, in order, and doesn't name those of the example."""

    def choose() -> None:
        terms = st.session_state["steps"][:MOST_STEPS]
        link_parameters.change({"steps": None if tuple(map(read_shown, terms)) == EXAMPLE else terms})

    terms = [shown(read_shown(term)) for term in st.query_params.get_all("steps") if term]
    linked = list(dict.fromkeys(terms))[:MOST_STEPS] or list(EXAMPLE)
    counts = viewer_state.current().counts.get("eventType", pd.Series(dtype="int64"))
    link_parameters.show("steps", linked)
    chosen = st.multiselect(
        "Steps",
        list(dict.fromkeys([*EXAMPLE, *map(shown, counts.index), *linked])),
        key="steps",
        max_selections=MOST_STEPS,
        accept_new_options=True,
        filter_mode="contains",
        on_change=choose,
        help=f"Event types in the order in which a session has to have them, at most {MOST_STEPS} (steps in the link).",
    )
    return tuple(dict.fromkeys(map(read_shown, chosen)))


def _funnels(
    data: FilteredData, span: Window, steps: tuple[str, ...]
) -> tuple[list[FunnelStep], list[FunnelStep] | None]:
    """Return the funnel of the span and that of the span before, None where that isn't in the 24 hours."""

    def of(one: Window) -> list[FunnelStep]:
        return data.memoize("funnel", lambda: funnel(data.joined.database, steps, data.chosen.within(one)), steps, one)

    earlier = people_events.span_before(span, data.window)
    return of(span), of(earlier) if earlier else None


def _summary(now: Sequence[FunnelStep], before: Sequence[FunnelStep] | None) -> str:
    first, last = now[0].sessions, now[-1].sessions
    text = f"{whole(last)} of {plural(first, 'session')} went through all steps ({percent(last, first)})."
    if before is None:
        return f"{text} There is no equally long span before within the 24 hours to compare with."
    first, last = before[0].sessions, before[-1].sessions
    return f"{text} In the equally long span before: {whole(last)} of {whole(first)} ({percent(last, first)})."


def _table(now: Sequence[FunnelStep], before: Sequence[FunnelStep] | None) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "step": pd.Series([step.eventType for step in now], dtype="str"),
            "sessions": [step.sessions for step in now],
            "of the first": _shares([step.sessions for step in now], [now[0].sessions] * len(now)),
            "of the step before": _shares([step.sessions for step in now], [0, *(step.sessions for step in now[:-1])]),
            "median time": pd.Series(
                [None if step.seconds is None else age(step.seconds) for step in now], dtype="str"
            ),
        }
    )
    table["median seconds"] = pd.Series([step.seconds for step in now], dtype="float64")
    if before is not None:
        table["sessions before"] = [step.sessions for step in before]
        table["of the first before"] = _shares([step.sessions for step in before], [before[0].sessions] * len(before))
    return table


def _shares(parts: list[int], totals: list[int]) -> pd.Series:
    """The shares, missing where the total is 0."""
    shares = [part / total if total else None for part, total in zip(parts, totals, strict=True)]
    return pd.Series(shares, dtype="float64")


def _notes(steps: Sequence[FunnelStep]) -> None:
    of_machines = [f"{whole(step.of_machines)} {shown(step.eventType, 60)}" for step in steps if step.of_machines]
    with st.container():
        if of_machines:
            st.caption(escape_markdown(f"Not done by a person, so not in the funnel: {', '.join(of_machines)}."))


def _by_store(data: FilteredData, span: Window, chosen: Filters, steps: tuple[str, ...]) -> None:
    counts = data.memoize(
        "funnel_by_space",
        lambda: funnel_by_space(data.joined.database, steps, data.chosen.within(span)),
        steps,
        span,
    )
    table = pd.DataFrame({"spaceId": pd.Series(counts.index.array)})
    for place, name in enumerate(counts.columns, start=1):
        table[f"{place}. {shown(name, 60)}"] = counts[name].to_numpy()
    table["conversion"] = _shares(counts.iloc[:, -1].tolist(), counts.iloc[:, 0].tolist())
    behaviour_table.draw(
        "funnel_by_store",
        table,
        chosen,
        span,
        alt="Sessions at each step by store.",
        order="most sessions at the first step first",
        help={"conversion": "Sessions at the last step of those at the first."},
    )

"""How old the picture is, ticking in the browser, and what draws the view again when there is something newer.

The browser asks when the next answer is expected (`pulse.js`). Where it brings nothing new only this line is drawn
again; otherwise the view is, and nothing around it; the sidebar only when its options have changed.
"""

from __future__ import annotations

import time
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakSet

import streamlit as st

from dashboard.analysis.formatting import age, zone_label
from dashboard.data import filtered_data, loader
from dashboard.filters import Filters
from dashboard.ui import filter_widgets, frozen_rows, messages, panels
from gridrt_client.errors import GridError
from gridrt_client.snapshots.snapshot import Snapshot

FIRST_SECONDS = 0.25
"""Between two looks at an answer that has never been there."""
AGAIN_SECONDS = 1.0
"""Between two looks at an answer that is late."""
EACH_SECONDS, LONGEST_SPREAD = 0.08, 0.8
"""Viewers don't all come back when an answer is due, but evenly within so many seconds for each that is there, and at
most within this part of the interval."""

CLOCK_SECONDS = 60
"""A clock of the browser that differs by more from the server's is told."""

_TURN, _PLACE = "_turn", "_place"
_GOLDEN = (5**0.5 - 1) / 2

# What a component runs in the browser is sent with every drawing of it: all that there is to run once for each visit,
# and with the line only the call of it, which waits until it is there.
_code = st.components.v2.component("pulse", js=Path(__file__).with_name("auto_refresh.js").read_text(encoding="utf-8"))
_line = st.components.v2.component(
    "freshness",
    html='<span class="gridrt-freshness"></span>',
    js="""export default (given) => {
        let end = () => {}
        const begin = () => { end = window.gridrtLine(given) }
        window.gridrtLine ? begin() : addEventListener("gridrt-line", begin, { once: true })
        return () => { removeEventListener("gridrt-line", begin); end() }
    }""",
    # Part of the page, so that its text is found and read like any other; its style is in `style.css`.
    isolate_styles=False,
)


class _Place:
    """A viewer's place among all: from 0 to below 1, evenly spread in whatever number they come."""

    _numbers = count()

    def __init__(self) -> None:
        self.share = next(self._numbers) * _GOLDEN % 1


# It goes with the viewer's session.
_viewers: WeakSet[_Place] = WeakSet()


def code() -> None:
    """What the browser runs for a view that refreshes itself; drawn once, outside of what is refreshed."""
    _code(key="pulse_code", height="content")


@st.fragment(key="pulse")
def pulse(chosen: Filters, *, waiting: bool) -> None:
    """The line, with its button.

    Parameters
    ----------
    waiting
        Whether something is asked for that has never been answered.
    """
    answers, problems = loader.newest(), loader.failures()
    paused = chosen.refresh is None
    turn = st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    told = line_data(
        ages=[-loader.seconds_until(answer.fetched_at) for answer in answers],
        refreshing_since=[] if paused else _refreshing_since(answers),
        next_try=None if paused else _next_try(answers, problems),
        more=["paused" if paused else f"every {age(_interval(answers, chosen))}", zone_label(chosen.tz)],
        wait=FIRST_SECONDS if waiting else None if paused else _wait(answers, problems, chosen),
        turn=turn,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _line(
            key="freshness_line",
            data=told,
            width="content",
            on_due_change=lambda: _due(chosen),
            on_lost_change=_map_lost,
        )
        st.button("Resume" if paused else "Pause", key="pause", on_click=filter_widgets.pause, type="tertiary")


def line_data(
    *,
    ages: list[float],
    refreshing_since: list[datetime],
    next_try: float | None,
    more: list[str],
    wait: float | None,
    turn: int,
) -> dict[str, Any]:
    """What the line is made of in the browser, where every number of seconds ticks.

    Parameters
    ----------
    ages
        How many seconds ago each answer was given.
    refreshing_since
        When each fetch began that is under way.
    next_try
        In how many seconds the API is asked again after a failure.
    more
        What doesn't change by itself.
    wait
        After how many seconds the browser asks again; None for never.
    turn
        Another number for each drawing: what is equal to what was there before is not taken for a new start of the
        clock.
    """
    return {
        "age": max(ages, default=None),
        "fetching": max((-loader.seconds_until(since) for since in refreshing_since), default=None),
        "slow": messages.SLOW_SECONDS,
        "next_try": next_try,
        "more": more,
        "wait": wait,
        "turn": turn,
        # For comparing the browser's clock, by which tables tell how long ago something was.
        "now": time.time(),
        "clock_tolerance": CLOCK_SECONDS,
    }


def _refreshing_since(answers: list[Snapshot]) -> list[datetime]:
    """When the fetches began that are under way for what the view shows or waits for."""
    renewals = [answer.refreshing_since for answer in answers if answer.refreshing_since is not None]
    return [*renewals, *(fetch.began_at for fetch in loader.progress())]


def _due(chosen: Filters) -> None:
    """Callback: draw again what has something newer to tell."""
    asked = st.session_state["freshness_line"]["due"]
    frozen_rows.scrolled({name for name in asked["scrolled"] if isinstance(name, str)})
    if loader.changed(chosen.refresh):
        options = st.session_state.get("_options")
        if (
            options is None
            or filter_widgets.options_of(filtered_data.counts(chosen)) != options
            or filter_widgets.values_open()
        ):
            st.rerun()
        st.rerun("view")


def _map_lost() -> None:
    """Callback: the browser says that the map has gone blank."""
    panels.map_lost()
    st.rerun("view")


def _interval(answers: list[Snapshot], chosen: Filters) -> float:
    """Seconds between two answers: the store asks less often where answering takes long."""
    asked = chosen.refresh or 0.0
    return max([asked, *((answer.due_at - answer.fetched_at).total_seconds() for answer in answers if answer.due_at)])


def _next_try(answers: list[Snapshot], problems: list[GridError]) -> float | None:
    """In how many seconds something that failed is asked for again."""
    tries = [*(answer.next_try for answer in answers), *(problem.next_try for problem in problems)]
    moments = [moment for moment in tries if moment is not None]
    return max(0.0, loader.seconds_until(min(moments))) if moments else None


def _wait(answers: list[Snapshot], problems: list[GridError], chosen: Filters) -> float:
    if (retry := _next_try(answers, problems)) is not None:
        return retry + AGAIN_SECONDS
    # When the last of them is due: one drawing for all.
    due = max((loader.seconds_until(answer.due_at) for answer in answers if answer.due_at), default=0.0)
    place = st.session_state.setdefault(_PLACE, _Place())
    _viewers.add(place)
    spread = min(EACH_SECONDS * (len(_viewers) - 1), LONGEST_SPREAD * (chosen.refresh or 0.0))
    wait: float = max(AGAIN_SECONDS, due) + place.share * spread
    return wait

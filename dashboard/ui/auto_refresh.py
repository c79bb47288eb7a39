"""The line with the age of the data, and the refresh of the page.

The age is counted in the browser (``static/auto_refresh.js``), which asks the server when the next answer is expected.
Where nothing has changed only the line is drawn again; otherwise the page is, and the sidebar only when its options
changed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable
from datetime import datetime
from itertools import count
from threading import Lock
from typing import Any, Final
from weakref import WeakSet

import streamlit as st

from dashboard.analysis.formatting import age, zone_label
from dashboard.data import filtered_data, viewer_state
from dashboard.data.loader import seconds_until
from dashboard.data.viewer_state import ViewerState
from dashboard.filters import Filters
from dashboard.ui import browser_component, filter_changes, filter_widgets, link_parameters, messages, sign_in
from gridrt_client.errors import GridError
from gridrt_client.snapshots.snapshot import Snapshot

FIRST_SECONDS: Final = 0.25
"""The time between two requests of the browser while a first answer is under way."""
AGAIN_SECONDS: Final = 1.0
"""The time between two requests of the browser while an answer is late."""
HIDING_SECONDS: Final = 0.5
"""How long after the time is over the browser asks for the page without personal data."""
QUIET_SECONDS: Final = 2.0
"""How long the browser waits after a click or a key before it asks: the answer to that should have come first."""
EACH_SECONDS: Final = 0.08
MOST_SPREAD: Final = 0.8
"""Requests of viewers for the same answer are spread evenly over `EACH_SECONDS` for each viewer, at most over this part
of the interval."""

CLOCK_SECONDS: Final = 60
"""A clock of the browser that differs by more from the API's is named on the page."""

_GOLDEN: Final = (5**0.5 - 1) / 2
_numbers = count()
_viewers: WeakSet[ViewerState] = WeakSet()
_adding = Lock()

_component = browser_component.component(
    "auto_refresh",
    html='<span class="gridrt-freshness"></span>',
    # Part of the page, so that its text is found and read like any other; its style is in `style.css`.
    isolate_styles=False,
)


@st.fragment(key="auto_refresh")
def draw(chosen: Filters, *, waiting: bool) -> None:
    """Draw the line and the button that pauses; ``waiting``: a first answer is under way."""
    viewer = viewer_state.current()
    answers, failures = viewer.loader.newest(), viewer.loader.failures()
    paused = chosen.refresh is None
    viewer.refresh_turn += 1
    wait = FIRST_SECONDS if waiting else None if paused else _wait(viewer, answers, failures)
    check = sign_in.check_again()
    data = line_data(
        ages=[-seconds_until(answer.answered_at) for answer in answers],
        refreshing_since=[] if paused else _refreshing_since(viewer, answers),
        next_try=None if paused else _next_try(answers, failures),
        more=["paused" if paused else f"every {age(_interval(answers, chosen))}", zone_label(chosen.tz)],
        wait=_until_hidden(viewer, min((one for one in (wait, check) if one is not None), default=None)),
        quiet=0.0 if waiting else QUIET_SECONDS,
        turn=viewer.refresh_turn,
        now=time.time() + max((answer.clock_offset.total_seconds() for answer in answers), key=abs, default=0.0),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _component(key="freshness_line", data=data, width="content", on_due_change=_refresh)
        st.button("Resume" if paused else "Pause", key="pause", on_click=filter_changes.pause, type="tertiary")


def line_data(
    *,
    ages: list[float],
    refreshing_since: list[datetime],
    next_try: float | None,
    more: list[str],
    wait: float | None,
    quiet: float,
    turn: int,
    now: float,
) -> dict[str, Any]:
    """Return what the browser makes the line of; it counts on all numbers of seconds.

    Parameters
    ----------
    ages
        The seconds since each answer was received.
    refreshing_since
        When each fetch began that is under way.
    next_try
        The seconds until a failed query is fetched again; None when none has failed.
    more
        Texts that don't change by themselves.
    wait
        The seconds until the browser asks for a refresh; None for never.
    quiet
        The seconds after the last click or key before which it doesn't.
    turn
        A number that differs for each drawing: Streamlit doesn't call the component again with equal data.
    now
        The moment by the API's clock, in seconds since 1970.
    """
    return {
        "age": max(ages, default=None),
        "fetching": max((-seconds_until(since) for since in refreshing_since), default=None),
        "slow": messages.SLOW_SECONDS,
        "next_try": next_try,
        "more": more,
        "wait": wait,
        "quiet": quiet,
        "turn": turn,
        # For comparison with the browser's clock, by which tables show how long ago something was.
        "now": now,
        "clock_tolerance": CLOCK_SECONDS,
    }


def _refresh() -> None:
    """Callback: draw again what has changed."""
    link_parameters.restore()
    viewer = viewer_state.current()
    # The value is gone where a change of page comes together with the request.
    request = dict(st.session_state.get("freshness_line") or {}).get("due") or {}
    viewer.scrolled = {name for name in request.get("scrolled", ()) if isinstance(name, str)}
    if not sign_in.is_permitted(viewer):
        st.rerun()
    hidden = viewer.loader.clear and not viewer.shows_personal_data
    if not hidden and not viewer.loader.has_changed(viewer.filters.refresh):
        return
    viewer.begin(viewer.loader.patience)
    viewer.counts = filtered_data.counts(viewer.filters)
    # The button that shows personal data is in the sidebar.
    if hidden or filter_widgets.options_of(viewer.counts) != viewer.options or filter_widgets.any_counts_open():
        st.rerun()
    st.rerun("view")


def pages_by_key() -> Counter[Hashable]:
    """Return how many pages show each snapshot, by its key; those of viewers who have just left are among them."""
    with _adding:
        viewers = list(_viewers)
    found: Counter[Hashable] = Counter()
    for viewer in viewers:
        loader = viewer.loader
        keys = {loader.connection.key(query, clear=loader.clear) for query in tuple(loader.used)}
        # Of a connection that is limited to spaces: with these.
        found.update(key[0] if isinstance(key, tuple) and isinstance(key[0], tuple) else key for key in keys)
    return found


def _until_hidden(viewer: ViewerState, wait: float | None) -> float | None:
    """Return a wait that ends when personal data has to be hidden, also while the page is paused."""
    if not viewer.loader.clear or viewer.personal_data_until is None:
        return wait
    left = max(0.0, seconds_until(viewer.personal_data_until)) + HIDING_SECONDS
    return left if wait is None else min(wait, left)


def _refreshing_since(viewer: ViewerState, answers: list[Snapshot]) -> list[datetime]:
    """Return when the fetches began that are under way for the snapshots that the page shows or waits for."""
    renewals = [answer.refreshing_since for answer in answers if answer.refreshing_since is not None]
    return [*renewals, *(fetch.began_at for fetch in viewer.loader.progress())]


def _interval(answers: list[Snapshot], chosen: Filters) -> float:
    """Return the seconds between two answers: the store fetches less often where the API answers slowly."""
    wanted = chosen.refresh or 0.0
    return max([wanted, *((answer.due_at - answer.answered_at).total_seconds() for answer in answers if answer.due_at)])


def _next_try(answers: list[Snapshot], failures: list[GridError]) -> float | None:
    """Return the seconds until a failed query is fetched again; None when none has failed."""
    tries = [*(answer.next_try for answer in answers), *(failure.next_try for failure in failures)]
    moments = [moment for moment in tries if moment is not None]
    return max(0.0, seconds_until(min(moments))) if moments else None


def _wait(viewer: ViewerState, answers: list[Snapshot], failures: list[GridError]) -> float:
    """Return the seconds until the browser asks for a refresh."""
    if (retry := _next_try(answers, failures)) is not None:
        return retry + AGAIN_SECONDS
    # When the last of the answers is due, so that all are drawn at once.
    due = max((seconds_until(answer.due_at) for answer in answers if answer.due_at), default=0.0)
    if viewer.refresh_share is None:
        # Multiples of the golden ratio are spread evenly, however many there are.
        viewer.refresh_share = next(_numbers) * _GOLDEN % 1
    with _adding:
        _viewers.add(viewer)
    spread = min(EACH_SECONDS * (len(_viewers) - 1), MOST_SPREAD * (viewer.filters.refresh or 0.0))
    return max(AGAIN_SECONDS, due) + viewer.refresh_share * spread

"""Messages for data that is missing, old, filtered or left out."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard.analysis.detected_people import FEWEST_SESSIONS
from dashboard.analysis.formatting import age, clock, escape_markdown, megabytes, plural, whole, zone_label
from dashboard.analysis.map_points import Unlocated
from dashboard.analysis.overview_numbers import Outside
from dashboard.data import viewer_state
from dashboard.data.viewer_state import QualityNote, ViewerState
from dashboard.filters import OF_VALUE, SHOWN, Filters, Window
from dashboard.ui import data_quality, filter_changes, link_parameters, link_state
from gridrt_client.errors import GridError
from gridrt_client.queries import SessionsQuery
from gridrt_client.safe_text import shown, traceback_of
from gridrt_client.schema import is_detection
from gridrt_client.sharing import shared_fetch
from gridrt_client.snapshots.snapshot import Progress, Snapshot

SLOW_SECONDS = 10
"""A fetch that takes longer is called slow."""

_log = logging.getLogger(__name__)


def script_failed(error: Exception) -> bool:
    """Handle an error of the script: a message on the page, the traceback in the log."""
    where = traceback_of(error)
    facts = {"kind": "fault", "what": "view", "view": viewer_state.current().title, "error": type(error).__name__}
    _log.error("A view failed\n%s", where, extra={**facts, "traceback": where})
    if isinstance(error, GridError):
        st.error(escape_markdown(str(error)))
    else:
        st.error("This view could not be drawn. The server's log says why; reloading the page tries again.")
    return True


def refused(error: Exception, *, can_retry: bool = False) -> None:
    """Say why there is no data, with a button that runs the script again; ``can_retry``: and fetches again at once."""
    st.error(escape_markdown(str(error)), icon="⛔")
    st.button("Try again", key="try_again", on_click=_retry if can_retry else link_parameters.restore)


def _retry() -> None:
    link_parameters.restore()
    viewer_state.current().loader.retry_now()
    st.rerun()


def under_way(fetches: list[Progress]) -> None:
    """Say that first answers are under way, how much of them has been received, and how fast."""
    with st.container(key="progress"):
        received, rate = sum(one.received for one in fetches), sum(one.rate for one in fetches)
        announced = [one.announced for one in fetches]
        share = received / sum(size or 0 for size in announced) if announced and all(announced) else None
        text = "Asking the Grid for the past 24 hours …"
        if received:
            of = "" if share is None else f" of {megabytes(sum(size or 0 for size in announced))}"
            text = f"Receiving the past 24 hours: {megabytes(received)}{of}, {megabytes(rate)}/s"
        if share is not None and share >= 1:
            text = f"Reading the past 24 hours: {megabytes(received)}"
        waited = max(((datetime.now(UTC) - one.began_at).total_seconds() for one in fetches), default=0.0)
        if waited >= SLOW_SECONDS:
            text += f" The API is slow: it was asked {age(waited)} ago."
        st.progress(min(share or 0.0, 1.0), text=text)


def empty(what: str, chosen: Filters, *, scope_has_any: bool) -> None:
    """Say that there is nothing to draw: no traffic, or nothing that matches the filters.

    ``scope_has_any``: there is something without the filters on events.
    """
    if not chosen.any_set:
        st.info(f"No {what} in the past 24 hours. As soon as one arrives, it is shown here.", icon="🌙")
        return
    filters = ", ".join(filter_sentences(chosen))
    if chosen.ranged:
        filters = f"{filters}, and the time range" if filters else "the time range"
    others = " Without the filters on events there are some." if scope_has_any else ""
    st.info(escape_markdown(f"No {what} of the past 24 hours match {filters}.{others}"), icon="🔍")
    with st.container(horizontal=True):
        st.button("Clear filters", on_click=filter_changes.clear, key="clear_filters")
        if chosen.ranged:
            filter_changes.whole_day_button()


def filter_sentences(chosen: Filters) -> list[str]:
    """Return what each filter lets through, such as ``spaceId = A or B`` and ``country is not SE``."""
    found = []
    for condition in chosen.conditions:
        for words, values in (("=", condition.included), ("is not", condition.excluded)):
            if values:
                found.append(f"{condition.field} {words} {' or '.join(shown(value, SHOWN) for value in values)}")
    if chosen.interactionType != "all":
        found.append(f"interactionType = {chosen.interactionType}")
    return found


def time_range(chosen: Filters, window: Window) -> Window | None:
    """Return the part of the chosen time range that is in the 24 hours, None for none; say what isn't in them."""
    span, asked = chosen.span(window), chosen.asked_span(window)
    with st.container(key="range_notes", gap="xxsmall"):
        if chosen.reversed(window):
            st.warning("The time range ends before it begins, so its ends were exchanged.", icon="⚠️")
        if span is None:
            where = "before" if asked.end < window.start else "after"
            message = (
                f"The chosen time range lies {where} the past 24 hours, which are all that the API answers with: "
                f"{clock(window.start, chosen.tz)} to {clock(window.end, chosen.tz)}, {zone_label(chosen.tz)}."
            )
            st.info(escape_markdown(message), icon="🔍")
            filter_changes.whole_day_button()
        elif chosen.ranged and (asked.start < window.start or asked.end > window.end):
            ends = [
                word
                for word, beyond in (
                    ("begins before", asked.start < window.start),
                    ("ends after", asked.end > window.end),
                )
                if beyond
            ]
            st.info(f"The chosen time range {' and '.join(ends)} the past 24 hours: only they are shown.", icon="✂️")
    return span


def notices(viewer: ViewerState, *, refused: bool) -> None:
    """Say everything that should be known about the numbers below.

    ``refused``: there is nothing below, and `refused` has said why.
    """
    chosen, counts = viewer.filters, viewer.counts
    for problem in (*chosen.problems, *link_state.sentences()):
        st.warning(escape_markdown(problem), icon="⚠️")
    for condition in chosen.conditions:
        known = counts.get(condition.field)
        if known is None or known.empty:
            continue
        for value in (*condition.included, *condition.excluded):
            if value not in known.index:
                st.info(
                    escape_markdown(
                        f"{condition.field} “{shown(value, SHOWN)}” is not in the data of the past 24 hours: it may be "
                        "silent, or mistyped. The filter is kept."
                    ),
                    icon="🔎",
                )
    types = counts.get("eventType", pd.Series(dtype="int64")).index
    if any(one.field in OF_VALUE for one in chosen.conditions) and any(map(is_detection, types)):
        st.info(
            "Moods, ages and genders that cameras detected are left out: filtered by a value, they could be those of "
            f"fewer than {FEWEST_SESSIONS} sessions.",
            icon="🔒",
        )
    drawn = viewer.loader.used
    if chosen.api_scope:
        # Used for the options of the filters only: what was left out of it isn't in the numbers.
        drawn = {query: answer for query, answer in drawn.items() if query != SessionsQuery()}
    if wrong_clock := data_quality.of_clock(drawn.values()):
        st.warning(escape_markdown(wrong_clock), icon="⏰")
    viewer.quality += data_quality.of_answers(drawn)
    viewer.quality += data_quality.of_sharing(shared_fetch.status(), chosen.tz)
    if not refused:
        sentences = stale(drawn.values(), chosen.tz)
        for sentence in sentences:
            st.warning(escape_markdown(sentence), icon="🕒")
        if sentences:
            st.button("Try again", key="try_again", on_click=_retry)


def stale(answers: Iterable[Snapshot], tz: str) -> list[str]:
    """Return why data is old and from when it is: a time, because the text stays the same as the age grows.

    What failed for the same reason is named in one sentence, with the time of the oldest.
    """
    failed: dict[tuple[str, str], list[tuple[Snapshot, GridError]]] = {}
    for answer in answers:
        if answer.error is not None:
            failed.setdefault((answer.error.message, answer.error.advice), []).append((answer, answer.error))
    sentences = []
    for together in failed.values():
        moment = clock(pd.Timestamp(min(answer.api_time for answer, _ in together)), tz)
        error = together[0][1].copy()
        error.endpoint = " and ".join(dict.fromkeys(one.endpoint for _, one in together if one.endpoint)) or None
        sentences.append(f"Showing data from {moment}, because the newest refresh failed. {error}")
    return sentences


def left_out(outside: Outside, *, ranged: bool = False, listed: bool = True) -> None:
    """Say how many events are not on the time axis, and why.

    Parameters
    ----------
    ranged
        Whether a time range is chosen, which leaves them out of the table too.
    listed
        Whether the view has a table of all events.
    """
    effect = f"Counted{' and listed' if listed else ''}, but not drawn over time"
    if ranged:
        effect = "Not in the chosen time range, so neither drawn over time nor listed"
    parts = []
    if outside.before:
        parts.append(f"{plural(outside.before, 'event')} from before the 24 hours")
    if outside.after:
        parts.append(f"{plural(outside.after, 'event')} from the future")
    if outside.undated:
        parts.append(f"{plural(outside.undated, 'event')} without a readable time")
    if parts:
        quality = viewer_state.current().quality
        quality.append(QualityNote(f"{effect} (wrong clocks): {', '.join(parts)}."))


def sessions_left_out(outside: Outside, *, ranged: bool = False) -> None:
    """Say how many sessions were created outside the 24 hours; ``ranged`` as in `left_out`."""
    effect = "Counted, though dated outside the 24 hours"
    if ranged:
        effect = "Dated outside the 24 hours and not in the chosen time range, so neither on the map nor listed"
    reasons = (outside.before, "from before them"), (outside.after, "from the future")
    parts = [(n, why) for n, why in (*reasons, (outside.undated, "without a readable time")) if n]
    if parts:
        (n, why), *others = parts
        named = [f"{plural(n, 'session')} {why}", *(f"{whole(n)} {why}" for n, why in others)]
        viewer_state.current().quality.append(QualityNote(f"{effect} (wrong clocks): {', '.join(named)}."))


def unlocated(unlocated: Unlocated, total: int) -> None:
    """Say how many sessions are not on the map, and why."""
    with st.container(key="unlocated"):
        if unlocated.total == total:
            st.info(f"None of {plural(total, 'session')} has a location to draw. The table lists them all.", icon="🗺️")
        else:
            st.caption(f"{whole(unlocated.total)} of {whole(total)} without a location")
        reasons = []
        if unlocated.out_of_range:
            reasons.append(f"{whole(unlocated.out_of_range)} with coordinates that are not on Earth")
        if unlocated.zero:
            reasons.append(f"{whole(unlocated.zero)} at exactly 0°, 0°")
        if unlocated.polar:
            reasons.append(f"{whole(unlocated.polar)} beyond 85° of latitude, which the map can't show")
        if reasons:
            *first, last = reasons
            st.caption(f"Among these {', '.join(first)}{' and ' if first else ''}{last}.")


def not_found(parameter: str, value: str, where: str, why: str) -> None:
    """Say that what the link names isn't there: the parameter, its value, where it was looked for and why."""
    st.info(escape_markdown(f"{parameter} “{shown(value, SHOWN)}” is not {where}: {why}"), icon="🔎")


def nothing_found() -> None:
    """Say that no event holds the text that is looked for."""
    st.info("None of these events holds the text. Change it above, or empty it to see all.", icon="🔍")


def without_event_filters(chosen: Filters) -> None:
    """Say that the filters on events don't apply, where there are any."""
    with st.container():
        if chosen.on_events:
            st.caption("Whatever the filters on events: they would take away a part of what a session did.")


def not_listed(parameter: str, value: str, noun: str, chosen: Filters, *, elsewhere: bool) -> None:
    """Say why what the link names is not among the rows; ``elsewhere``: it is in the scope."""
    if elsewhere:
        also = " or the chosen place" if st.query_params.get("at") else ""
        not_found(parameter, value, f"among the {noun}s shown", f"the filters{also} leave it out.")
        return
    scope = " and ".join(one.field for one in chosen.scope)
    outside = f" it is outside the chosen {scope}," if scope else ""
    not_found(parameter, value, "in the data of the past 24 hours", f"it has left them,{outside} or it is mistyped.")

"""The status of attached things from monitoring events: which one, since when, and how long ago they reported.

A *run* is an unbroken sequence of reports of one thing with equal ``int1``. An event from the future takes part in no
run, because the time when it happened isn't known. A latest event that is itself from the future comes after all
reports of its thing up to now and continues their run; where it begins a run, since when is missing. Among events of
one time those that come first in a list that is newest first (`record_order`) are the newer, and a latest event is the
newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.columns import Bools, Ints, passing, without_categories
from dashboard.analysis.database import Database
from dashboard.analysis.formatting import is_missing, number
from dashboard.analysis.masking import masked
from dashboard.analysis.record_order import Hashes, fingerprints, hashes, order_of, ranks
from dashboard.analysis.status_reference import Status, StatusReference
from gridrt_client.safe_text import shown as shown_text
from gridrt_client.schema import DISTINCT_COLUMNS, is_monitor

__all__ = ["AHEAD", "INTERNAL", "combined", "latest_rows", "status_tiles"]

_REPORT_COLUMNS = ("sessionId", "eventTime", "eventType", *DISTINCT_COLUMNS)

INTERNAL = ("combination",)
"""The columns of `latest_rows` that are neither shown nor exported."""

AHEAD = "clock ahead"
UNDATED = "no readable time"

LONGEST_PART = 60
"""The number of characters that the name of a thing has of each value."""

RUNS = """
    with sessions_of_latest as (
        select sessionId, min(deviceId) as deviceId from latest
        where sessionId is not null and deviceId is not null group by sessionId),
    known as (
        select events.* exclude deviceId, coalesce(events.deviceId, sessions_of_latest.deviceId) as deviceId
        from events left join sessions_of_latest using (sessionId)),
    reports as (
        select null::int as row, eventTime, 0 as source, newest, int1, {thing} from known
        where monitoring and eventTime <= $now
        union all
        select row, eventTime, 1 as source, newest, int1, {thing} from latest
        where monitoring and eventTime is not null),
    numbered as (
        select row, eventTime, {thing}, row_number() over thing as nth,
            int1 is distinct from lag(int1) over thing as differs
        from reports window thing as (partition by {thing} order by eventTime, source, newest desc)),
    runs as (
        select row, max(eventTime) filter (differs or nth = 1) over past as since,
            max(nth) filter (differs or nth = 1) over past as nth
        from numbered window past as (partition by {thing} order by nth))
    select row, since, nth = 1 from runs where row is not null and since <= $now
"""
"""For each dated monitoring event of ``latest`` when its run began, and whether that is the first run of its thing.

Most latest events are among the events too: a report that occurs twice at the end
of a run doesn't change it. Where only a latest event names the device of a session, the session's events get it too.
"""

_THING = ("str1", "str2", "str4")


def latest_rows(
    latest: pd.DataFrame,
    history: Database,
    distinctColumns: Sequence[str],
    reference: StatusReference,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """Return the latest events with their status and its two clocks, the most urgent first.

    Parameters
    ----------
    latest
        The answer of latest-event, as decoded.
    history
        The events of the past 24 hours, joined with their sessions (`joined_events.JoinedEvents.database`).
    distinctColumns
        As in the request. Things are the same when they agree in these columns and in ``eventType``. ``int1`` is left
        out of that: when it is among them, there is a row for each status of a thing, and its clocks are those of the
        last time that the thing was in that status.
    now
        The present, UTC.

    Returns
    -------
    A row for each of ``latest``, personal data masked, with all its columns, categories as texts, and

    ``status`` ``colour`` ``severity`` ``icon``
        By the status reference; missing for what isn't ``MONITOR_*``.
    ``thing``
        ``str1 · str2 · str4`` of monitoring events; of others the values of ``distinctColumns``.
    ``since``
        ``eventTime`` of the first event of the unbroken run of equal ``int1`` that the row is in; missing for what
        isn't ``MONITOR_*`` or has no ``eventTime``.
    ``since_is_at_least``
        Whether that run begins with the first event known of the thing, so that the status may be older.
    ``last_seen`` ``silence``
        ``eventTime``, and the seconds from it to ``now`` (float64); both missing for an event from the future.
    ``clock``
        `AHEAD` for an event from the future, `UNDATED` for one without ``eventTime``, else missing.
    ``combination``
        A number (uint64) that is the same for the same combination of ``distinctColumns`` in every answer, also where
        its values are masked. Not to be shown.

    Sorted by severity, then by the longest silence, then those from the future, then the undated; below them what isn't
    ``MONITOR_*``, newest first, in the same way. Equals are sorted by thing and ``captureId``.
    """
    latest = latest.reset_index(drop=True)
    rows = without_categories(latest)
    rows.attrs = {}
    monitoring = passing(rows["eventType"], is_monitor)
    since, at_least = _since(latest, history, monitoring, distinctColumns, now)
    shown = masked(rows)
    ahead = rows["eventTime"] > now
    last_seen = rows["eventTime"].mask(ahead)
    clock = [AHEAD if early else UNDATED if none else None for early, none in zip(ahead, last_seen.isna(), strict=True)]
    found = shown.assign(
        **_states(rows["int1"], monitoring, reference),
        thing=_things(shown, monitoring, distinctColumns),
        since=since,
        since_is_at_least=at_least,
        last_seen=last_seen,
        silence=(now - last_seen).dt.total_seconds(),
        clock=_texts(clock),
        combination=hashes(rows, [name for name in distinctColumns if name in rows.columns]),
    )
    return found.iloc[_most_urgent_first(found, monitoring, fingerprints(rows, "eventTime"))].reset_index(drop=True)


def _states(int1: pd.Series, monitoring: Bools, reference: StatusReference) -> dict[str, Any]:
    """The columns that come from the status reference."""
    states = [reference.of(value) if there else None for value, there in zip(int1.array, monitoring, strict=True)]
    return {
        "status": _texts(None if state is None else state.label for state in states),
        "colour": _texts(None if state is None else state.colour for state in states),
        "severity": pd.array([pd.NA if state is None else state.severity for state in states], dtype="Int64"),
        "icon": _texts(None if state is None else state.icon for state in states),
    }


def _most_urgent_first(rows: pd.DataFrame, monitoring: Bools, last: Hashes) -> Ints:
    """The order of the rows; ``last`` decides where nothing else does."""
    quiet = rows["silence"].to_numpy(dtype=float)
    # Monitoring: the longest silence first. Others: the newest first. Those without one come last.
    by_silence = np.where(np.isnan(quiet), np.inf, np.where(monitoring, -quiet, quiet))
    severity = rows["severity"].fillna(0).to_numpy(dtype="int64")
    undated = (rows["clock"] == UNDATED).to_numpy(dtype=bool, na_value=False)
    names = [_ranks(rows[name]) for name in ("deviceId", "captureId", "thing")]
    found: Ints = np.lexsort((last, *names, undated, by_silence, -severity, ~monitoring))
    return found


def _ranks(texts: pd.Series) -> Ints:
    """The place of each text in their order, missing ones last."""
    codes = pd.factorize(texts, sort=True)[0].astype(np.int64)
    return np.where(codes < 0, len(codes), codes)


def combined(values: Iterable[Any]) -> str:
    """Return values as one text, such as ``gate · 192.168.1.7 · kiosk-1``: different values make different texts."""
    return " · ".join(map(_part, values))


def _part(value: Any) -> str:
    """The empty text for a missing value; empty texts and the separator are escaped with a backslash."""
    if is_missing(value):
        return ""
    text = number(value) if isinstance(value, int | float) else str(value)
    return text.replace("\\", "\\\\").replace("·", "\\·") or "\\"


def status_tiles(rows: pd.DataFrame) -> list[tuple[Status, int]]:
    """Return how many rows of `latest_rows` have each status, the most urgent first; rows without one don't count.

    Values of the reference that have one label count together, as the most urgent of them.
    """
    counted: dict[str, tuple[Status, int]] = {}
    for label, colour, severity, icon in zip(
        rows["status"], rows["colour"], rows["severity"], rows["icon"], strict=True
    ):
        if not is_missing(label):
            status = Status(label, colour, int(severity), icon)
            known, count = counted.get(label, (status, 0))
            counted[label] = max(known, status, key=lambda one: (one.severity, one.colour, one.icon)), count + 1
    return sorted(counted.values(), key=lambda item: (-item[0].severity, item[0].label))


def _since(
    rows: pd.DataFrame, history: Database, monitoring: Bools, columns: Sequence[str], now: pd.Timestamp
) -> tuple[pd.Series, pd.Series]:
    """For each row the begin of its run (NaT where there is none), and whether its thing has no earlier report."""
    since = np.full(len(rows), np.datetime64("NaT", "us"))
    at_least = np.zeros(len(rows), dtype=bool)
    if (monitoring & rows["eventTime"].notna().to_numpy()).any():
        place = np.arange(len(rows), dtype=np.int32)
        newest = ranks(order_of(rows, "eventTime"))
        latest = rows[list(_REPORT_COLUMNS)].assign(monitoring=monitoring, row=place, newest=newest)
        thing = ["eventType", *(name for name in DISTINCT_COLUMNS if name in columns and name != "int1")]
        statement = RUNS.replace("{thing}", ", ".join(thing))
        row, begin, nothing_before = history.extended(latest=latest).arrays(statement, now=now)
        since[row], at_least[row] = begin, nothing_before
    return pd.Series(pd.DatetimeIndex(since).tz_localize("UTC")), pd.Series(at_least)


def _things(rows: pd.DataFrame, monitoring: Bools, columns: Sequence[str]) -> pd.Series:
    others = [name for name in columns if name != "deviceId" and name in rows.columns]
    names = list(dict.fromkeys((*_THING, *others)))
    texts = []
    for there, values in zip(monitoring, zip(*(rows[name].array for name in names), strict=True), strict=True):
        record = dict(zip(names, values, strict=True))
        named = _THING if there else others
        parts = [shown_text(number(record[name]), LONGEST_PART) for name in named if not is_missing(record[name])]
        texts.append(" · ".join(parts) or None)
    return _texts(texts)


def _texts(values: Iterable[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype="str")

"""Status of things from monitoring events: which state, since when, and how long nothing was heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.columns import Bools, Ints, passing, without_categories
from dashboard.analysis.database import Database
from dashboard.analysis.formatting import is_missing, number
from dashboard.analysis.masking import masked
from dashboard.analysis.overview_numbers import is_monitor
from dashboard.analysis.record_order import Hashes, fingerprints, hashes, order_of, ranks
from dashboard.analysis.status_reference import Status, StatusReference
from gridrt_client.safe_text import shown as shown_text
from gridrt_client.schema import DISTINCT_COLUMNS

__all__ = ["AHEAD", "INTERNAL", "combined", "is_monitor", "latest_rows", "status_tiles"]

_REPORT_COLUMNS = ("sessionId", "eventTime", "eventType", *DISTINCT_COLUMNS)

INTERNAL = ("combination",)
"""The columns of `latest_rows` that are neither shown nor exported."""

AHEAD = "clock ahead"
UNDATED = "no readable time"

LONGEST_PART = 60
"""So much of each value that a thing is named by."""

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
"""The runs of equal ``int1`` in each thing's reports, and in which run the latest events are.

A latest event comes after all events of its time. Most are among the events too: what stands twice at the end of a run
doesn't change it. Where only a latest event knows the device of a session, the session's events have that device.
"""

_THING = ("str1", "str2", "str4")


def latest_rows(
    latest: pd.DataFrame,
    history: Database,
    distinctColumns: Sequence[str],
    reference: StatusReference,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """The latest events with their status and its two clocks, the most urgent first.

    Parameters
    ----------
    latest
        The answer of latest-event, as decoded.
    history
        The events of the past 24 hours, joined with their sessions (`joined_events.JoinedEvents.database`).
    distinctColumns
        What was asked for. Things are the same when they agree in these columns and in ``eventType``. ``int1`` is left
        out of that: asked for, there is a row for each status of a thing, and its clocks tell of the last time that the
        thing was in that status.
    now
        The present, UTC.

    Returns
    -------
    A row for each of ``latest``, masked, with all its columns, categories as texts, and

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

    An event from the future takes part in no run, since nobody knows when it happened; only a row that is itself from
    the future stands after all that is known of its thing. Its run goes on from the reports before ``now``; where it
    begins with the row, since when is missing. Among events of one time those that come first in a list that is newest
    first (`ordering`) are the newer, and a latest event is the newest.

    Sorted by severity, then by the longest silence, then those from the future, then the undated; below them what isn't
    ``MONITOR_*``, newest first, in the same way. Equals are sorted by thing and ``captureId``.
    """
    rows = without_categories(latest.reset_index(drop=True))
    rows.attrs = {}
    monitoring = passing(rows["eventType"], is_monitor)
    states = [
        reference.of(value) if there else None for value, there in zip(rows["int1"].array, monitoring, strict=True)
    ]
    since, at_least = _since(latest.reset_index(drop=True), history, monitoring, distinctColumns, now)
    shown = masked(rows)
    ahead = rows["eventTime"] > now
    last_seen = rows["eventTime"].mask(ahead)
    clock = [AHEAD if early else UNDATED if none else None for early, none in zip(ahead, last_seen.isna(), strict=True)]
    told = shown.assign(
        status=_texts(None if state is None else state.label for state in states),
        colour=_texts(None if state is None else state.colour for state in states),
        severity=pd.array([pd.NA if state is None else state.severity for state in states], dtype="Int64"),
        icon=_texts(None if state is None else state.icon for state in states),
        thing=_things(shown, monitoring, distinctColumns),
        since=since,
        since_is_at_least=at_least,
        last_seen=last_seen,
        silence=(now - last_seen).dt.total_seconds(),
        clock=_texts(clock),
        combination=hashes(rows, [name for name in distinctColumns if name in rows.columns]),
    )
    return told.iloc[_most_urgent_first(told, monitoring, fingerprints(rows, "eventTime"))].reset_index(drop=True)


def _most_urgent_first(told: pd.DataFrame, monitoring: Bools, last: Hashes) -> Ints:
    """The order of the rows; ``last`` decides where nothing else does."""
    quiet = told["silence"].to_numpy(dtype=float)
    # Monitoring: the longest silence first. Others: the newest first. Those without one come last.
    by_silence = np.where(np.isnan(quiet), np.inf, np.where(monitoring, -quiet, quiet))
    severity = told["severity"].fillna(0).to_numpy(dtype="int64")
    undated = (told["clock"] == UNDATED).to_numpy(dtype=bool, na_value=False)
    names = [_ranks(told[name]) for name in ("deviceId", "captureId", "thing")]
    found: Ints = np.lexsort((last, *names, undated, by_silence, -severity, ~monitoring))
    return found


def _ranks(texts: pd.Series) -> Ints:
    """The place of each text in their order, missing ones last."""
    codes = pd.factorize(texts, sort=True)[0].astype(np.int64)
    return np.where(codes < 0, len(codes), codes)


def combined(values: Iterable[Any]) -> str:
    """Values as one text, such as ``gate · 192.168.1.7 · kiosk-1``: different values make different texts."""
    return " · ".join(map(_part, values))


def _part(value: Any) -> str:
    """Nothing for a missing value; an empty text and what could be taken for a join are told from it by a backslash."""
    if is_missing(value):
        return ""
    text = number(value) if isinstance(value, int | float) else str(value)
    return text.replace("\\", "\\\\").replace("·", "\\·") or "\\"


def status_tiles(rows: pd.DataFrame) -> list[tuple[Status, int]]:
    """How many rows of `latest_rows` have each status, the most urgent first; rows without a status don't count.

    A status is what is called so: where several values of the reference have one label, the most urgent stands for all.
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
    """For each row the begin of its run, and whether nothing earlier is known of its thing."""
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
        told = [shown_text(number(record[name]), LONGEST_PART) for name in named if not is_missing(record[name])]
        texts.append(" · ".join(told) or None)
    return _texts(texts)


def _texts(values: Iterable[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype="str")

"""Status of things from monitoring events: which state, since when, and how long nothing was heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.columns import passing, places, plain, shared_codes, stamps
from dashboard.formatting import is_missing, number
from dashboard.metrics import is_monitor
from dashboard.privacy import masked
from dashboard.status import Status, StatusReference
from gridrt_client.schema import DISTINCT_COLUMNS

__all__ = ["HISTORY_COLUMNS", "is_monitor", "latest_rows", "status_tiles"]

HISTORY_COLUMNS = ("sessionId", "eventTime", "eventType", *DISTINCT_COLUMNS)
"""The columns of events that `latest_rows` reads."""

_THING = ("str1", "str2", "str4")


def latest_rows(
    latest: pd.DataFrame,
    events: pd.DataFrame,
    distinctColumns: Sequence[str],
    reference: StatusReference,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """The latest events with their status and its two clocks, the most urgent first.

    Parameters
    ----------
    latest
        The answer of latest-event, as decoded.
    events
        The events of the past 24 hours, joined with their sessions (`scenes.joined`): `HISTORY_COLUMNS`.
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
        ``eventTime``, and the seconds from it to ``now`` (float64), 0 for an event from the future.

    Sorted by severity, then by the longest silence, undated last; below them what isn't ``MONITOR_*``, newest first.
    """
    rows = plain(latest.reset_index(drop=True))
    rows.attrs = {}
    monitoring = passing(rows["eventType"], is_monitor)
    states = [
        reference.of(value) if there else None for value, there in zip(rows["int1"].array, monitoring, strict=True)
    ]
    since, at_least = _since(rows, events, monitoring, [name for name in distinctColumns if name != "int1"])
    shown = masked(rows)
    silence = (now - rows["eventTime"]).dt.total_seconds().clip(lower=0)
    told = shown.assign(
        status=_texts(None if state is None else state.label for state in states),
        colour=_texts(None if state is None else state.colour for state in states),
        severity=pd.array([pd.NA if state is None else state.severity for state in states], dtype="Int64"),
        icon=_texts(None if state is None else state.icon for state in states),
        thing=_things(shown, monitoring, distinctColumns),
        since=since,
        since_is_at_least=at_least,
        last_seen=rows["eventTime"],
        silence=silence,
    )
    severity = told["severity"].fillna(0).to_numpy(dtype="int64")
    quiet = silence.to_numpy(dtype=float)
    # Monitoring: the longest silence first. Others: the newest first.
    by_silence = np.where(monitoring, -quiet, quiet)
    by_silence = np.where(np.isnan(by_silence), np.inf, by_silence)
    order = np.lexsort((by_silence, -severity, ~monitoring))
    return told.iloc[order].reset_index(drop=True)


def status_tiles(rows: pd.DataFrame) -> list[tuple[Status, int]]:
    """How many rows of `latest_rows` have each status, the most urgent first; rows without a status don't count."""
    counted: dict[Status, int] = {}
    for label, colour, severity, icon in zip(
        rows["status"], rows["colour"], rows["severity"], rows["icon"], strict=True
    ):
        if not is_missing(label):
            status = Status(label, colour, int(severity), icon)
            counted[status] = counted.get(status, 0) + 1
    return sorted(counted.items(), key=lambda item: (-item[0].severity, item[0].label))


def _since(
    rows: pd.DataFrame, events: pd.DataFrame, monitoring: np.ndarray[Any, np.dtype[np.bool_]], columns: Sequence[str]
) -> tuple[pd.Series, pd.Series]:
    """For each row the begin of its run, and whether nothing earlier is known of its thing."""
    since = pd.Series(pd.NaT, index=rows.index, dtype=rows["eventTime"].dtype)
    at_least = pd.Series(False, index=rows.index)
    asked = rows[monitoring & rows["eventTime"].notna().to_numpy()]
    if asked.empty:
        return since, at_least
    wanted = set(asked["eventType"])
    past = events[passing(events["eventType"], wanted.__contains__) & events["eventTime"].notna().to_numpy()]
    past = _taught(past, rows)
    names = list(dict.fromkeys(("eventType", *columns)))

    # The rows come after the events, so that among equal times the stable order puts them last. Most are among the
    # events too: what stands twice at the end of a run doesn't change it.
    def both(name: str) -> list[pd.Series]:
        return [past[name], asked[name]]

    moments = np.concatenate([stamps(times) for times in both("eventTime")])
    thing = np.zeros(len(moments), dtype=np.int64)
    for name in names:
        codes = shared_codes(both(name))
        thing = pd.factorize(thing * (codes.max(initial=0) + 2) + codes + 1)[0].astype(np.int64)
    state = shared_codes(both("int1"))
    order = np.lexsort((moments, thing))
    new_thing = np.diff(thing[order], prepend=-1) != 0
    begins = new_thing | (np.diff(state[order], prepend=-2) != 0)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    run = first[place[len(past) :]]
    since.loc[asked.index] = pd.DatetimeIndex(moments[order[run]].view("datetime64[us]")).tz_localize("UTC")
    at_least.loc[asked.index] = new_thing[run]
    return since, at_least


def _taught(past: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Events with the device of their session also where only a latest event knows the session."""
    known = rows[rows["sessionId"].notna() & rows["deviceId"].notna()].drop_duplicates("sessionId")
    place = places(past["sessionId"], known["sessionId"])
    place[past["deviceId"].notna().to_numpy()] = -1
    untaught = np.flatnonzero(place >= 0)
    if not len(untaught):
        return past
    devices = plain(past[["deviceId"]])["deviceId"].to_numpy(object, copy=True)
    devices[untaught] = known["deviceId"].to_numpy(object)[place[untaught]]
    return past.assign(deviceId=pd.Series(devices, index=past.index, dtype="str").astype("category"))


def _things(shown: pd.DataFrame, monitoring: np.ndarray[Any, np.dtype[np.bool_]], columns: Sequence[str]) -> pd.Series:
    others = [name for name in columns if name != "deviceId" and name in shown.columns]
    names = list(dict.fromkeys((*_THING, *others)))
    texts = []
    for there, values in zip(monitoring, zip(*(shown[name].array for name in names), strict=True), strict=True):
        record = dict(zip(names, values, strict=True))
        told = [number(record[name]) for name in (_THING if there else others) if not is_missing(record[name])]
        texts.append(" · ".join(told) or None)
    return _texts(texts)


def _texts(values: Iterable[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype="str")

"""The status of attached things from monitoring events: which one, since when, and how long ago they reported.

A *run* is an unbroken sequence of reports of one thing with equal ``int1``. An event from the future takes part in no
run, because the time when it happened isn't known. A latest event that is itself from the future comes after all
reports of its thing up to now and continues their run; where it begins a run, since when is missing. Among events of
one time those that come first in a list that is newest first (`record_order`) are the newer, and a latest event is the
newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.analysis.columns import Bools, Ints, coded, passing, without_categories
from dashboard.analysis.database import Database
from dashboard.analysis.formatting import is_missing, number
from dashboard.analysis.record_order import fingerprints, hashes
from dashboard.analysis.status_history import StatusHistory, status_history
from dashboard.analysis.status_reference import Status, StatusReference
from gridrt_client.safe_text import shown as shown_text
from gridrt_client.schema import is_monitor

INTERNAL = ("combination", "place")
"""The columns of `latest_rows` that are neither shown nor exported."""

AHEAD = "clock ahead"
UNDATED = "no readable time"

LONGEST_PART = 60
"""The number of characters that the name of a thing has of each value."""

_THING = ("str1", "str2", "str4")


def latest_rows(
    latest: pd.DataFrame,
    history: Database,
    distinctColumns: Sequence[str],
    reference: StatusReference,
    now: pd.Timestamp,
    past: StatusHistory | None = None,
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
    past
        What the things of ``latest`` reported, where it is known already.

    Returns
    -------
    A row for each of ``latest``, with all its columns, categories as texts, and

    ``status`` ``colour`` ``severity`` ``icon`` ``kind``
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
        A number (uint64) that is the same for the same combination of ``distinctColumns`` in every answer. Not
        to be shown.

    Sorted by severity, then by the longest silence, then those from the future, then the undated; below them what isn't
    ``MONITOR_*``, newest first, in the same way. Equals are sorted by thing and ``captureId``.
    """
    latest = latest.reset_index(drop=True)
    if past is None:
        monitoring = passing(latest["eventType"], is_monitor)
        past = status_history(latest, monitoring, history, distinctColumns, reference.thresholds, now)
    rows = latest_rows_from(latest, past.since, past.since_is_first, distinctColumns, reference, now)
    return rows.reset_index(drop=True)


def latest_rows_from(
    latest: pd.DataFrame,
    since: Ints,
    since_is_at_least: Bools,
    distinctColumns: Sequence[str],
    reference: StatusReference,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """Return the same where since when is known: microseconds since the epoch, the smallest int64 where it isn't.

    The index says the position of each row in ``latest``.
    """
    rows = without_categories(latest)
    rows.attrs = {}
    monitoring = passing(latest["eventType"], is_monitor)
    ahead = (rows["eventTime"] > now).to_numpy()
    last_seen = rows["eventTime"].mask(ahead)
    clock = pd.Series(AHEAD, index=rows.index, dtype="str").where(ahead).mask(rows["eventTime"].isna(), UNDATED)
    found = rows.assign(
        **_states(latest["int1"], latest["eventType"], monitoring, reference),
        thing=_things(rows, monitoring, distinctColumns),
        since=pd.Series(moments(since), index=rows.index),
        since_is_at_least=since_is_at_least,
        last_seen=last_seen,
        silence=(now - last_seen).dt.total_seconds(),
        clock=clock,
        combination=hashes(latest, [name for name in distinctColumns if name in rows.columns]),
    )
    return found.iloc[_most_urgent_first(found, monitoring, latest)]


def moments(values: Ints) -> pd.DatetimeIndex:
    """Return microseconds since the epoch as UTC timestamps; the smallest int64 is NaT."""
    return pd.DatetimeIndex(values.view("datetime64[us]")).tz_localize("UTC")


def statuses(
    int1: pd.Series, types: pd.Series, monitoring: Bools, reference: StatusReference
) -> tuple[list[Status | None], Ints]:
    """Return statuses and the position among them of each row's; None for what isn't ``MONITOR_*``.

    The reference is asked once for each pair of event type and value.
    """
    (codes, values), (type_codes, names) = coded(int1), coded(types)
    pairs = np.where(monitoring, (type_codes.astype(np.int64) + 1) * (len(values) + 1) + codes + 1, -1)
    known, place = np.unique(pairs, return_inverse=True)
    found: list[Status | None] = []
    for pair in known.tolist():
        name, value = divmod(pair, len(values) + 1)
        given = (values[value - 1] if value else None, names[name - 1] if name > 0 else None)
        found.append(None if pair < 0 else reference.of(*given))
    return found, place


def _states(int1: pd.Series, types: pd.Series, monitoring: Bools, reference: StatusReference) -> dict[str, Any]:
    """The columns that come from the status reference."""
    states, place = statuses(int1, types, monitoring, reference)

    def column(name: str, dtype: Literal["str", "Int64"] = "str") -> pd.Series:
        values = pd.array([None if state is None else getattr(state, name) for state in states], dtype=dtype)
        return pd.Series(values.take(place), index=int1.index)

    texts = {name: column(name) for name in ("colour", "icon", "kind")}
    return {"status": column("label"), "severity": column("severity", "Int64"), **texts}


def _most_urgent_first(rows: pd.DataFrame, monitoring: Bools, latest: pd.DataFrame) -> Ints:
    """The order of the rows; the fingerprint of ``latest`` decides where nothing else does."""
    quiet = rows["silence"].to_numpy(dtype=float)
    # Monitoring: the longest silence first. Others: the newest first. Those without one come last.
    by_silence = np.where(np.isnan(quiet), np.inf, np.where(monitoring, -quiet, quiet))
    severity = rows["severity"].fillna(0).to_numpy(dtype="int64")
    undated = (rows["clock"] == UNDATED).to_numpy(dtype=bool, na_value=False)
    keys = np.column_stack([undated, by_silence, -severity, ~monitoring])
    order: Ints = np.lexsort(keys.T)
    same = (keys[order][1:] == keys[order][:-1]).all(axis=1)
    # Texts are compared where the numbers are equal only: few latest events of a million share their moment.
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    run, own = np.cumsum(np.append(True, ~same))[tied] if len(tied) else tied, order[tied]
    names = [_ranks(rows[name].iloc[own]) for name in ("deviceId", "captureId", "thing")]
    order[tied] = own[np.lexsort((fingerprints(latest.iloc[own], "eventTime"), *names, run))]
    return order


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


def _things(rows: pd.DataFrame, monitoring: Bools, columns: Sequence[str]) -> pd.Series:
    """The name of each row: its values, without the missing ones, with separators between them."""
    others = [name for name in columns if name != "deviceId" and name in rows.columns]
    texts = {name: _shown_texts(rows[name]) for name in dict.fromkeys((*_THING, *others))}
    own, other = (_joined([texts[name] for name in names], len(rows)) for names in (_THING, others))
    found = pd.Series(np.where(monitoring, own, other), index=rows.index, dtype="str")
    return found.mask(found == "")


def _shown_texts(column: pd.Series) -> pa.Array:
    """The values as they are shown; each one is written once."""
    codes, values = coded(column)
    written = pa.array([shown_text(number(value), LONGEST_PART) for value in values], type=pa.large_string())
    return written.take(pa.array(codes, mask=codes < 0))


def _joined(texts: list[pa.Array], rows: int) -> npt.NDArray[np.object_]:
    """The texts of each row with separators between them; no text is empty, missing ones are left out."""
    found = pa.array(np.full(rows, "", dtype=object), type=pa.large_string())
    separator = pa.scalar(" · ", type=pa.large_string())
    for text in texts:
        longer = pc.binary_join_element_wise(found, text, separator)
        found = pc.if_else(text.is_null(), found, pc.if_else(pc.equal(found, ""), text, longer))
    joined: npt.NDArray[np.object_] = found.to_numpy(zero_copy_only=False)
    return joined

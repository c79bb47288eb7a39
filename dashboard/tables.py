"""Frames as tables show them: columns worth seeing first, times in the chosen zone, personal data masked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from dashboard.columns import ids_of, plain
from dashboard.formatting import MISSING, age, is_missing, number, shown
from dashboard.meanings import meaning
from dashboard.privacy import MASK, is_personal, masked
from dashboard.scenes import newest_first
from gridrt_client.narrow import holds
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema

LONGEST_CELL = 200
"""So much of a text is sent for a cell: more than is seen of it. The fields of a record are shown in full."""
_FIELDS = frozenset(name for schema in (SESSION, EVENT, LATEST_EVENT) for name in schema.names)
_INTS = ("int1", "int2", "int3", "int4", "int5")
EVENT_COLUMNS = (
    "eventTime", "eventType", "interaction", "spaceId", "installationId", "deviceId", "productId", "categoryId",
    "str1", "str2", "int1", "int2", "str3", "str4", "str5", "int3", "int4", "int5", "appId", "country",
    "sessionId", "clientId", "ip", "stateful", "public", "captureId",
)  # fmt: skip
SESSION_COLUMNS = (
    "sessionCreated", "country", "spaceId", "installationId", "deviceId", "appId", "events", "interactive events",
    "last event", "appVersion", "environment", "clientId", "ip", "sessionId",
)  # fmt: skip
LATEST_COLUMNS = (
    "status", "thing", "deviceId", "spaceId", "since", "last seen", "silence", "eventType", "int1", "installationId",
    "str1", "str2", "str3", "str4", "str5", "int2", "int3", "int4", "int5", "sessionId",
)  # fmt: skip
TIMELINE_COLUMNS = (
    "eventTime", "gap", "eventType", "interaction", "productId", "categoryId", "str1", "str2", "int1", "int2",
    "str3", "str4", "str5", "int3", "int4", "int5",
)  # fmt: skip


def page_span(rows: int, page: int, size: int) -> tuple[int, int]:
    """The first row of a page, counted from 1, and the one after its last; beyond the ends the nearest page."""
    last = max(1, -(-rows // size))
    start = (min(max(page, 1), last) - 1) * size
    return start, min(start + size, rows)


def event_table(events: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Events as a table, newest first (undated last); the columns of `EVENT_COLUMNS` that there are."""
    return _display(newest_first(events), EVENT_COLUMNS, tz)


def event_keys(events: pd.DataFrame) -> list[str]:
    """A key for each row of `event_table`: its ``captureId``, or a fingerprint of the record where it has none."""
    return _keys(newest_first(events), "captureId")


def event_by_key(events: pd.DataFrame, key: str) -> pd.Series | None:
    """The event that has this key, or None."""
    return _by_key(events, "captureId", key)


def session_table(sessions: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Sessions with their counts (`scenes.with_counts`) as a table, newest first; `SESSION_COLUMNS`."""
    return _display(newest_first(sessions, "sessionCreated"), SESSION_COLUMNS, tz)


def session_keys(sessions: pd.DataFrame) -> list[str]:
    """A key for each row of `session_table`: its ``sessionId``, or a fingerprint of the record where it has none."""
    return _keys(newest_first(sessions, "sessionCreated"), "sessionId")


def session_by_key(sessions: pd.DataFrame, key: str) -> pd.Series | None:
    """The session that has this key, or None."""
    return _by_key(sessions, "sessionId", key)


def latest_table(rows: pd.DataFrame, tz: str) -> pd.DataFrame:
    """What `monitoring.latest_rows` found as a table, in its order; `LATEST_COLUMNS`.

    ``status`` is icon and words, ``silence`` a text such as ``3 min``.
    """
    words = (rows["icon"] + " " + rows["status"]).astype("str")
    silence = pd.Series([age(seconds) for seconds in rows["silence"]], index=rows.index, dtype="str")
    told = rows.assign(**{"status": words, "silence": silence, "last seen": rows["last_seen"]})
    return _display(told, LATEST_COLUMNS, tz)


def session_events(events: pd.DataFrame, sessionId: str, tz: str) -> pd.DataFrame:
    """The events of one session in order, with the gap to the one before (``+12 s``); `TIMELINE_COLUMNS`.

    Undated ones come last, without a gap.
    """
    own = events[holds(events["sessionId"], sessionId)]
    own = own.sort_values("eventTime", kind="stable", na_position="last")
    seconds = own["eventTime"].diff().dt.total_seconds()
    gaps = ["" if is_missing(gap) else f"+{age(gap)}" for gap in seconds]
    return _display(own.assign(gap=pd.Series(gaps, index=own.index, dtype="str")), TIMELINE_COLUMNS, tz)


def event_facts(record: pd.Series, schema: Schema, tz: str) -> pd.DataFrame:
    """All fields of one record, with what each means in an event of its type.

    Returns
    -------
    Columns ``field``, ``value``, ``meaning``, all text; the schema's fields in its order, then what was joined from
    the session. Missing values are ``—``, times in UTC and the zone, numbers exact, personal data masked.
    """
    eventType = record.get("eventType")
    stateful = record.get("stateful") is True or record.get("stateful") is np.True_
    names = [*schema.names, *(name for name in record.index if name not in schema.names)]
    rows = [
        (name, _fact(name, record.get(name), eventType, tz), meaning(name, schema, eventType, stateful=bool(stateful)))
        for name in names
    ]
    return pd.DataFrame(rows, columns=["field", "value", "meaning"], dtype="str")


def _fact(name: str, value: Any, eventType: Any, tz: str) -> str:
    if is_missing(value):
        return MISSING
    if is_personal(name, eventType):
        return MASK
    if isinstance(value, pd.Timestamp):
        utc = f"{_precise(value.tz_convert('UTC'))} UTC"
        return utc if tz == "UTC" else f"{utc} · {_precise(value.tz_convert(tz))} {tz}"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | float | np.integer):
        return number(value)
    return shown(value)


def _precise(moment: pd.Timestamp) -> str:
    """To the millisecond, to the microsecond where there is one."""
    local = moment.tz_localize(None)
    if moment.microsecond % 1000:
        return local.isoformat(sep=" ", timespec="microseconds")
    return local.isoformat(sep=" ", timespec="milliseconds")


def _display(frame: pd.DataFrame, columns: tuple[str, ...], tz: str) -> pd.DataFrame:
    names = [name for name in dict.fromkeys((*columns, "eventType")) if name in frame.columns]
    rows = masked(frame[names])
    changed: dict[str, Any] = {}
    for name in rows.columns:
        if isinstance(rows[name].dtype, pd.DatetimeTZDtype):
            changed[name] = rows[name].dt.tz_convert(tz)
        elif name in _INTS:
            changed[name] = _texts(rows[name], number)
        elif name in _FIELDS and isinstance(rows[name].dtype, pd.StringDtype):
            changed[name] = _texts(rows[name], _cell)
    return rows.assign(**changed)[[name for name in columns if name in rows.columns]].reset_index(drop=True)


def _texts(column: pd.Series, write: Callable[[Any], str]) -> pd.Series:
    return pd.Series(
        [None if is_missing(value) else write(value) for value in column.array], index=column.index, dtype="str"
    )


def _cell(value: str) -> str:
    return shown(value, LONGEST_CELL)


def _keys(frame: pd.DataFrame, column: str) -> list[str]:
    ids = plain(frame[[column]])[column]
    keys = [str(value) for value in ids.array]
    for place in np.flatnonzero(ids_of(ids).isna().to_numpy()):
        keys[place] = _fingerprint(plain(frame.iloc[place : place + 1]).iloc[0])
    return keys


def _by_key(frame: pd.DataFrame, column: str, key: str) -> pd.Series | None:
    found = frame[holds(ids_of(frame[column]), key)]
    if len(found):
        return plain(found.tail(1)).iloc[0]
    unnamed = frame[ids_of(frame[column]).isna().to_numpy()] if key.startswith("~") else frame.iloc[:0]
    return next((row for _, row in plain(unnamed).iterrows() if _fingerprint(row) == key), None)


def _fingerprint(record: pd.Series) -> str:
    """The same for the same record in every answer, whatever its place."""
    text = repr([(name, str(value)) for name, value in record.items() if not is_missing(value)])
    return "~" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

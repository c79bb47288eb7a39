"""Records as tables: the columns in the order shown, times in the chosen zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.columns import ids_of, without_categories
from dashboard.analysis.device_status import combined
from dashboard.analysis.formatting import MISSING, age, is_missing, number
from dashboard.analysis.joined_events import newest_first
from dashboard.analysis.names import Names
from dashboard.analysis.record_order import fingerprints
from dashboard.tables.field_descriptions import meaning
from gridrt_client.filtering import holds
from gridrt_client.safe_text import shown
from gridrt_client.schema import EVENT, LATEST_EVENT, NUMBERS, SESSION, Schema

NO_NAMES = Names()
LONGEST_CELL = 200
"""The number of characters of a text that a cell gets, more than is visible. A record's own fields are complete."""
_FIELDS = frozenset(name for schema in (SESSION, EVENT, LATEST_EVENT) for name in schema.names)
EVENT_COLUMNS = (
    "eventTime", "eventType", "interaction", "spaceId", "installationId", "deviceId", "productId", "categoryId",
    "str1", "str2", "int1", "int2", "str3", "str4", "str5", "int3", "int4", "int5", "appId", "country",
    "sessionId", "clientId", "ip", "stateful", "public", "captureId",
)  # fmt: skip
SESSION_COLUMNS = (
    "sessionCreated", "country", "spaceId", "installationId", "deviceId", "appId", "events", "interactive events",
    "last event", "appVersion", "environment", "clientId", "ip", "sessionId",
)  # fmt: skip
TIMELINE_COLUMNS = (
    "eventTime", "gap", "eventType", "interaction", "productId", "categoryId", "str1", "str2", "int1", "int2",
    "str3", "str4", "str5", "int3", "int4", "int5",
)  # fmt: skip


def page_count(rows: int, begins: Mapping[int, int], size: int) -> int:
    """Return the number of pages, at least 1, of a list that changes while its pages are turned.

    Parameters
    ----------
    rows
        How many rows the list has now.
    begins
        How many rows come now before each page that has been shown; page 1 always begins at 0.
    size
        The number of rows of a page that hasn't been shown.
    """
    known = _known(rows, begins)
    last = max(known)
    if known[last] >= rows:
        return max(last - 1, 1)
    return last - 1 - (known[last] - rows) // size


def page_span(rows: int, page: int, size: int, begins: Mapping[int, int] | None = None) -> tuple[int, int]:
    """Return the first row of a page, counted from 0, and the one after its last, or of the nearest page.

    Between two pages that have been shown the others share the rows evenly; after the last of them each has ``size``.
    The arguments are those of `page_count`.
    """
    known = _known(rows, begins or {})
    page = min(max(page, 1), page_count(rows, known, size))
    return _begin(page, known, size), min(_begin(page + 1, known, size), rows)


def _known(rows: int, begins: Mapping[int, int]) -> dict[int, int]:
    """The begins that are still valid: only the end of the last page may be at the end of the list."""
    known = {1: 0}
    for page, begin in sorted(begins.items()):
        if page == 1:
            continue
        if begin < rows:
            known[page] = begin
        else:
            if page - 1 in known:
                known[page] = rows
            break
    return known


def _begin(page: int, known: Mapping[int, int], size: int) -> int:
    before = max(other for other in known if other <= page)
    after = min((other for other in known if other > page), default=None)
    if after is None:
        return known[before] + (page - before) * size
    return known[before] + (known[after] - known[before]) * (page - before) // (after - before)


Order = Callable[[pd.DataFrame], pd.DataFrame]
"""Returns the rows of a frame in the order in which a table shows them."""


def given_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as they are."""
    return frame


def event_table(events: pd.DataFrame, tz: str, names: Names = NO_NAMES, order: Order = newest_first) -> pd.DataFrame:
    """Return events as a table, newest first (undated last); the columns of `EVENT_COLUMNS` that there are.

    Columns without any value come last. ``names`` are shown in place of ids.
    """
    table = display(order(events), EVENT_COLUMNS, tz, names)
    empty = [name for name in table.columns if table[name].isna().all()]
    return table[[name for name in table.columns if name not in empty] + empty]


def event_keys(events: pd.DataFrame, order: Order = newest_first) -> list[str]:
    """Return a key for each row of `event_table`: its ``captureId``, else a fingerprint of the record."""
    return _keys(order(events), "captureId", "eventTime")


def event_by_key(events: pd.DataFrame, key: str) -> pd.Series | None:
    """Return the event that has this key, or None."""
    return _by_key(events, "captureId", "eventTime", key)


def session_table(sessions: pd.DataFrame, tz: str, names: Names = NO_NAMES) -> pd.DataFrame:
    """Return sessions with their counts (`joined_events.COUNTS`) as a table, newest first; `SESSION_COLUMNS`."""
    return display(newest_first(sessions, "sessionCreated"), SESSION_COLUMNS, tz, names)


def session_keys(sessions: pd.DataFrame) -> list[str]:
    """Return a key for each row of `session_table`: its ``sessionId``, else a fingerprint of the record."""
    return _keys(newest_first(sessions, "sessionCreated"), "sessionId", "sessionCreated")


def session_by_key(sessions: pd.DataFrame, key: str) -> pd.Series | None:
    """Return the session that has this key, or None."""
    return _by_key(sessions, "sessionId", "sessionCreated", key)


def thing_keys(rows: pd.DataFrame, distinctColumns: Sequence[str]) -> list[str]:
    """Return a key for each row of `device_rows.device_table`, which stays the same when the thing reports again.

    The key of a thing is made of the values of the distinct columns. That of another latest event is its
    ``captureId``, or a fingerprint of the record where it has none.
    """
    names = [name for name in distinctColumns if name in rows.columns]
    values = zip(*(rows[name].array for name in names), strict=True)
    return [
        key if is_missing(status) else combined(own)
        for key, status, own in zip(_keys(rows, "captureId", "eventTime"), rows["status"].array, values, strict=True)
    ]


def session_events(events: pd.DataFrame, sessionId: str, tz: str) -> pd.DataFrame:
    """Return the events of one session in order, with the gap to the one before (``+12 s``); `TIMELINE_COLUMNS`.

    The order is the reverse of `record_order`. Undated ones come last, without a gap;
    the first has none either.
    """
    own = newest_first(events[holds(events["sessionId"], sessionId)]).iloc[::-1]
    own = own.sort_values("eventTime", kind="stable", na_position="last")
    seconds = own["eventTime"].diff().dt.total_seconds()
    gaps = [None if is_missing(gap) else f"+{age(gap)}" for gap in seconds]
    return display(own.assign(gap=pd.Series(gaps, index=own.index, dtype="str")), TIMELINE_COLUMNS, tz)


def event_facts(record: pd.Series, schema: Schema, tz: str, names: Names = NO_NAMES) -> pd.DataFrame:
    """Return all fields of one record, with what each means in an event of its type.

    Returns
    -------
    Columns ``field``, ``value``, ``meaning``, all text; the schema's fields in its order, then those joined from the
    session. Missing values are ``—``, times in UTC and the zone, numbers exact. Ids stand behind
    their ``names``, which also has labels of ``int1`` to ``str5``.
    """
    eventType = record.get("eventType")
    stateful = record.get("stateful") is True or record.get("stateful") is np.True_
    fields = [*schema.names, *(name for name in record.index if name not in schema.names)]
    rows = [
        (
            name,
            _named(_fact(record.get(name), tz), names.name_of(name, record.get(name))),
            names.label_of(name, eventType) or meaning(name, schema, eventType, stateful=bool(stateful)),
        )
        for name in fields
    ]
    return pd.DataFrame(rows, columns=["field", "value", "meaning"], dtype="str")


def _named(value: str, name: str | None) -> str:
    return value if name is None else f"{shown(name)} ({value})"


def _fact(value: Any, tz: str) -> str:
    if is_missing(value):
        return MISSING
    if isinstance(value, pd.Timestamp):
        utc = f"{_precise(value.tz_convert('UTC'))} UTC"
        return utc if tz == "UTC" else f"{utc} · {_precise(value.tz_convert(tz))} {tz}"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | float | np.integer):
        return number(value)
    return shown(value)


def _precise(moment: pd.Timestamp) -> str:
    """The moment to the millisecond, or to the microsecond where it isn't a whole millisecond."""
    local = moment.tz_localize(None)
    if moment.microsecond % 1000:
        return local.isoformat(sep=" ", timespec="microseconds")
    return local.isoformat(sep=" ", timespec="milliseconds")


def display(frame: pd.DataFrame, columns: tuple[str, ...], tz: str, names: Names = NO_NAMES) -> pd.DataFrame:
    """Return those of the columns that there are: times in the zone, values as they are shown."""
    shown_columns = [name for name in dict.fromkeys((*columns, "eventType")) if name in frame.columns]
    rows = without_categories(frame[shown_columns])
    changed: dict[str, Any] = {}
    for name in rows.columns:
        if isinstance(rows[name].dtype, pd.DatetimeTZDtype):
            changed[name] = rows[name].dt.tz_convert(tz)
        elif name in NUMBERS:
            changed[name] = _texts(rows[name], number)
        elif name in _FIELDS and isinstance(rows[name].dtype, pd.StringDtype):
            known = dict(names.by_id.get(name, {}))
            changed[name] = _texts(rows[name].replace(known), _cell)
    return rows.assign(**changed)[[name for name in columns if name in rows.columns]].reset_index(drop=True)


def _texts(column: pd.Series, write: Callable[[Any], str]) -> pd.Series:
    return pd.Series(
        [None if is_missing(value) else write(value) for value in column.array], index=column.index, dtype="str"
    )


def _cell(value: str) -> str:
    return shown(value, LONGEST_CELL)


def _keys(frame: pd.DataFrame, column: str, time: str) -> list[str]:
    ids = without_categories(frame[[column]])[column]
    keys = [str(value) for value in ids.array]
    unnamed = np.flatnonzero(ids_of(ids).isna().to_numpy())
    for place, fingerprint in zip(unnamed.tolist(), _fingerprints(frame.iloc[unnamed], time), strict=True):
        keys[place] = fingerprint
    return keys


def _by_key(frame: pd.DataFrame, column: str, time: str, key: str) -> pd.Series | None:
    found = frame[holds(ids_of(frame[column]), key)]
    if not len(found) and key.startswith("~"):
        unnamed = frame[ids_of(frame[column]).isna().to_numpy()]
        found = unnamed[np.array(_fingerprints(unnamed, time), dtype=object) == key]
    return without_categories(found.tail(1)).iloc[0] if len(found) else None


def _fingerprints(frame: pd.DataFrame, time: str) -> list[str]:
    """Keys that are the same for the same record in every answer, whatever its position."""
    return [f"~{fingerprint:016x}" for fingerprint in fingerprints(frame, time).tolist()]

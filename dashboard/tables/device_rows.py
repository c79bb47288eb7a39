"""Things as a table, and their changes of status."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.analysis.devices import TILES
from dashboard.analysis.formatting import age, percent
from dashboard.analysis.status_course import Segment
from dashboard.tables.records import display
from gridrt_client.safe_text import shown

COLUMNS = (
    "store", "thing", "status", "since", "changed", "last heard", "flaps", "% up", "clock", "note", "deviceId",
    "spaceId", "eventType", "int1", "installationId", "str1", "str2", "str3", "str4", "str5", "int2", "int3", "int4",
    "int5", "sessionId",
)  # fmt: skip
GONE = "gone from the newest answer"
NO_STORE = "no known space"
LONGEST_NAME = 60


def name_of(field: str, value: object) -> str:
    """Return how people read the value of an id field such as ``spaceId``; the id itself where it has no name."""
    del field
    return shown(value, LONGEST_NAME)


def device_table(rows: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Return the rows of `devices.Devices` as a table, in their order; `COLUMNS`.

    ``status`` is icon and words: of a silent thing that it is silent, and what it said last. ``since`` is the local
    time from which that holds: ``≥ 24 h`` where it held at the begin of the 24 hours already, ``before 14:05`` where no
    report from before that time is known; of a silent thing the time of its last report. ``changed`` is the same as a
    time (missing where it isn't exact), ``last heard`` the newest report. ``% up`` is text.
    """
    spaces = [NO_STORE if not isinstance(space, str) else name_of("spaceId", space) for space in rows["spaceId"].array]
    changed = rows["since"].mask(rows["since_is_at_least"]).where(rows["kind"] != "silent", rows["last_seen"])
    columns = {
        "store": _texts(spaces, rows),
        "status": status_words(rows),
        "since": since_words(rows, tz),
        "changed": changed,
        "last heard": rows["last_seen"],
        "% up": _texts([None if pd.isna(up) else percent(up, 1) for up in rows["up"]], rows),
        "note": _texts(np.where(rows["gone"], GONE, None), rows),
    }
    return display(rows.assign(**columns), COLUMNS, tz)


def status_words(rows: pd.DataFrame) -> pd.Series:
    """Return the status of each row in words: ``● Online``, ``▨ Silent (said Online)``; missing for other events."""
    words = (rows["icon"] + " " + rows["status"]).astype("str")
    return words.mask(rows["kind"] == "silent", TILES["silent"].words + " (said " + rows["status"] + ")")


def status_colours(rows: pd.DataFrame) -> pd.Series:
    """Return the colour of each row's `status_words`."""
    return rows["colour"].mask(rows["kind"] == "silent", TILES["silent"].colour)


def since_words(rows: pd.DataFrame, tz: str) -> pd.Series:
    """Return since when the status of each row holds, as local time; see `device_table`."""
    silent = (rows["kind"] == "silent").to_numpy(dtype=bool, na_value=False)
    since = rows["since"].mask(silent, rows["last_seen"])
    local = since.dt.tz_convert(tz)
    clock = local.dt.strftime("%H:%M")
    clock = clock.where(local.dt.date == local.max().date() if len(rows) else True, local.dt.strftime("%a %H:%M"))
    at_least = rows["since_is_at_least"].to_numpy() & ~silent
    words = clock.mask(at_least, "before " + clock).mask(at_least & rows["reaches_back"].to_numpy(), "≥ 24 h")
    return words.mask(since.isna()).astype("str")


def changes_table(course: Sequence[Segment], tz: str) -> pd.DataFrame:
    """Return the course of a thing as a table, the newest first: ``from``, ``to``, ``status``, ``for``, ``int1``."""
    ordered = list(reversed(course))
    times = {
        name: pd.to_datetime([getattr(one, field) for one in ordered], unit="us", utc=True).tz_convert(tz)
        for name, field in (("from", "begin"), ("to", "end"))
    }
    words = pd.Series([one.state.words for one in ordered], dtype="str")
    return pd.DataFrame(
        {**times, "status": words, "for": pd.Series([age(one.seconds) for one in ordered], dtype="str")}
    )


def _texts(values: Sequence[str | None] | np.ndarray, rows: pd.DataFrame) -> pd.Series:
    return pd.Series(list(values), index=rows.index, dtype="str")
